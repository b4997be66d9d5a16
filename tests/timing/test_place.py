from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubber.config import TimingOptions
from dubber.schema import Slot
from dubber.timing.place import SLOWEST, TOLERANCE, Place, free_after, place, speed_for

OPTIONS = TimingOptions()
SLOT = Slot("s1", 10.0, 12.0, 13.0)  # 2 s of its own, 3 s with the silence after it


def speed(natural: float, begin: float = 10.0, slot: Slot = SLOT) -> float:
    return speed_for(natural, begin=begin, slot=slot, options=OPTIONS)


@pytest.mark.parametrize(
    ("natural", "expected"),
    [
        (2.0, 1.0),  # as long as its speaker
        (1.9, 0.95),  # a little shorter: drawn out
        (0.5, SLOWEST),  # much shorter: no drawl
        (2.2, 1.1),  # hurried as far as nobody notices
        (3.0, 1.2),  # … then silence is borrowed
        (3.6, 1.2),
        (3.9, 1.3),  # … and only then hurried more
        (9.0, 1.4),  # never beyond the limit
    ],
)
def test_a_line_hurries_unnoticed_then_borrows_silence_then_hurries(
    natural: float, expected: float
) -> None:
    assert speed(natural) == pytest.approx(expected)


def test_a_line_that_begins_late_has_less_time() -> None:
    assert speed(2.2, begin=10.5) > speed(2.2)


def test_a_slot_without_room_asks_for_the_highest_speed() -> None:
    assert speed(1.0, slot=Slot("s", 5.0, 5.0, 5.0), begin=5.0) == OPTIONS.max_speed


def test_a_take_that_fits_starts_with_its_segment_as_spoken() -> None:
    assert place(2.9, slot=SLOT, free=0.0, options=OPTIONS) == Place(10.0, 2.9, 1.0)


def test_a_take_a_little_too_long_is_stretched_to_its_limit() -> None:
    placed = place(3.15, slot=SLOT, free=0.0, options=OPTIONS)
    assert placed.stretch == pytest.approx(1.05)
    assert placed.end == pytest.approx(SLOT.limit)


def test_a_take_much_too_long_runs_late_but_stays_whole() -> None:
    placed = place(6.0, slot=SLOT, free=0.0, options=OPTIONS)
    assert placed.stretch == OPTIONS.max_stretch
    assert placed.length == pytest.approx(6.0 / OPTIONS.max_stretch)


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 5), st.floats(0, 3)), max_size=12),
    st.lists(st.floats(0.05, 20), min_size=12, max_size=12),
)
def test_takes_never_overlap_never_lead_and_are_never_cut(
    gaps: list[tuple[float, float, float]], lengths: list[float]
) -> None:
    free = start = 0.0
    for (gap, own, borrowed), length in zip(gaps, lengths, strict=False):
        start += gap
        slot = Slot("s", start, start + own, start + own + borrowed)
        placed = place(length, slot=slot, free=free, options=OPTIONS)
        assert placed.start >= slot.start
        assert placed.start >= free
        assert placed.length * placed.stretch == pytest.approx(length)
        assert 1.0 <= placed.stretch <= OPTIONS.max_stretch
        if placed.stretch > 1.0:
            assert placed.end >= slot.limit - 1e-9
        free = free_after(placed, OPTIONS)
        assert free >= placed.end + OPTIONS.min_gap - TOLERANCE - 1e-9
        start += own


@given(st.floats(0.01, 60), st.floats(0, 30), st.floats(0, 30), st.floats(0, 30))
def test_the_speed_stays_within_its_bounds(
    natural: float, own: float, borrowed: float, late: float
) -> None:
    slot = Slot("s", 1.0, 1.0 + own, 1.0 + own + borrowed)
    assert SLOWEST <= speed(natural, begin=1.0 + late, slot=slot) <= OPTIONS.max_speed
