"""Subtitles: cues from a transcript, and files of them in and out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dubber.errors import DataError, NoInputError, UsageError
from dubber.schema import Transcript, transcript_from_json
from dubber.subtitles import srt, vtt
from dubber.subtitles.cues import Cue, cues_of, transcript_of
from dubber.subtitles.limits import Breach, breaches
from dubber.subtitles.reading import read_text

if TYPE_CHECKING:
    from dubber.languages import Language

__all__ = ["Cue", "read_cues", "read_transcript", "write_subtitles"]

WRITERS = {".srt": srt.write, ".vtt": vtt.write}
READERS = {".srt": srt.read, ".vtt": vtt.read}


def write_subtitles(
    transcript: Transcript, target: Path, *, language: Language
) -> tuple[int, tuple[Breach, ...]]:
    """Write `transcript` as cues that `language` reads well, in the format of `target`'s suffix.

    Returns how many there are and which limits they break. UsageError for a suffix that no writer
    knows.
    """
    writer = WRITERS.get(target.suffix.lower())
    if writer is None:
        raise UsageError(f"no subtitle format {target.suffix!r}", cure=_known(WRITERS))
    cues = cues_of(transcript, language)
    target.write_text(writer(cues), encoding="utf-8", newline="")
    return len(cues), breaches(cues, language.subtitles)


def read_cues(path: Path) -> tuple[Cue, ...]:
    """The cues of a .srt or .vtt file, in order and not overlapping; DataError with the line."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"no subtitle format {path.suffix!r}", subject=path, cure=_known(READERS))
    return reader(read_text(path), path)


def read_transcript(path: Path, *, language: str) -> Transcript:
    """A transcript in `language` from a .srt, .vtt, or our own .json file.

    NoInputError if there is none; DataError with the line or the segment where it is wrong.
    """
    if not path.exists():
        raise NoInputError("no such file", subject=path)
    if path.suffix.lower() == ".json":
        transcript = transcript_from_json(path)
        if transcript.language != language:
            raise DataError(
                f"it is in {transcript.language} and the source language is {language}",
                subject=path,
                cure=f"say --src {transcript.language}, or give another file",
            )
        return transcript
    return transcript_of(read_cues(path), language=language, path=path)


def _known(table: Mapping[str, object]) -> str:
    return "use one of " + ", ".join(sorted(table))
