"""A long sentence is cut so that every part fits, and nothing is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubber.schema import Candidate
from dubber.translation.parts import cut, joined


@given(
    st.text(st.sampled_from("कखग ,।x"), max_size=200).map(lambda text: " ".join(text.split())),
    st.integers(1, 40),
)
def test_every_part_fits_and_nothing_is_lost(text: str, most: int) -> None:
    parts = cut(text, lambda part: len(part) <= most)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    assert all(len(part) <= most for part in parts)


def test_it_is_cut_at_clauses_and_no_more_often_than_it_must() -> None:
    text = "राजा आया, रानी गई, मंत्री बैठा। सब हँसे।"
    assert cut(text, lambda part: len(part) <= 100) == [text]
    assert cut(text, lambda part: len(part) <= 20) == ["राजा आया, रानी गई,", "मंत्री बैठा।", "सब हँसे।"]


def test_a_character_that_does_not_fit_alone_is_still_there() -> None:
    assert cut("कख", lambda part: not part) == ["क", "ख"]


def test_translations_of_parts_are_joined_best_with_best_and_weighed_by_length() -> None:
    answers = [
        [Candidate("a", -1.0), Candidate("b", -2.0)],
        [Candidate("c", -4.0), Candidate("d", -5.0), Candidate("e", -6.0)],
    ]
    first, second = joined(["ककक", "क"], answers)
    assert (first.text, second.text) == ("a c", "b d")
    assert first.score == pytest.approx(-1.75)
    assert joined(["क"], answers[1:]) == answers[1]
