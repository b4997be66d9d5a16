"""SubRip (.srt): a number, a line of times, lines of text, an empty line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dubber.errors import DataError
from dubber.subtitles.cues import Cue, untangled
from dubber.subtitles.reading import clean, span


def write(cues: Iterable[Cue]) -> str:
    blocks = (
        f"{number}\n{_time(cue.start)} --> {_time(cue.end)}\n{_safe(cue.text)}\n"
        for number, cue in enumerate(cues, 1)
    )
    return "\n".join(blocks)


def read(text: str, path: Path) -> tuple[Cue, ...]:
    """The cues of an .srt; DataError with the line that is wrong."""
    cues: list[Cue] = []
    lines = text.split("\n")
    times = [number for number, line in enumerate(lines) if "-->" in line]
    if not times:
        raise DataError("line 1: no line of times in it", subject=path, cure="is it an .srt file?")
    for number, place in enumerate(times):
        start, end = span(lines[place], path=path, line=place + 1)
        stop = times[number + 1] if number + 1 < len(times) else len(lines)
        body = lines[place + 1 : stop]
        if stop < len(lines) and body and body[-1].strip().isdecimal():
            body = body[:-1]  # the number of the next cue
        said = clean("\n".join(body))
        if said:
            cues.append(Cue(start, end, said))
    return tuple(untangled(cues))


def _safe(text: str) -> str:
    return clean(text).replace("-->", "→")


def _time(seconds: float) -> str:
    millis = round(seconds * 1000)
    minutes, rest = divmod(millis, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d},{rest % 1000:03d}"
