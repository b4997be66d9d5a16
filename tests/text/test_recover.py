from __future__ import annotations

import pytest

from dubber.errors import ConfigError
from dubber.text.recover import recover, recover_words

HINDI = "hindi-phonetic"


@pytest.mark.parametrize(
    ("urdu", "hindi"),
    [
        ("نمسکار", "नमस्कार"),
        ("بھارت کی سرکار", "भारत की सरकार"),
        ("غریب کے گھر میں دیا جلتا ہے", "गरीब के घर में दिया जलता है"),
        ("ہم سب گندگی سے مکتی کا", "हम सब गंदगी से मुक्ति का"),
    ],
)
def test_hindi_in_urdu_letters_is_read_as_hindi(urdu: str, hindi: str) -> None:
    assert recover(urdu, HINDI) == hindi


def test_hindi_in_latin_letters_is_read_as_hindi() -> None:
    assert recover("namaskar bharat", HINDI) == "नमस्कार भारत"


def test_urdu_stops_and_digits_become_those_of_hindi() -> None:
    assert recover("کیا ہے؟ ۱۲ ٤٥،", HINDI) == "क्या है? 12 45,"
    assert recover("بھارت۔", HINDI) == "भारत।"


def test_hindi_writes_together_what_urdu_parts() -> None:
    assert recover("کرنا پڑے گا", HINDI).endswith("गा")
    assert len(recover("کرنا پڑے گا", HINDI).split()) == 2
    assert recover("آپ کے ساتھ", HINDI) == "आपके साथ"


def test_there_are_as_many_words_as_before_so_that_their_times_stay() -> None:
    words = ["آپ", "کے", "ساتھ", "12", "दिल्ली", "!"]
    recovered = recover_words(words, HINDI)
    assert recovered == ["आपके", "", "साथ", "12", "दिल्ली", "!"]


def test_in_is_told_from_i() -> None:
    assert recover("میں جاتا ہوں۔ گھر میں", HINDI) == "मैं जाता हूँ। घर में"


def test_devanagari_digits_and_other_scripts_stay() -> None:
    text = "भारत 1947 தமிழ் ½"
    assert recover(text, HINDI) == text


def test_an_unknown_name_is_spelled_as_it_sounds_and_in_devanagari() -> None:
    name = recover("ژقضطوغپ" * 4, HINDI)
    assert name
    assert all("\u0900" <= letter <= "\u097f" for letter in name)


def test_nothing_is_nothing_and_no_rule_changes_nothing() -> None:
    assert recover("", HINDI) == ""
    assert recover("بھارت", "") == "بھارت"


def test_an_unknown_rule_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError, match="klingon"):
        recover("x", "klingon")
