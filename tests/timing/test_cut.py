from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dubber.schema import Word
from dubber.timing.cut import LONGEST, Span, groups, segments, snapped, voiced


def words(text: str, *times: tuple[float, float]) -> list[Word]:
    return [Word(word, *time) for word, time in zip(text.split(), times, strict=True)]


def test_groups_are_parted_in_long_silences() -> None:
    spans = [Span(0, 2), Span(2.5, 4), Span(9, 10)]
    assert groups(spans) == [[Span(0, 2), Span(2.5, 4)], [Span(9, 10)]]


def test_a_long_group_is_cut_at_its_longest_silence() -> None:
    spans = [Span(0, 10), Span(10.3, 15), Span(16, 30)]
    assert groups(spans) == [[Span(0, 10), Span(10.3, 15)], [Span(16, 30)]]


def test_a_sentence_end_or_a_pause_ends_a_segment() -> None:
    heard = words("घर आओ। फिर चलो अब", (0, 0.8), (0.8, 1.6), (1.7, 2.4), (2.4, 3.2), (4.4, 5.6))
    assert [[w.text for w in s] for s in segments(heard, ends="।")] == [
        ["घर", "आओ।"],
        ["फिर", "चलो"],
        ["अब"],
    ]


def test_a_very_short_sentence_joins_its_neighbour() -> None:
    heard = words("हाँ। मैं चलता हूँ।", (0, 0.3), (0.4, 0.8), (0.8, 1.4), (1.4, 2.0))
    assert len(segments(heard, ends="।")) == 1


def test_long_speech_is_cut_at_a_comma_near_its_middle() -> None:
    heard = [Word("क" if n != 14 else "क,", n * 0.5, n * 0.5 + 0.5) for n in range(30)]
    first, second = segments(heard, ends="।")
    assert first[-1].text == "क,"
    assert len(first) + len(second) == 30


def test_words_do_not_reach_into_a_pause() -> None:
    heard = words("एक दो", (0.0, 2.9), (3.0, 4.0))
    held = voiced(heard, [Span(0.1, 1.2), Span(2.8, 4.2)])
    assert (held[0].start, held[0].end) == (0.1, 1.2)
    assert segments(held, ends="।") == [[held[0]], [held[1]]]


def test_edges_move_to_the_voice_but_not_before_what_came_before() -> None:
    heard = words("एक दो", (1.0, 1.5), (1.5, 2.0))
    moved = snapped(heard, [Span(0.8, 2.2)], free=0.0)
    assert (moved[0].start, moved[-1].end) == (0.8, 2.2)
    assert snapped(heard, [Span(0.8, 2.2)], free=0.9)[0].start == 0.9


@given(
    st.lists(st.tuples(st.floats(0, 2), st.floats(0.05, 1.5), st.sampled_from(["क", "क।", "क,"])))
)
def test_no_word_is_lost_and_none_changes_places(spoken: list[tuple[float, float, str]]) -> None:
    heard, now = [], 0.0
    for gap, length, text in spoken:
        heard.append(Word(text, now + gap, now + gap + length))
        now += gap + length
    pieces = segments(heard, ends="।")
    assert [word for piece in pieces for word in piece] == heard
    for piece in pieces:
        assert len(piece) == 1 or piece[-1].end - piece[0].start <= LONGEST + 3.0
