"""Pictures and foreign letters are kept from the translator, and none is lost."""

from __future__ import annotations

import pytest

from dubber import languages
from dubber.translation.aside import foreign_words, is_foreign, set_aside

HINDI = languages.get("hi")


@pytest.mark.parametrize(
    ("sentence", "before", "text", "after"),
    [
        ("मैं खुश हूँ 🙂🙂", "", "मैं खुश हूँ", "🙂🙂"),
        ("🙂 नमस्ते", "🙂", "नमस्ते", ""),
        ("♪ गाना ♪", "♪", "गाना", "♪"),
        ("अच्छा 👍🏽 है ❤️!", "", "अच्छा है !", "👍🏽❤️"),
        ("👨‍👩‍👧 🇮🇳 परिवार", "👨‍👩‍👧🇮🇳", "परिवार", ""),
        ("🙂🙂", "🙂🙂", "", ""),
        ("25°C, #1 और ₹500 © 2024 *", "", "25°C, #1 और ₹500 © 2024 *", ""),
        ("", "", "", ""),
    ],
)
def test_pictures_stand_apart_and_come_back(
    sentence: str, before: str, text: str, after: str
) -> None:
    aside = set_aside(sentence)
    assert (aside.before, aside.text, aside.after) == (before, text, after)
    assert aside.around("x") == " ".join(part for part in (before, "x", after) if part)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("நான் வீட்டில்", True),
        ("How are you?", True),
        ("漢字かな", True),
        ("मैं office जा रहा हूँ", False),
        ("यह JavaScript framework है", False),
        ("42, 🙂 …", False),
        ("", False),
    ],
)
def test_foreign_is_what_has_letters_and_none_of_its_own(text: str, foreign: bool) -> None:
    assert is_foreign(text, HINDI) is foreign


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("मैं நாளை market जाऊँगा 你好।", ["நாளை", "你好"]),
        ("यह JavaScript framework है", []),
        ("π का मान", ["π"]),
        ("मैंநா गया", []),  # a word of both is the engine's affair
        ("\u0301 42 🙂", []),
        ("", []),
    ],
)
def test_foreign_words_are_neither_of_its_own_letters_nor_latin(
    text: str, words: list[str]
) -> None:
    assert foreign_words(text, HINDI) == words
