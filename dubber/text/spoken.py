"""Text as it is said: what a voice gets to read.

Numbers, dates, money, measures, abbreviations, acronyms, addresses and words of other scripts are
written out in the language's own letters, from its pack. Nothing else reaches a voice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import regex

from dubber.languages import Language
from dubber.text.latin import read_addresses, read_words
from dubber.text.normalize import normalize
from dubber.text.scripts import script_of
from dubber.text.transliterate import transliterate
from dubber.text.written import ALONE, ENDS, read_out

#: What a voice may meet besides letters: the marks that make pauses and tunes, and joiners.
PAUSES = " .,;:!?।॥۔،؛؟'’\"“”‘()…–—-\u200c\u200d"
WORD = regex.compile(r"(?:\p{L}|\p{M}|[\u200c\u200d])+")


def spoken_form(
    text: str, language: Language, *, pronunciations: Mapping[str, str] | None = None
) -> str:
    """`text` with everything that has to be said in words of `language`, in its own script.

    `pronunciations` maps terms of a glossary to how they are said, and goes before all else. No
    digit, no letter of another script and no unknown sign is left; an emoji is not said.
    """
    plain = normalize(text, language)
    plain = _replaced(plain, pronunciations or {}, "")
    plain = _replaced(plain, language.abbreviations, " ")
    plain = read_addresses(plain, language)
    plain = read_out(plain, language)
    for said in sorted(language.mends, key=len, reverse=True):
        plain = plain.replace(said, language.mends[said])
    for sign in sorted(language.signs, key=len, reverse=True):
        plain = plain.replace(sign, f" {language.signs[sign]} ")
    plain = read_words(plain, language)
    plain = WORD.sub(lambda match: _own_script(match[0], language), plain)
    plain = "".join(c if c in PAUSES or _is_letter_of(c, language.script) else " " for c in plain)
    plain = regex.sub(r" +([,.;:!?।॥۔،؛؟…])", r"\1", regex.sub(" +", " ", plain))
    return plain.strip()


def _replaced(text: str, table: Mapping[str, str], gap: str) -> str:
    """`text` with the keys of `table` that stand alone replaced, the longest first.

    A key that ends in a full stop may touch the word behind it (डॉ.शर्मा), from which `gap` then
    parts it.
    """
    if not table:
        return text
    keys = _alternatives(tuple(sorted(table, key=len, reverse=True)))

    def said(match: regex.Match[str]) -> str:
        touches = match[0].endswith(".") and match.end() < len(text) and text[match.end()].isalpha()
        return table[match[0]] + (gap if touches else "")

    return keys.sub(said, text)


@cache
def _alternatives(keys: Iterable[str]) -> regex.Pattern[str]:
    dotted = [regex.escape(key) for key in keys if key.endswith(".")]
    plain = [regex.escape(key) + ENDS for key in keys if not key.endswith(".")]
    return regex.compile(f"{ALONE}(?:{'|'.join(dotted + plain)})")


def _own_script(word: str, language: Language) -> str:
    script = script_of(word)
    if script in ("Zyyy", language.script):
        return word
    return transliterate(word, language.script)


@cache
def _is_letter_of(letter: str, script: str) -> bool:
    """Whether a voice for `script` knows the letter or mark."""
    return regex.match(_CLASSES[script], letter) is not None


_CLASSES = {
    "Deva": r"[\p{Devanagari}]", "Beng": r"[\p{Bengali}]", "Guru": r"[\p{Gurmukhi}]",
    "Gujr": r"[\p{Gujarati}]", "Orya": r"[\p{Oriya}]", "Taml": r"[\p{Tamil}]",
    "Telu": r"[\p{Telugu}]", "Knda": r"[\p{Kannada}]", "Mlym": r"[\p{Malayalam}]",
    "Arab": r"[\p{Arabic}\u064B-\u0655\u0670]", "Latn": r"[\p{Latin}\u0300-\u036F]",
}  # fmt: skip
