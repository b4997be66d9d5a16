"""Brahmic scripts to Devanagari and back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubber.text.scripts_map import (
    BLOCK,
    BLOCKS,
    DANDAS,
    UNUSED,
    from_devanagari,
    to_devanagari,
)

HOME = {
    "Taml": "வீடு",
    "Telu": "ఇల్లు",
    "Beng": "বাড়ি",
    "Gujr": "ઘર",
    "Knda": "ಮನೆ",
    "Mlym": "വീട്",
    "Guru": "ਘਰ",
    "Orya": "ଘର",
    "Deva": "घर",
}


@pytest.mark.parametrize("script", sorted(BLOCKS))
def test_every_letter_of_a_script_comes_back(script: str) -> None:
    letters = [
        chr(code)
        for code in range(BLOCKS[script], BLOCKS[script] + BLOCK)
        if code not in DANDAS | UNUSED and unicodedata.category(chr(code)) != "Cn"
    ]
    for letter in letters:
        assert from_devanagari(to_devanagari(letter, script), script) == letter


@pytest.mark.parametrize(("script", "word"), HOME.items())
def test_a_word_is_devanagari_in_between(script: str, word: str) -> None:
    middle = to_devanagari(word, script)
    assert all("\u0900" <= letter <= "\u097f" for letter in middle)
    assert from_devanagari(middle, script) == word


def test_the_same_sound_has_the_same_place() -> None:
    assert to_devanagari("ઘર", "Gujr") == "घर" == to_devanagari("ਘਰ", "Guru")


def test_what_tamil_has_no_letter_for_becomes_the_nearest_it_has() -> None:
    assert from_devanagari("भारत", "Taml") == "பாரத"
    assert from_devanagari("गंगा", "Taml") == "கம்கா"


@pytest.mark.parametrize("script", sorted(set(BLOCKS) - {"Deva"}))
def test_no_devanagari_letter_of_hindi_is_left_in_another_script(script: str) -> None:
    alphabet = "अआइईउऊऋएऐओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहािीुूृेैोौंःँ"
    left = from_devanagari(alphabet, script)
    assert not [letter for letter in left if "\u0900" <= letter <= "\u097f"]


def test_other_scripts_and_dandas_pass() -> None:
    assert to_devanagari("گھر । home 12 🙂", "Taml") == "گھر । home 12 🙂"
    assert from_devanagari("گھر", "Arab") == "گھر"


@given(st.text(alphabet=st.characters(min_codepoint=0x0C00, max_codepoint=0x0C7F), max_size=30))
def test_any_telugu_comes_back(text: str) -> None:
    assert from_devanagari(to_devanagari(text, "Telu"), "Telu") == text
