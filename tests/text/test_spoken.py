"""What reaches a voice: the language's own letters, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from dubber import languages
from dubber.languages import Language
from dubber.text.scripts import script_of
from dubber.text.spoken import PAUSES, spoken_form

PACKS = languages.all_languages()
HINDI, TAMIL = languages.get("hi"), languages.get("ta")

#: What people write in a subtitle, a chat or a news script, in no language and in several.
MIXED = [
    "WhatsApp पर +91 98765 43210 को 5:30 pm तक ₹1,25,000.50 भेजें! 😀",
    "COVID-19, G20 & 5G: 3.5% of $4.2 billion — see https://example.org/a_b?x=1 or mail a.b@c.in",
    "१५/०८/१९४७ ௨௫ ২৫% ੫੦ ۱۲:۳۰ 21st 1ला 5वीं 10-ம் 1947లో 2024-25 1/2 ½ ∑ © ™ \u200b\u200d",
    "வணக்கம் నమస్కారం ನಮಸ್ಕಾರ നമസ്കാരം নমস্কার નમસ્તે ਸਤ ਸ੍ਰੀ ਅਕਾਲ ନମସ୍କାର نمستے hello naïve",
    "<b>10</b> [x] {y} = #tag @name 中文 русский 99,99,99,99,999 12345678901234567890 -5°C 0 007",
]
ANYTHING = st.text(alphabet="0123456789.,:-/%₹$+ aZ°½नमंद्ी୨தமிழ்ಏ中😀\u200d", max_size=40)


def strangers(text: str, language: Language) -> set[str]:
    """The characters of `text` that no voice of the language can say."""
    words = regex.findall(r"[\p{L}\p{M}]+", text)
    foreign = {word for word in words if script_of(word) not in (language.script, "Zyyy")}
    odd = {c for c in text if unicodedata.category(c)[0] not in "LM" and c not in PAUSES}
    return foreign | odd


@pytest.mark.parametrize("text", MIXED)
@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_no_digit_no_foreign_letter_and_no_unknown_sign_reaches_a_voice(
    language: Language, text: str
) -> None:
    spoken = spoken_form(text, language)
    assert strangers(spoken, language) == set()
    assert len(spoken) > len(text) / 3


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
@given(text=ANYTHING)
def test_whatever_is_written_only_the_languages_letters_are_said(
    language: Language, text: str
) -> None:
    assert strangers(spoken_form(text, language), language) == set()


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_what_is_said_is_said_the_same_again(language: Language) -> None:
    for text in MIXED:
        once = spoken_form(text, language)
        assert spoken_form(once, language) == once


def test_a_glossarys_pronunciation_goes_before_everything() -> None:
    said = spoken_form("Dubber 2 आया", HINDI, pronunciations={"Dubber 2": "डबर टू"})
    assert said == "डबर टू आया"


def test_a_word_of_another_script_is_said_by_its_sound() -> None:
    assert spoken_form("शर्मा வந்தார்", TAMIL) == "ஷர்மா வந்தார்"


def test_a_comma_after_a_number_is_not_part_of_it() -> None:
    assert spoken_form("21, 22", HINDI) == "इक्कीस, बाईस"


@pytest.mark.parametrize(
    ("code", "written", "spoken"),
    [
        ("hi", "15/8/47", "पंद्रह अगस्त सैंतालीस"),
        ("hi", "5-5 रुपये", "पाँच पाँच रुपये"),
        ("hi", "1,00,00,00,000", "एक अरब"),
        ("hi", "45/15/20", "पैंतालीस बटा पंद्रह बटा बीस"),
        ("ta", "₹21", "இருபத்தொரு ரூபாய்"),
        ("te", "10.30 గంటలకు", "పదిన్నర గంటలకు"),
        ("te", "₹100-200", "వంద నుంచి రెండు వందల రూపాయలు"),
        ("ml", "14000-ൽ", "പതിനാലായിരത്തിൽ"),
    ],
)
def test_what_is_written_in_figures_is_said_as_it_is_meant(
    code: str, written: str, spoken: str
) -> None:
    assert spoken_form(written, languages.get(code)) == spoken
