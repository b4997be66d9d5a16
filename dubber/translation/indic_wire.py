"""Text as IndicTrans2 was trained to see it, and back.

What its authors' IndicProcessor does, in our own words: plain form, e-mails, addresses and compound
numbers behind placeholders, punctuation set apart, Brahmic scripts in Devanagari, and two tags in
front. Languages are FLORES codes ("hin_Deva"): the part after the underscore is the script.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

from dubber.text import scripts_map
from dubber.translation.wire import plain

PLACEHOLDERS = re.compile(
    r"https?://\S+|www\.\S+"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
    r"|[A-Za-z0-9]*[#@]\w+"
    r"|~?\d+(?:\.\d+)?\s?%"
    r"|\d+(?:[-/.,:'+]\d+)+"
)
RETURNED = re.compile(
    r"[<\[(]?\s*(?:ID|आईडी|आई\s*\.?\s*डी\s*\.?)\s*(\d{1,2})\s*[>\])]?", re.IGNORECASE
)
PUNCTUATION = re.compile(f"([{re.escape(string.punctuation)}।॥])")
NUMBER_APART = re.compile(r"\d+(?: [,.:/] \d+)+")
SPACES = re.compile(r" +")

_BEFORE = re.compile(r" +(?=[,.;:!?।॥%)\]}؟،۔])")
_AFTER = re.compile(r"(?<=[(\[{]) +")
_APOSTROPHE = re.compile(r" ?(['-]) ?(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class IndicWire:
    """Tags and text ready to be cut into pieces, and what the placeholders stand for."""

    tags: tuple[str, str]
    text: str
    kept: tuple[str, ...]


def open_indic(text: str, *, source: str, target: str, masks: bool = True) -> IndicWire:
    """The sentence `text` of `source` for a translation into `target`; both FLORES codes."""
    text = plain(text)
    kept: list[str] = []

    def mask(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"<ID{len(kept)}>"

    if masks:
        text = PLACEHOLDERS.sub(mask, text)
    text = tokenized(text)
    return IndicWire(
        (source, target), scripts_map.to_devanagari(text, script_of(source)), tuple(kept)
    )


def close_indic(text: str, *, target: str, kept: Sequence[str]) -> str:
    """What came out of the model, in the target's script, placeholders filled, as it is written."""
    text = detokenized(scripts_map.from_devanagari(text, script_of(target)))

    def fill(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return kept[number - 1] if 1 <= number <= len(kept) else match.group()

    return RETURNED.sub(fill, text).strip() if kept else text


def script_of(code: str) -> str:
    """The script in a FLORES code, as ISO 15924: "Deva" of "hin_Deva"."""
    return code.partition("_")[2]


def tokenized(text: str) -> str:
    """Punctuation as words of its own, except within numbers and dates."""
    text = SPACES.sub(" ", PUNCTUATION.sub(r" \1 ", text)).strip()
    return NUMBER_APART.sub(lambda match: match.group().replace(" ", ""), text)


def detokenized(text: str) -> str:
    """`tokenized` undone as far as it can be known: quotes open and close in turn."""
    text = _AFTER.sub("", _BEFORE.sub("", SPACES.sub(" ", text)))
    text = _APOSTROPHE.sub(r"\1", text)
    parts = text.split('"')
    for number in range(1, len(parts), 2):
        parts[number] = parts[number].strip()
        if number + 1 < len(parts) and parts[number + 1][:1] in {",", ".", "।", "?", "!"}:
            continue
    return '"'.join(parts).strip()
