"""Text as the compact model sees it: one normal form, one script, and what must survive masked.

`open_wire` and `close_wire` are used alike by training and by the engine, so that a model never
meets a form at run time that it was not trained on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from dubber.text import scripts_map
from dubber.text.normalize import ascii_digits

MASKS = tuple(f"<{number}>" for number in range(10))
MASK = re.compile(r"<[0-9]>")

#: Numbers with what belongs to them (1,000 3.5 12:30 2024-05), and words in Latin letters.
NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
LATIN = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+|[A-Za-z][A-Za-z0-9&'’+#._-]*[A-Za-z0-9+#]|[A-Za-z]"
)
KEPT_FROM_LATIN = re.compile(NUMBER.pattern + r"|" + LATIN.pattern)

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'",
                         "`": "'", "´": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "…": "...",
                         "৷": "।", "\u00a0": " ", "\u00ad": None, "\ufeff": None, "\ufffd": None,
                         "<": "(", ">": ")"})  # fmt: skip
#: Malayalam chillu letters as they were written before Unicode 5.1: consonant, virama, joiner.
_CHILLUS = {"ണ്\u200d": "ൺ", "ന്\u200d": "ൻ", "ര്\u200d": "ർ", "ല്\u200d": "ൽ", "ള്\u200d": "ൾ",
            "ക്\u200d": "ൿ"}  # fmt: skip
_JOINERS = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Wire:
    """A sentence ready for the model: `text` in wire form, and what its masks stand for."""

    text: str
    kept: tuple[str, ...] = ()


def plain(text: str) -> str:
    """NFC, one space between words, ASCII digits, straight quotes, no joiners or controls."""
    text = unicodedata.normalize("NFC", text)
    for old, chillu in _CHILLUS.items():
        text = text.replace(old, chillu)
    text = _JOINERS.sub("", text.translate(_QUOTES))
    text = "".join(c for c in text if unicodedata.category(c) != "Cc" or c.isspace())
    text = ascii_digits(text)
    return _SPACES.sub(" ", text).strip()


def keepers(text: str, *, latin: bool) -> list[str]:
    """What must survive translation as it is: numbers and, if `latin`, Latin words, in order."""
    pattern = KEPT_FROM_LATIN if latin else NUMBER
    return [match.group() for match in pattern.finditer(text)]


def masked(text: str, kept: Sequence[str]) -> str:
    """`text` with each of `kept` (found left to right) replaced by its mask; at most ten."""
    done, rest = [], text
    for number, item in enumerate(kept[: len(MASKS)]):
        before, found, after = rest.partition(item)
        if not found:
            continue
        done.append(before + MASKS[number])
        rest = after
    return "".join(done) + rest


def unmasked(text: str, kept: Sequence[str]) -> str:
    """`text` with masks replaced by what they stand for; a mask that stands for nothing goes."""
    return MASK.sub(lambda m: kept[n] if (n := int(m.group()[1])) < len(kept) else "", text)


def open_wire(text: str, *, script: str, latin: bool) -> Wire:
    """The wire form of a sentence written in `script`; `latin`: also keep Latin words."""
    text = plain(text)
    kept = tuple(keepers(text, latin=latin)[: len(MASKS)])
    return Wire(scripts_map.to_devanagari(masked(text, kept), script), kept)


def close_wire(text: str, *, script: str, kept: Sequence[str]) -> str:
    """Wire form back to the text of a language in `script`, masks filled in."""
    return unmasked(scripts_map.from_devanagari(text, script), kept).strip()
