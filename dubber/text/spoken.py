"""Text as it is said: numbers, currency, percentages and abbreviations in words.

A first, narrow set: cardinal and decimal numbers in the Indian grouping, ₹ and $, %, and the pack's
abbreviations. Dates, times, ordinals, units and acronyms are not written out yet.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from dubber.errors import ConfigError
from dubber.languages import Language, all_languages
from dubber.text.normalize import normalize

LARGEST = 999_999_999  # ninety-nine crore and so on; longer runs are read digit by digit
NUMBER = re.compile(r"(?P<sign>[₹$]\s?)?(?P<whole>\d[\d,]*)(?:\.(?P<part>\d+))?(?P<percent>\s?%)?")


def spoken_form(text: str, language: Language) -> str:
    """`text` with everything the pack can say written out in words of `language`.

    A pack without number words leaves its digits to the voice.
    """
    plain = normalize(text, language).translate(_to_ascii())
    for short, full in sorted(language.abbreviations.items(), key=lambda e: -len(e[0])):
        plain = re.sub(rf"(?<!\w){re.escape(short)}(?!\w)", full, plain)
    if "numtowords" not in language.codes:
        return plain
    return NUMBER.sub(lambda match: _number(match, language), plain)


def words_of(number: int, language: Language) -> str:
    """A whole number in words, in the Indian grouping."""
    from indic_numtowords import num2words

    code = language.codes.get("numtowords")
    if code is None:
        raise ConfigError(f"no number words for {language.name}", cure="add codes.numtowords")
    if number > LARGEST:
        return " ".join(words_of(int(digit), language) for digit in str(number))
    words = unicodedata.normalize("NFC", str(num2words(number, lang=code))).replace("\u200c", "")
    for wrong, right in language.corrections.items():
        words = words.replace(wrong, right)
    return words


def _number(match: re.Match[str], language: Language) -> str:
    whole = match["whole"].rstrip(",")
    tail = match["whole"][len(whole) :]
    digits = whole.replace(",", "")
    if len(digits) > 1 and digits.startswith("0"):
        said = " ".join(words_of(int(digit), language) for digit in digits)
    else:
        said = words_of(int(digits), language)
    if match["part"]:
        decimals = " ".join(words_of(int(digit), language) for digit in match["part"])
        said = f"{said} {language.spoken['point']} {decimals}"
    if match["percent"]:
        said = f"{said} {language.spoken['percent']}"
    if match["sign"]:
        unit = {"₹": "rupees", "$": "dollars"}[match["sign"].strip()]
        said = f"{said} {language.spoken[unit]}"
    return said + tail


@cache
def _to_ascii() -> dict[int, str]:
    """Every script's digits to 0-9."""
    return {
        ord(digit): str(value)
        for language in all_languages()
        for value, digit in enumerate(language.digits)
    }
