"""What every pack of `langs/` owes: examples of each kind, and its number words held to a second
opinion, with every disagreement listed in the pack."""

from __future__ import annotations

import re
import unicodedata

import pytest
from indic_numtowords import num2words

from dubber import languages
from dubber.languages import Language

PACKS = languages.all_languages()
SPANS = re.compile(r"(\d+)\s*(?:-|–|…)\s*(\d+)|(\d+)")


def listed(notes: str) -> set[int]:
    """The numbers that notes name, alone or as the ends of a span: 37-39, 29 … 89."""
    found: set[int] = set()
    for first, last, alone in SPANS.findall(notes):
        found |= {int(alone)} if alone else set(range(int(first), int(last) + 1))
    return found


def plain(words: str) -> str:
    return unicodedata.normalize("NFC", words).replace("\u200c", "").replace("-", " ")


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_every_number_word_that_a_library_says_otherwise_is_listed_in_the_pack(
    language: Language,
) -> None:
    pack = languages._toml(languages.folder() / f"{language.code}.toml")
    other = [plain(str(num2words(number, lang=language.code))) for number in range(100)]
    ours = [plain(words) for words in language.numbers.words]
    differ = {number for number in range(100) if ours[number] != other[number]}
    assert differ <= listed(pack.get("notes", ""))


def kinds(written: str) -> set[str]:
    """What an example is an example of."""
    text = "".join(
        str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in written
    )
    found = {
        "number": r"(?<![\d,.:/-])\d+(?![\d,.:/-])",
        "grouping": r"\d,\d\d,\d{3}",
        "decimal": r"\d\.\d",
        "date": r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d\d-\d\d",
        "time": r"\d{1,2}:\d\d",
        "currency": r"[₹$€£]",
        "percent": r"\d ?%",
        "range": r"\d ?[-–] ?\d",
        "telephone": r"[6-9]\d{4} ?\d{5}",
        "unit": r"\d ?(?:km|kg|cm|mm|°|GB|MB|m|g|l)",
        "acronym": r"\b[A-Z]{2,}\b",
        "latin": r"\b[A-Za-z]*[a-z]{2,}\b",
        "address": r"[a-z]\.(?:in|org|com|gov)|@",
    }
    return {name for name, pattern in found.items() if re.search(pattern, text)}


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_a_pack_has_examples_of_everything_that_is_read_out(language: Language) -> None:
    assert len(language.examples) >= 25
    found = set().union(*(kinds(example.written) for example in language.examples))
    assert found >= {
        *("number", "grouping", "decimal", "date", "time", "currency", "percent", "range"),
        *("telephone", "unit", "acronym", "latin"),
    }
    assert len(language.abbreviations) >= 10
    assert {"₹", "$"} <= set(language.currency)
    assert {"%", "km", "kg", "°C"} <= set(language.units)
