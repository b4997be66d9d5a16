"""Text as the compact model sees it: one normal form, one script, and what must survive masked.

`open_wire` and `close_wire` are used alike by training and by the engine, so that a model never
meets a form at run time that it was not trained on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dubber.text import scripts_map
from dubber.text.normalize import ascii_digits

MASKS = tuple(f"<{number}>" for number in range(10))
MASK = re.compile(r"<[0-9]>")

#: Numbers with what belongs to them (1,000 3.5 12:30 2024-05), and words in Latin letters. A model
#: loses the signs of money, percent and degrees, which it hardly saw: they stay with their number.
NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
AMOUNT = re.compile(rf"(?:[$€£¥₹৳]\s?)?{NUMBER.pattern}(?:\s?(?:%|°[CF]?))?")
LATIN = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+|[A-Za-z][A-Za-z0-9&'’+#._-]*[A-Za-z0-9+#]|[A-Za-z]"
)
KEPT_FROM_LATIN = re.compile(AMOUNT.pattern + r"|" + LATIN.pattern)

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'",
                         "`": "'", "´": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "…": "...",
                         "৷": "।", "\u00a0": " ", "\u00ad": None, "\ufeff": None, "\ufffd": None,
                         "<": "(", ">": ")"})  # fmt: skip
#: Malayalam chillu letters as they were written before Unicode 5.1: consonant, virama, joiner.
_CHILLUS = {"ണ്\u200d": "ൺ", "ന്\u200d": "ൻ", "ര്\u200d": "ർ", "ല്\u200d": "ൽ", "ള്\u200d": "ൾ",
            "ക്\u200d": "ൿ"}  # fmt: skip
_CHILLU_LETTERS = {"ൺ": "ണ", "ൻ": "ന", "ർ": "ര", "ൽ": "ല", "ൾ": "ള", "ൿ": "ക"}
#: A virama or chillu and a vowel sign behind it: ராஜன் and ுக்கு are ராஜனுக்கு.
_DEAD_BEFORE_VOWEL = re.compile(
    "[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4dൺൻർൽൾൿ]"
    "(?=[\u093e-\u094c\u09be-\u09cc\u0a3e-\u0a4c\u0abe-\u0acc\u0b3e-\u0b4c\u0bbe-\u0bcc"
    "\u0c3e-\u0c4c\u0cbe-\u0ccc\u0d3e-\u0d4c])"
)
_JOINERS = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069]")
_SPACES = re.compile(r"\s+")


Span = tuple[int, int]
#: Where in plain text something stands that is not translated, and what stands for it in the end.
Carry = Callable[[str], Iterable[tuple[Span, str]]]


def carry_nothing(text: str) -> Iterable[tuple[Span, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class Wire:
    """A sentence ready for the model: `text` in wire form, and what its masks stand for.

    `bare` is the same with no more masked than must be, if more is.
    """

    text: str
    kept: tuple[str, ...] = ()
    bare: Wire | None = None


def plain(text: str) -> str:
    """NFC, one space between words, ASCII digits, straight quotes, no joiners or controls."""
    text = unicodedata.normalize("NFC", text)
    for old, chillu in _CHILLUS.items():
        text = text.replace(old, chillu)
    text = _JOINERS.sub("", text.translate(_QUOTES))
    text = "".join(c for c in text if unicodedata.category(c) != "Cc" or c.isspace())
    text = ascii_digits(text)
    return _SPACES.sub(" ", text).strip()


def keepers(text: str, *, latin: bool) -> list[re.Match[str]]:
    """What must survive translation as it is: numbers and, if `latin`, Latin words, in order."""
    pattern = KEPT_FROM_LATIN if latin else AMOUNT
    return list(pattern.finditer(text))


def masked(text: str, spans: Sequence[Span]) -> str:
    """`text` with the n-th of `spans` replaced by the n-th mask; at most ten, none overlapping."""
    for number, (start, end) in sorted(enumerate(spans), key=lambda item: -item[1][0]):
        text = text[:start] + MASKS[number] + text[end:]
    return text


def unmasked(text: str, kept: Sequence[str]) -> str:
    """`text` with masks replaced by what they stand for; a mask that stands for nothing goes."""
    return MASK.sub(lambda m: kept[n] if (n := int(m.group()[1])) < len(kept) else "", text)


def open_wire(text: str, *, script: str, latin: bool, carry: Carry = carry_nothing) -> Wire:
    """The wire form of a sentence written in `script`; `latin`: also keep Latin words.

    `carry` names further spans of the plain text and what is to stand there in the translation;
    they get the masks that are left.
    """
    text = plain(text)
    kept = [(match.span(), match.group()) for match in keepers(text, latin=latin)][: len(MASKS)]
    bare = _wire(text, kept, script)
    carried = [
        (span, word)
        for span, word in carry(text)
        if all(span[1] <= start or end <= span[0] for (start, end), _ in kept)
    ][: len(MASKS) - len(kept)]
    return replace(_wire(text, [*kept, *carried], script), bare=bare) if carried else bare


def _wire(text: str, kept: Iterable[tuple[Span, str]], script: str) -> Wire:
    kept = sorted(kept)
    opened = masked(text, [span for span, _ in kept])
    return Wire(scripts_map.to_devanagari(opened, script), tuple(word for _, word in kept))


def close_wire(text: str, *, script: str, kept: Sequence[str]) -> str:
    """Wire form back to the text of a language in `script`, masks filled in."""
    whole = unmasked(scripts_map.from_devanagari(text, script), kept)
    return _DEAD_BEFORE_VOWEL.sub(_alive, whole).strip()


def _alive(dead: re.Match[str]) -> str:
    """A consonant that was the last of a kept word, before the vowel of the ending behind it."""
    return _CHILLU_LETTERS.get(dead.group(), "")
