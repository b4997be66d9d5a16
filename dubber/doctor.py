"""What `dub doctor` looks at: each finding is one line, with the cure where something is wrong."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dubber import weights
from dubber.errors import DubError

NEEDED_FREE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    detail: str


def examine() -> list[Finding]:
    """All findings, good and bad; nothing is changed but the cache of joined weights."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("ffmpeg", _ffmpeg),
        ("languages", _languages),
        *((f"{card.name}", _weights_of(card.name)) for card in weights.cards()),
        ("voice", _voice),
        ("disk", _disk),
    ]
    return [_find(what, check) for what, check in checks]


def _find(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except DubError as error:
        return Finding(what, False, str(error))
    except ImportError as error:
        return Finding(what, False, f"{error}; install the package again")


def _python() -> str:
    return f"{sys.version.split()[0]} at {sys.prefix}"


def _ffmpeg() -> str:
    from dubber.media.gate import ffmpeg_version

    return f"{ffmpeg_version()}, inside PyAV"


def _languages() -> str:
    from dubber.languages import all_languages

    return " ".join(language.code for language in all_languages())


def _weights_of(name: str) -> Callable[[], str]:
    return lambda: str(weights.locate(name))


def _voice() -> str:
    from dubber.languages import all_languages
    from dubber.registry import choose, open_engine

    engine = open_engine(choose("tts", "", "auto"))
    try:
        spoken = [lang.code for lang in all_languages() if engine.voices(lang)]
        return f"{engine.name} speaks {' '.join(spoken)}"
    finally:
        getattr(engine, "close", lambda: None)()


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free
    if free < NEEDED_FREE_BYTES:
        raise DubError(f"{free / 1e9:.1f} GB free here", cure="make room before a long job")
    return f"{free / 1e9:.0f} GB free here"
