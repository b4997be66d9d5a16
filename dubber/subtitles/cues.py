"""Cues: what is on the screen from when to when, cut so that it can be read in time.

Limits are the language's own (`SubtitleLimits`), counted in grapheme clusters: what a reader sees
as one letter is never split, and one Devanagari letter is not four.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dubber.errors import DataError
from dubber.schema import Segment, Transcript
from dubber.subtitles.reading import clean
from dubber.text.graphemes import clusters, wrap

if TYPE_CHECKING:
    from dubber.languages import Language, SubtitleLimits

log = logging.getLogger(__name__)

GAP = 0.08  # seconds between two cues, so that the eye sees the change
CLAUSE_ENDS = ",;:—–"
SENTENCE_BONUS, CLAUSE_BONUS = 0.5, 0.25  # of half the text: how far a better break may lie
NO_SPEECH = re.compile(r"[\[(♪♫].*[\])♪♫]", re.DOTALL)  # [music], (applause), ♪ … ♪


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of text ("\\n" between them) shown from `start` to `end`."""

    start: float
    end: float
    text: str
    speaker: str = ""


def cues_of(transcript: Transcript, language: Language) -> tuple[Cue, ...]:
    """The transcript as cues in order that do not overlap, within the language's limits.

    A cue may stay on the screen past its segment, into the silence that follows, to be read.
    """
    cues: list[Cue] = []
    for segment in transcript.segments:
        cues.extend(_cues_of_segment(segment, language))
    return _timed(untangled(cues), language.subtitles)


def untangled(cues: Iterable[Cue]) -> list[Cue]:
    """The cues in order of time, each ending by the start of the next; equal starts are joined."""
    result: list[Cue] = []
    for cue in sorted(cues, key=lambda cue: cue.start):
        last = result[-1] if result else None
        if last is not None and cue.start <= last.start:
            joined = f"{last.text}\n{cue.text}"
            result[-1] = replace(last, end=max(last.end, cue.end), text=joined)
            continue
        if last is not None and last.end > cue.start:
            result[-1] = replace(last, end=cue.start)
        result.append(cue)
    return result


def transcript_of(cues: Sequence[Cue], *, language: str, path: Path) -> Transcript:
    """One segment a cue, numbered from 1; cues that only describe a noise are left out.

    DataError if nobody says anything.
    """
    spoken = [cue for cue in cues if not NO_SPEECH.fullmatch(cue.text)]
    if len(spoken) < len(cues):
        log.info("%s: %d cues describe noises and are left out", path, len(cues) - len(spoken))
    if not spoken:
        raise DataError("no line of speech in it", subject=path)
    width = max(4, len(str(len(spoken))))
    segments = tuple(
        Segment(
            id=f"{number:0{width}d}",
            start=cue.start,
            end=cue.end,
            text=" ".join(cue.text.split()),
            speaker=cue.speaker,
        )
        for number, cue in enumerate(spoken, 1)
    )
    return Transcript(language, segments, made_by="human")


def _cues_of_segment(segment: Segment, language: Language) -> list[Cue]:
    text = " ".join(clean(segment.text).split())
    if not text or segment.duration <= 0:
        return []
    pieces = _pieces(text, language)
    sizes = [len(clusters("".join(piece))) for piece in pieces]
    cues, place = [], 0
    for piece, size in zip(pieces, sizes, strict=True):
        start = segment.start + segment.duration * place / sum(sizes)
        place += size
        end = segment.start + segment.duration * place / sum(sizes)
        cues.append(Cue(start, end, "\n".join(piece), segment.speaker))
    return cues


def _pieces(text: str, language: Language) -> list[list[str]]:
    """The text as lists of lines, each list a screenful, cut where a reader would pause."""
    limits = language.subtitles
    lines = wrap(text, limits.line_chars)
    if len(lines) <= limits.lines:
        return [lines]
    cut = _best_break(text, language.sentence_ends)
    if cut is None:  # one endless word: only between its letters
        return [lines[i : i + limits.lines] for i in range(0, len(lines), limits.lines)]
    return _pieces(text[:cut].rstrip(), language) + _pieces(text[cut:].lstrip(), language)


def _best_break(text: str, sentence_ends: str) -> int | None:
    """The space nearest the middle, with sentence and clause ends drawing it to them."""
    middle = len(text) / 2
    best, best_cost = None, 0.0
    for match in re.finditer(r"\s+", text):
        before = text[match.start() - 1]
        bonus = (
            SENTENCE_BONUS
            if before in sentence_ends
            else CLAUSE_BONUS
            if before in CLAUSE_ENDS
            else 0.0
        )
        cost = abs(match.start() - middle) / middle - bonus
        if best is None or cost < best_cost:
            best, best_cost = match.start(), cost
    return best


def _timed(cues: Sequence[Cue], limits: SubtitleLimits) -> tuple[Cue, ...]:
    """Each cue as long as reading takes where the next leaves room, and no longer than allowed."""
    result = []
    for number, cue in enumerate(cues):
        room = cues[number + 1].start - GAP if number + 1 < len(cues) else float("inf")
        needed = max(limits.min_seconds, len(clusters(cue.text)) / limits.chars_per_second)
        wanted = max(cue.end, cue.start + needed)
        end = min(wanted, max(room, cue.end), cue.start + max(limits.max_seconds, needed))
        result.append(replace(cue, end=end))
    return tuple(result)
