"""Cutting heard speech: spans to recognise at once, and segments a person would speak in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dubber.schema import Word

GROUP_SECONDS = 24.0  # recognised at once: what a recogniser's window of 30 s holds, with room
GROUP_GAP = 1.2  # a longer silence parts groups
PAUSE = 0.6  # a longer one parts segments
JOINABLE = 0.5  # a very short segment joins a neighbour that is this near
SHORTEST, LONGEST = 1.0, 12.0  # seconds of a segment, where the speech allows
SNAP = 0.4  # how far a segment's edge moves to the edge of the voice
CLAUSE_BONUS = 0.3  # a pause at a comma counts as this much longer
CLAUSE_ENDS = ",;:،"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds."""

    start: float
    end: float


def groups(spans: Sequence[Span], *, longest: float = GROUP_SECONDS) -> list[list[Span]]:
    """Voiced spans in order, put together to at most `longest` seconds, cut in their silences."""
    parts: list[list[Span]] = []
    for span in spans:
        if parts and span.start - parts[-1][-1].end <= GROUP_GAP:
            parts[-1].append(span)
        else:
            parts.append([span])
    whole: list[list[Span]] = []
    while parts:
        part = parts.pop(0)
        if part[-1].end - part[0].start <= longest or len(part) == 1:
            whole.append(part)
            continue
        gaps = [after.start - before.end for before, after in pairwise(part)]
        at = gaps.index(max(gaps)) + 1
        parts[:0] = [part[:at], part[at:]]
    return whole


def voiced(words: Sequence[Word], spans: Sequence[Span]) -> list[Word]:
    """The words, each cut to the voiced span it mostly lies in: recognisers draw words out over
    the pauses after them, and a pause is what tells segments apart."""
    return [_held(word, max(spans, key=lambda span: _overlap(word, span))) for word in words]


def _overlap(word: Word, span: Span) -> float:
    return min(word.end, span.end) - max(word.start, span.start)


def _held(word: Word, span: Span) -> Word:
    if _overlap(word, span) <= 0:
        return word
    return replace(word, start=max(word.start, span.start), end=min(word.end, span.end))


def segments(words: Sequence[Word], *, ends: str) -> list[list[Word]]:
    """Words in order, cut where a sentence ends or the speaker pauses, into 1 to 12 s.

    `ends` are the characters that end a sentence. No word is lost; a word alone between long
    pauses stays alone.
    """
    pieces: list[list[Word]] = []
    for word in words:
        if pieces and not _parted(pieces[-1][-1], word, ends):
            pieces[-1].append(word)
        else:
            pieces.append([word])
    return [part for piece in _merged(pieces) for part in _halved(piece)]


def snapped(words: Sequence[Word], spans: Sequence[Span], *, free: float) -> tuple[Word, ...]:
    """The words of one segment, with their outer edges moved to the edges of the voice near them.

    No word starts before `free`, the end of the segment before.
    """
    start, end = words[0].start, words[-1].end
    starts = [span.start for span in spans if abs(span.start - start) <= SNAP]
    ends = [span.end for span in spans if abs(span.end - end) <= SNAP]
    start = max(free, min(starts, key=lambda edge: abs(edge - start), default=start))
    end = max(start, min(ends, key=lambda edge: abs(edge - end), default=end))
    held = [
        replace(word, start=min(max(word.start, start), end), end=min(max(word.end, start), end))
        for word in words
    ]
    held[0] = replace(held[0], start=start)
    held[-1] = replace(held[-1], end=end)
    return tuple(held)


def _parted(before: Word, after: Word, ends: str) -> bool:
    return after.start - before.end >= PAUSE or before.text.rstrip("\"'”’) ").endswith(tuple(ends))


def _length(piece: Sequence[Word]) -> float:
    return piece[-1].end - piece[0].start


def _merged(pieces: list[list[Word]]) -> list[list[Word]]:
    """Pieces of which none is too short, unless it stands alone."""
    merged: list[list[Word]] = []
    for piece in pieces:
        near = bool(merged) and piece[0].start - merged[-1][-1].end <= JOINABLE
        short = near and min(_length(piece), _length(merged[-1])) < SHORTEST
        if short and _length([*merged[-1], *piece]) <= LONGEST:
            merged[-1] = [*merged[-1], *piece]
        else:
            merged.append(piece)
    return merged


def _halved(piece: list[Word]) -> list[list[Word]]:
    """A piece that is too long, cut at its longest pauses; commas count as longer ones."""
    parts, whole = [piece], []
    while parts:
        part = parts.pop(0)
        at = _best_cut(part) if _length(part) > LONGEST else 0
        if at:
            parts[:0] = [part[:at], part[at:]]
        else:
            whole.append(part)
    return whole


def _best_cut(part: Sequence[Word]) -> int:
    """Before which word to cut; 0 where there is no place that leaves both sides long enough."""
    best, at = 0.0, 0
    middle = (part[0].start + part[-1].end) / 2
    for number in range(1, len(part)):
        before, after = part[number - 1], part[number]
        if before.end - part[0].start < SHORTEST or part[-1].end - after.start < SHORTEST:
            continue
        comma = CLAUSE_BONUS if before.text.rstrip().endswith(tuple(CLAUSE_ENDS)) else 0.0
        off_middle = abs(after.start - middle) / _length(part)
        score = 1.0 + after.start - before.end + comma - off_middle
        if score > best:
            best, at = score, number
    return at
