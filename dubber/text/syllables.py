"""How many syllables a text has: what its length in time follows."""

from __future__ import annotations

import regex

from dubber.languages import Language

VOWEL_RUN = regex.compile(r"[aeiouyāīūēō]+", regex.IGNORECASE)
AKSHARA = regex.compile(r"(?:\p{L}\p{Mn}*\p{Mc}*\p{Mn}*)")
VIRAMA = regex.compile(r"[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D4D]")


def count(text: str, language: Language) -> int:
    """Syllables of `text`, at least one for a text with letters.

    For Indic scripts: aksharas, that is letters less those whose vowel a virama takes away; for
    others runs of vowels. Hindi's silent final vowels are counted: the rate in a pack is measured
    with the same count.
    """
    letters = len(AKSHARA.findall(text))
    if not letters:
        return 0
    dead = len(VIRAMA.findall(text))
    runs = len(VOWEL_RUN.findall(text))
    return max(1, runs if runs and not dead and language.script == "Latn" else letters - dead)
