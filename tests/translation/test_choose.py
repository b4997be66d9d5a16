"""Choosing among translations: each fault costs, and a segment is weighed as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from dubber import languages
from dubber.config import ChoiceOptions
from dubber.schema import Candidate, Slot
from dubber.text.syllables import count
from dubber.translation.choose import Judge, misfit, seconds_of

HINDI, TAMIL = languages.get("hi"), languages.get("ta")
LINE = "यह घर है।"
WIDE = Slot("s1", 0.0, 1.0, 2.0)


def judge(terms: Mapping[str, str] | None = None, pace: float = 1.0) -> Judge:
    return Judge(HINDI, TAMIL, ChoiceOptions(), terms or {}, {}, pace)


def slot_for(text: str) -> Slot:
    """One in which `text` takes just the time there is."""
    seconds = seconds_of(count(text, TAMIL), TAMIL)
    return Slot("s1", 0.0, seconds, seconds)


def best(
    source: str, *offers: tuple[str, float], slot: Slot, by: Judge | None = None
) -> tuple[str, str]:
    """The text that is chosen, and why."""
    answers = sorted((Candidate(*offer) for offer in offers), key=lambda c: -c.score)
    candidates, choice = (by or judge()).choose([source], [answers], slot)
    assert sorted(c.text for c in candidates) == sorted({c.text for c in answers})
    return candidates[0].text, choice.reason


def test_a_length_fits_between_its_own_time_and_its_room_and_costs_alike_beyond() -> None:
    assert misfit(0.95, WIDE, tolerance=1.1) == misfit(2.15, WIDE, tolerance=1.1) == 0.0
    assert misfit(4.4, WIDE, tolerance=1.1) == pytest.approx(misfit(1 / 2.2, WIDE, tolerance=1.1))
    assert misfit(9.0, WIDE, tolerance=1.1) > misfit(4.4, WIDE, tolerance=1.1) > 0.6


def test_a_quicker_voice_takes_less_time_and_nothing_takes_none() -> None:
    assert seconds_of(20, TAMIL) > seconds_of(20, TAMIL, pace=1.25) > seconds_of(10, TAMIL)
    assert seconds_of(0, TAMIL) == 0.0


def test_of_equal_lengths_the_more_probable_is_taken() -> None:
    assert best(LINE, ("வீடு", -0.2), ("நாடு", -0.3), slot=WIDE) == ("வீடு", "the model's first")


@pytest.mark.parametrize("wanted", ["வீடு இது", "இது ஒரு மிகவும் அழகான பெரிய வீடு தான் நண்பரே"])
def test_what_fits_is_taken_before_what_is_a_little_more_probable(wanted: str) -> None:
    offers = [("வீடு இது", -0.5), ("இது ஒரு மிகவும் அழகான பெரிய வீடு தான் நண்பரே", -0.5)]
    offers = [(text, score - 0.2 * (text == wanted)) for text, score in offers]
    text, reason = best(LINE, *offers, slot=slot_for(wanted))
    assert text == wanted
    assert "fits better" in reason


def test_what_is_far_less_probable_is_not_taken_for_its_length() -> None:
    long = "இது ஒரு மிகவும் அழகான பெரிய வீடு தான்"
    assert best(LINE, (long, -0.3), ("வீடு", -6.0), slot=slot_for("வீடு"))[0] == long


@pytest.mark.parametrize(
    ("source", "loses", "keeps"),
    [
        ("मेरे पास 21 गाय हैं।", "என்னிடம் மாடுகள் உள்ளன", "என்னிடம் 21 மாடுகள்"),
        ("मेरे पास पाँच गाय हैं।", "என்னிடம் மாடுகள் உள்ளன", "என்னிடம் ஐந்து மாடுகள்"),
    ],
)
def test_losing_a_number_costs(source: str, loses: str, keeps: str) -> None:
    text, reason = best(source, (loses, -0.3), (keeps, -0.8), slot=Slot("s1", 0.0, 0.1, 9.0))
    assert (text, reason) == (keeps, "keeps more of the numbers")


def test_losing_a_term_of_the_glossary_costs() -> None:
    by = judge({"घर": "இல்லம்"})
    slot = Slot("s1", 0.0, 0.1, 9.0)
    text, reason = best(LINE, ("இது வீடு", -0.3), ("இது இல்லம்", -0.8), slot=slot, by=by)
    assert (text, reason) == ("இது இல்லம்", "keeps more of the glossary")


def test_sentences_of_a_segment_share_its_time() -> None:
    short, long = "வீடு", "மிகவும் நீளமான ஒரு வாக்கியம் இது"
    answers = [[Candidate(long, -0.3), Candidate(short, -0.5)]] * 2
    for wanted in product((short, long), repeat=2):
        slot = slot_for(" ".join(wanted))
        candidates, _ = judge().choose([LINE, LINE], answers, slot)
        assert count(candidates[0].text, TAMIL) == count(" ".join(wanted), TAMIL)


def test_joining_finds_the_best_of_all_ways() -> None:
    words = ["வீடு", "பெரிய வீடு", "மிகவும் பெரிய வீடு", "அந்த மிகவும் பெரிய அழகான வீடு"]
    answers = [
        [
            Candidate(f"{word} {n}", -0.3 - 0.17 * ((i * 7 + n * 3) % 5))
            for i, word in enumerate(words)
        ]
        for n in range(4)
    ]
    slot = Slot("s1", 0.0, 3.0, 3.5)
    by = replace(judge(), options=ChoiceOptions(n_best=1))
    found, _ = by.choose([LINE] * 4, answers, slot)
    totals = []
    for way in product(*answers):
        (alone,), _ = by.choose([LINE] * 4, [[candidate] for candidate in way], slot)
        assert alone.weighed is not None
        totals.append(alone.weighed.total)
    assert found[0].weighed is not None
    assert found[0].weighed.total == pytest.approx(max(totals))


def test_a_long_segment_is_chosen_quickly_and_whole() -> None:
    answers = [
        [Candidate(f"வாக்கியம் {'நீள ' * n}{place}", -0.1 * n) for n in range(8)]
        for place in range(2, 62)
    ]
    candidates, _ = judge().choose([LINE] * 60, answers, Slot("s1", 0.0, 60.0, 61.0))
    assert 1 <= len(candidates) <= ChoiceOptions().n_best
    assert all(c.text.split().count("வாக்கியம்") == 60 for c in candidates)


def test_a_translation_that_nobody_says_is_not_weighed_by_its_length() -> None:
    candidates, choice = judge().choose(["🙂"], [[Candidate("🙂", 0.0)]], WIDE)
    assert candidates[0].weighed is not None
    assert candidates[0].weighed.total == 0.0
    assert (choice.slot, choice.room) == (1.0, 2.0)
