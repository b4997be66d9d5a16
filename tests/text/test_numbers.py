"""Number words: every number has its own, and they can be read back."""

from __future__ import annotations

import random

import pytest

from dubber import languages
from dubber.languages import Language
from dubber.text.numbers import (
    digit_by_digit,
    in_figures,
    number_of,
    numbers_in,
    numbers_lost,
    numbers_meant,
    words_of,
    year_words,
)

PACKS = languages.all_languages()
MOST = 99_99_99_999


def sample(count: int) -> list[int]:
    """Every number to 1,999, round ones of every scale, and numbers of every length."""
    lot = random.Random(1)
    tens = [10**power + more for power in range(2, 9) for more in (-1, 0, 1)]
    every = [*range(2000), *tens, MOST]
    return every + [lot.randrange(10 ** lot.randint(4, 9)) for _ in range(count - len(every))]


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_ten_thousand_numbers_come_back_from_their_words(language: Language) -> None:
    numbers = sample(10_000)
    wrong = [n for n in numbers if number_of(words_of(n, language), language) != n]
    assert wrong == []


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_words_that_say_no_number_are_no_number(language: Language) -> None:
    for words in ("", language.name, f"{words_of(5, language)} {words_of(400, language)}"):
        assert number_of(words, language) is None


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        ("hi", 1_25_000, "एक लाख पच्चीस हज़ार"),
        ("ta", 2_000, "இரண்டாயிரம்"),
        ("ta", 5_25_00_000, "ஐந்து கோடியே இருபத்தைந்து லட்சம்"),
        ("te", 250, "రెండు వందల యాభై"),
        ("kn", 1_83_000, "ಒಂದು ಲಕ್ಷದ ಎಂಬತ್ತಮೂರು ಸಾವಿರ"),
        ("ml", 2_500, "രണ്ടായിരത്തി അഞ്ഞൂറ്"),
        ("mr", 101, "एकशे एक"),
        ("bn", 2_50_000, "দুই লাখ পঞ্চাশ হাজার"),
        ("en", 1_00_101, "one lakh one hundred and one"),
        ("hi", -7, "माइनस सात"),
        ("hi", 125_00_00_000, "एक अरब पच्चीस करोड़"),
        ("ta", 100_00_00_000, "நூறு கோடி"),
    ],
)
def test_numbers_follow_the_indian_grouping_and_each_languages_joins(
    code: str, number: int, words: str
) -> None:
    assert words_of(number, languages.get(code)) == words


@pytest.mark.parametrize(
    ("code", "year", "words"),
    [
        ("hi", 1947, "उन्नीस सौ सैंतालीस"),
        ("hi", 2024, "दो हज़ार चौबीस"),
        ("hi", 1900, "उन्नीस सौ"),
        ("ta", 1947, "ஆயிரத்து தொள்ளாயிரத்து நாற்பத்தேழு"),
        ("te", 1947, "పంతొమ్మిది వందల నలభై ఏడు"),
        ("en", 1905, "nineteen oh five"),
        ("en", 2005, "two thousand five"),
        ("en", 1900, "nineteen hundred"),
    ],
)
def test_years_are_said_as_each_language_says_them(code: str, year: int, words: str) -> None:
    assert year_words(year, languages.get(code)) == words


def test_a_telephone_number_is_said_digit_by_digit() -> None:
    assert digit_by_digit("108", languages.get("hi")) == "एक शून्य आठ"


@pytest.mark.parametrize(
    ("code", "text", "found"),
    [
        ("hi", "मेरे पास पच्चीस हज़ार तीन सौ रुपये हैं", ["25300"]),
        ("hi", "1,25,000.50 में से २ गए, और पाँच आए", ["125000.50", "2", "5"]),
        ("hi", "एक घर", []),  # the article
        ("ta", "ஐந்து பசுக்கள், 12 வீடுகள்", ["12", "5"]),
        ("hi", "🙂 …", []),
        ("hi", "", []),
    ],
)
def test_numbers_are_found_in_figures_and_in_words(code: str, text: str, found: list[str]) -> None:
    assert numbers_in(text, languages.get(code)) == found


@pytest.mark.parametrize(
    ("code", "text", "meant"),
    [
        ("hi", "मुझे बता दो, दो लोग आए", ["2"]),  # "give", and then "two"
        ("hi", "दो-तिहाई बहुमत, दो 18 वर्षीय", ["18", "2", "2"]),
        ("hi", "कितने? पाँच!", ["5"]),  # which says nothing else
        ("en", "a table for two.", ["2"]),
        ("bn", "এটা নয়। নয় জন এল", ["9"]),  # "is not", and then "nine"
        ("hi", "संख्या शून्य हो गई", ["0"]),
    ],
)
def test_a_word_that_may_say_something_else_is_a_number_where_something_follows_at_once(
    code: str, text: str, meant: list[str]
) -> None:
    assert numbers_meant(text, languages.get(code)) == meant


@pytest.mark.parametrize(
    ("source", "said", "lost"),
    [
        ("दो गाय और 12 घर", "இரண்டையும் 12", []),  # an ending
        ("दो गाय और 12 घर", "2 பசு, பன்னிரண்டு வீடு", []),
        ("दो गाय और 12 घर", "பசு, வீடு", ["12", "2"]),
        ("12 घर और 12 गाय", "12 வீடு", ["12"]),  # each counts once
        ("99999999999999999999 घर", "வீடு", ["99999999999999999999"]),
        ("ग्यारह लोग", "பதினொரு பேர்", []),  # as it is before what is counted
        ("दो गाय", "இரண்டாயிரம் பசு", ["2"]),  # two thousand
        ("मुझे पानी दो।", "தண்ணீர் கொடு.", []),
    ],
)
def test_a_number_is_lost_if_it_stands_in_neither_form(
    source: str, said: str, lost: list[str]
) -> None:
    hindi, tamil = languages.get("hi"), languages.get("ta")
    assert numbers_lost(source, said, hindi, tamil) == lost


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("पच्चीस हज़ार तीन सौ रुपये, पाँच घर", "25300 रुपये, 5 घर"),
        ("मुझे पानी दो।", "मुझे पानी दो।"),
        ("पानी दो, राम", "पानी दो, राम"),
        ("चार-पृष्ठ का", "4-पृष्ठ का"),
        ("एक घर", "एक घर"),
        ("बारह बजे और सोलह", "12 बजे और 16"),
        ("", ""),
    ],
)
def test_numbers_are_written_in_figures_where_they_are_sure_to_be(text: str, written: str) -> None:
    assert in_figures(text, languages.get("hi")) == written
