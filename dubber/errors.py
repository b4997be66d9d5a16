"""Every error the tool raises on purpose, with the exit code it ends with.

DubError ............................. 1   a bug, or an error that fits nothing below
├── UsageError ....................... 2   the call cannot be right as written
│   └── UnknownLanguageError ......... 2
├── BatchError ....................... 3   a batch ended and some of its jobs failed
├── DataError ........................ 65  what was given cannot be used
│   └── MediaError ................... 65  … and it is a video or a sound
├── NoInputError ..................... 66  there is no such file
├── UnavailableError ................. 69  a model, a weight or a device is not there
│   └── EngineError .................. 69  an engine started and could not finish
├── OutputError ...................... 73  the output cannot be created
├── StorageError ..................... 74  reading or writing failed, the disk is full
├── BusyError ........................ 75  somebody else works on the same job
├── ConsentError ..................... 77  a consent that is needed is missing
└── ConfigError ...................... 78  a file of settings or a language pack is wrong

An error says what, which file, and the cure; `str(error)` is that line.
"""

from __future__ import annotations

from pathlib import Path

JOINERS = "\u200c\u200d"  # they shape Indic letters
INTERRUPTED = 130
TERMINATED = 143


class DubError(Exception):
    """What went wrong, about what (`subject`), and what to do (`cure`); one line each."""

    exit_code = 1

    def __init__(
        self, what: str, *, subject: str | Path | None = None, cure: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.subject = None if subject is None else str(subject)
        self.cure = cure

    def __str__(self) -> str:
        parts = [self.what]
        if self.subject is not None:
            parts[0] += f": {printable(self.subject)}"
        if self.cure:
            parts.append(self.cure)
        return "; ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.subject, self.cure))


def _rebuild(kind: type[DubError], what: str, subject: str | None, cure: str | None) -> DubError:
    return kind(what, subject=subject, cure=cure)


def printable(text: str) -> str:
    """`text` on one line, with what a terminal would act on or could not encode shown escaped."""
    shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() or c in JOINERS else repr(c)[1:-1] for c in shown)


class UsageError(DubError):
    exit_code = 2


class UnknownLanguageError(UsageError):
    pass


class BatchError(DubError):
    exit_code = 3


class DataError(DubError):
    exit_code = 65


class MediaError(DataError):
    pass


class NoInputError(DubError):
    exit_code = 66


class UnavailableError(DubError):
    exit_code = 69


class EngineError(UnavailableError):
    pass


class OutputError(DubError):
    exit_code = 73


class StorageError(DubError):
    exit_code = 74


class BusyError(DubError):
    exit_code = 75


class ConsentError(DubError):
    exit_code = 77


class ConfigError(DubError):
    exit_code = 78
