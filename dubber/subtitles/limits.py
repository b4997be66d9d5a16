"""Do cues hold the reader's limits, and where they do not, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dubber.subtitles.cues import GAP, Cue
from dubber.text.graphemes import clusters

if TYPE_CHECKING:
    from dubber.languages import SubtitleLimits

SLACK = 1e-3  # times are written in milliseconds


@dataclass(frozen=True, slots=True)
class Breach:
    """A cue at `start` seconds whose `value` is beyond its `limit`: `kind` is speed (characters a
    second), seconds (shorter than anybody reads), lines or width (characters a line)."""

    start: float
    kind: str
    value: float
    limit: float
    why: str


def breaches(cues: Sequence[Cue], limits: SubtitleLimits) -> tuple[Breach, ...]:
    """Every limit that a cue breaks, in order of time."""
    found: list[Breach] = []
    for number, cue in enumerate(cues):
        following = cues[number + 1].start if number + 1 < len(cues) else float("inf")
        crowded = following - cue.end <= GAP + SLACK
        why = "the next line follows at once" if crowded else "the speech is faster than reading"
        seconds = cue.end - cue.start
        letters = len(clusters(cue.text.replace("\n", "")))
        if letters > limits.chars_per_second * (seconds + SLACK):
            speed = round(letters / max(seconds, SLACK), 1)
            found.append(Breach(cue.start, "speed", speed, limits.chars_per_second, why))
        if seconds < limits.min_seconds - SLACK:
            found.append(Breach(cue.start, "seconds", seconds, limits.min_seconds, why))
        lines = cue.text.split("\n")
        if len(lines) > limits.lines:
            joined = "lines that begin at one time are shown as one"
            found.append(Breach(cue.start, "lines", len(lines), limits.lines, joined))
        widest = max(len(clusters(line)) for line in lines)
        if widest > limits.line_chars:
            found.append(Breach(cue.start, "width", widest, limits.line_chars, "given so"))
    return tuple(found)


def summary(found: Sequence[Breach], cues: int) -> str:
    """One line on the breaches; "" where there are none."""
    if not found:
        return ""
    starts = {breach.start for breach in found}
    worst = max(found, key=lambda breach: abs(breach.value - breach.limit) / breach.limit)
    where = f"the worst, at {worst.start:.1f} s, has {worst.kind} {worst.value:g}"
    return (
        f"{len(starts)} of {cues} subtitles break a reader's limit; "
        f"{where} (limit {worst.limit:g}): {worst.why}"
    )
