from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dubber.config import TimingOptions
from dubber.schema import Segment, Slot
from dubber.timing.plan import plan

OPTIONS = TimingOptions()


def segment(number: int, start: float, end: float) -> Segment:
    return Segment(f"s{number}", start, end, "text")


def test_a_slot_may_borrow_the_silence_before_the_next_segment() -> None:
    slots = plan([segment(1, 1.0, 2.0), segment(2, 5.0, 6.0)], length=10.0, options=OPTIONS)
    assert slots == (Slot("s1", 1.0, 2.0, 5.0 - OPTIONS.min_gap), Slot("s2", 5.0, 6.0, 10.0))


def test_where_two_talk_at_once_the_first_slot_ends_as_the_second_begins() -> None:
    first, second = plan([segment(1, 1.0, 4.0), segment(2, 3.0, 6.0)], length=10.0, options=OPTIONS)
    assert first.end == first.limit == 3.0 - OPTIONS.min_gap
    assert second.start == 3.0


def test_two_segments_that_start_together_leave_the_first_no_room() -> None:
    first, _ = plan([segment(1, 1.0, 4.0), segment(2, 1.0, 6.0)], length=10.0, options=OPTIONS)
    assert (first.start, first.end, first.limit) == (1.0, 1.0, 1.0)


def test_no_segments_no_slots() -> None:
    assert plan([], length=3.0, options=OPTIONS) == ()


times = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 20)).map(lambda t: (t[0], t[0] + t[1])), max_size=12
)


@given(times, st.floats(0, 120))
def test_slots_keep_order_and_start_with_their_segments(
    spans: list[tuple[float, float]], length: float
) -> None:
    segments = [segment(n, *span) for n, span in enumerate(sorted(spans))]
    slots = plan(segments, length=length, options=OPTIONS)
    assert [slot.segment_id for slot in slots] == [s.id for s in segments]
    for slot, own in zip(slots, segments, strict=True):
        assert slot.start == own.start
        assert slot.end <= own.end
    for slot, following in pairwise(slots):
        assert slot.limit <= max(slot.start, following.start - OPTIONS.min_gap)
