"""WebVTT (.vtt), as W3C defines it: a header, blocks of times and text, `<v Name>` a speaker."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path

from dubber.errors import DataError
from dubber.subtitles.cues import Cue, untangled
from dubber.subtitles.reading import clean, span

VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
NOT_CUES = ("NOTE", "STYLE", "REGION")


def write(cues: Iterable[Cue]) -> str:
    blocks = (
        f"{_time(cue.start)} --> {_time(cue.end)}\n{html.escape(clean(cue.text), quote=False)}\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def read(text: str, path: Path) -> tuple[Cue, ...]:
    """The cues of a .vtt; DataError with the line that is wrong."""
    lines = text.split("\n")
    if not re.match(r"WEBVTT(\s|$)", lines[0]):
        raise DataError("line 1: WEBVTT is missing", subject=path, cure="is it a .vtt file?")
    cues, place = [], 1
    while place < len(lines):
        block = place
        while place < len(lines) and lines[place].strip():
            place += 1
        cue = _cue(lines[block:place], path, block)
        if cue is not None:
            cues.append(cue)
        place += 1
    return tuple(untangled(cues))


def _cue(block: list[str], path: Path, first: int) -> Cue | None:
    """The cue of a block of lines, if it is one; `first` is its first line's number, from 0."""
    if not block or block[0].split(" ")[0].strip() in NOT_CUES:
        return None
    at = next((number for number, line in enumerate(block[:2]) if "-->" in line), None)
    if at is None:
        return None
    start, end = span(block[at], path=path, line=first + at + 1)
    body = "\n".join(block[at + 1 :])
    voice = VOICE.search(body)
    said = html.unescape(clean(body))
    speaker = html.unescape(voice.group(1)).strip() if voice else ""
    return Cue(start, end, said, speaker) if said else None


def _time(seconds: float) -> str:
    millis = round(seconds * 1000)
    minutes, rest = divmod(millis, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
