"""How fast a line is spoken, and where it then lies: the arithmetic of fitting speech to a slot.

A line may end with its speaker, or borrow the silence that follows, up to its slot's limit. It
first hurries as far as listeners do not notice (`comfortable_speed`), then borrows, and only then
hurries on to `max_speed`. What still does not fit runs late; nothing is ever cut, and nothing
starts before its segment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dubber.config import TimingOptions
from dubber.schema import Slot

SLOWEST = 0.9  # a line shorter than its slot is drawn out no further than this
SPEED_STEP = 0.01  # speeds are whole steps, so that a line is spoken anew only when it matters
TOLERANCE = 0.02  # seconds that may be taken from the gap before a take is stretched for them


@dataclass(frozen=True, slots=True)
class Place:
    """Where a take lies: its start, its length in seconds, and how much faster it plays there."""

    start: float
    length: float
    stretch: float

    @property
    def end(self) -> float:
        return self.start + self.length


def speed_for(natural: float, *, begin: float, slot: Slot, options: TimingOptions) -> float:
    """The speed at which a line that naturally takes `natural` seconds is spoken from `begin` on.

    `begin` is the slot's start, or later when the line before runs late. Never above `max_speed`.
    """
    own, room = slot.end - begin, slot.limit - begin
    to_own, to_room = _ratio(natural, own), _ratio(natural, room)
    if to_own <= options.comfortable_speed:
        speed = max(SLOWEST, to_own)
    else:
        speed = max(options.comfortable_speed, min(to_room, options.max_speed))
    steps = math.ceil(round(speed / SPEED_STEP, 6))
    return min(round(steps * SPEED_STEP, 6), options.max_speed)


def place(length: float, *, slot: Slot, free: float, options: TimingOptions) -> Place:
    """Where a take of `length` seconds lies, when the time before `free` is taken.

    It starts with its slot or as soon after as it can; it is stretched up to `max_stretch` if it
    would not end by its limit, and runs past it if that is not enough.
    """
    start = max(slot.start, free)
    room = slot.limit - start
    if length <= room + TOLERANCE:
        return Place(start, length, 1.0)
    stretch = min(_ratio(length, room), options.max_stretch)
    return Place(start, length / stretch, stretch)


def free_after(placed: Place, options: TimingOptions) -> float:
    """From when on the next take may sound: a gap after the one before, never before its end."""
    return placed.end + max(0.0, options.min_gap - TOLERANCE)


def _ratio(length: float, room: float) -> float:
    return length / room if room > 0 else math.inf
