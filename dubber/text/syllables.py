"""How many syllables a text has: what its length in time follows. A script or a pack names the
rule."""

from __future__ import annotations

from collections.abc import Callable

import regex

from dubber.errors import ConfigError
from dubber.languages import Language

LETTER = regex.compile(r"\p{L}")
VOWEL_RUN = regex.compile(r"[aeiouyāīūēōæ]+", regex.IGNORECASE)
AKSHARA = regex.compile(r"(?:\p{L}\p{Mn}*\p{Mc}*\p{Mn}*)")
VIRAMA = regex.compile(r"[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D4D]")


def count(text: str, language: Language) -> int:
    """Syllables of `text` by the language's rule, at least one for a text with letters.

    The rate in a pack is measured with the same count. ConfigError for a rule nobody knows.
    """
    try:
        rule = RULES[language.syllables]
    except KeyError:
        raise ConfigError(
            f"no syllable rule is called {language.syllables!r}",
            cure="use one of " + ", ".join(sorted(RULES)),
        ) from None
    return max(1, rule(text)) if LETTER.search(text) else 0


def _aksharas(text: str) -> int:
    """Letters less those whose vowel a virama takes away. Hindi's silent last vowel is counted."""
    return len(AKSHARA.findall(text)) - len(VIRAMA.findall(text))


def _vowels(text: str) -> int:
    """Runs of written vowels."""
    return len(VOWEL_RUN.findall(text))


def _letters(text: str) -> int:
    """Letters, where vowels are mostly unwritten."""
    return len(LETTER.findall(text))


RULES: dict[str, Callable[[str], int]] = {
    "akshara": _aksharas,
    "vowels": _vowels,
    "letters": _letters,
}
