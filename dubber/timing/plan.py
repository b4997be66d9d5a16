"""When each segment's dub may sound."""

from __future__ import annotations

from collections.abc import Sequence

from dubber.config import TimingOptions
from dubber.schema import Segment, Slot


def plan(segments: Sequence[Segment], *, length: float, options: TimingOptions) -> tuple[Slot, ...]:
    """One slot a segment, in their order; segments are in order of time, `length` is the film's.

    A slot starts with its segment and ends with it. Its limit is `min_gap` before the next
    segment's start (the film's end for the last), and where people talk over each other the slot
    ends there too: it is never shorter than nothing.
    """
    slots = []
    for number, segment in enumerate(segments):
        last = number + 1 == len(segments)
        limit = length if last else segments[number + 1].start - options.min_gap
        limit = max(segment.start, limit)
        slots.append(Slot(segment.id, segment.start, min(segment.end, limit), limit))
    return tuple(slots)
