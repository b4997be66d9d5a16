"""Text as IndicTrans2 was trained to see it, and back.

What its authors' IndicProcessor does, in our own words: punctuation in plain form, e-mails,
addresses and compound numbers behind placeholders, letters in one form (`indic_forms`), punctuation
set apart, Brahmic scripts in Devanagari, and two tags in front. Languages are FLORES codes
("hin_Deva"): the part after the underscore is the script. Where it differs from theirs, and why,
stands in docs/translation.md.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

from dubber.text import scripts_map
from dubber.text.normalize import ascii_digits
from dubber.translation import moses
from dubber.translation.indic_forms import canonical

ENGLISH = "Latn"  # the script whose words are set apart by the rules of Moses
SHARED_LETTERS = 0x70  # from here on a block's places are its script's own: they stay as they are

PLAIN = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("[`´‘‚’]", "'"),
        ("[„“”«»]", '"'),
        ("[–—]", "-"),
        ("…", "..."),
        (r"[\r\n\t]+", " "),
        (r"(\d)\u00a0(\d)", r"\1.\2"),
        (r"\(\s*", "("),
        (r"\s*\)", ")"),
        (r"\s:\s?", ":"),
        (r"\s;\s?", ";"),
        (r"[ \u00a0]%", "%"),
        (r"[ \u00a0]([?!;])", r"\1"),
        (r" {2,}", " "),
        (r"\) ([.!:?;,])", r")\1"),
        (r'"([,.]+)', r'\1"'),
    )
)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
ADDRESS = re.compile(
    r"\b(?<![\w/.])(?:(?:https?|ftp)://)?(?:(?:[\w-]+\.)+(?!\.))(?:[\w/\-?#&=%.]+)+(?!\.\w+)\b",
    re.ASCII,
)
NUMERAL = re.compile(
    r"~?\d+\.?\d*\s?%?\s?-?\s?~?\d+\.?\d*\s?%|~?\d+%"
    r"|\d+[-/.,:']\d+[-/.,:'+]\d+(?:\.\d+)?|\d+[-/.:'+]\d+(?:\.\d+)?"
)
HANDLE = regex.compile(r"[A-Za-z0-9]*[#@]\w+")  # whose \w holds vowel signs, unlike re's
#: What goes behind a placeholder, and how many characters (the given ones apart) it must have.
KEPT = ((EMAIL, "", 0), (ADDRESS, ".", 4), (NUMERAL, " .:", 4), (HANDLE, "", 0))

#: A placeholder as it comes back, with what the models are known to make of its letters.
RETURNED = re.compile(
    r"[<\[(]?\s*(?:ID|आईडी|आयडी|आइडि|ऐडि|ऐटि|आ[ईयइ]\s*\.?\s*डी\s*\.?|آ[یئ]+\s*ڈی|آی ڈی)"
    r"\s*(\d{1,2})\s*[>\])]?",
    re.IGNORECASE,
)
MARKS = re.compile(f"([{re.escape(string.punctuation)}।॥])")
URDU_MARKS = re.compile(f"([{re.escape(string.punctuation)}؉؊،؛؟۔٪٫٬٭])")
URDU_SEAM = re.compile(r"(?<=[\u0600-\u06ff])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])(?=[\u0600-\u06ff])")
NUMBER_APART = re.compile(r"\d+(?: [,.:/] \d+)+")
SPACES = re.compile(r" +")

TOGETHER = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r" ([-/\\]) ", r"\1"),
        (r" +([!%)\]},.:;>?।॥؟،؛۔])", r"\1"),
        (r"([#$(\[{<@]) ", r"\1"),
    )
)
NUKTA_YA = ("\u0b2f\u0b3c", "\u0b5f")  # Odia ya with a dot, which has a sign of its own


@dataclass(frozen=True, slots=True)
class IndicWire:
    """Tags and text ready to be cut into pieces, and what the placeholders stand for."""

    tags: tuple[str, str]
    text: str
    kept: tuple[str, ...]

    @property
    def placeholders(self) -> list[int]:
        """The placeholders that stand in the text, in order of number; one may stand twice."""
        return sorted(placeholders(self.text)) if self.kept else []


def placeholders(text: str) -> Iterable[int]:
    """The numbers of the placeholders in `text`."""
    return (int(match[1]) for match in RETURNED.finditer(text))


def open_indic(text: str, *, source: str, target: str, masks: bool = True) -> IndicWire:
    """The sentence `text` of `source` for a translation into `target`; both FLORES codes."""
    script = script_of(source)
    kept: tuple[str, ...] = ()
    text = "".join(c for c in text if unicodedata.category(c) != "Cc" or c.isspace())
    for pattern, replacement in PLAIN:
        text = pattern.sub(replacement, text)
    text = ascii_digits(text.strip())
    if masks:
        text, kept = _masked(text)
    text = canonical(text, script, scripts_map.BLOCKS.get(script))
    text = moses.apart(text) if script == ENGLISH else tokenized(text, script)
    return IndicWire((source, target), _to_devanagari(text, script), kept)


def _masked(text: str) -> tuple[str, tuple[str, ...]]:
    kept: list[str] = []
    for pattern, apart_from, least in KEPT:
        for item in dict.fromkeys(match[0] for match in pattern.finditer(text)):
            if item and len(item.translate(dict.fromkeys(map(ord, apart_from)))) >= least:
                kept.append(item)
                text = text.replace(item, f"<ID{len(kept)}>")
    return text, tuple(kept)


def close_indic(text: str, *, target: str, kept: Sequence[str]) -> str:
    """What came out of the model, in the target's script, placeholders filled, as it is written."""
    script = script_of(target)
    text = scripts_map.from_devanagari(text, script)
    text = moses.together(text) if script == ENGLISH else detokenized(text)
    text = text.replace(*NUKTA_YA)

    def fill(match: re.Match[str]) -> str:
        number = int(match[1])
        return kept[number - 1] if 1 <= number <= len(kept) else match[0]

    return RETURNED.sub(fill, text).strip() if kept else text


def script_of(code: str) -> str:
    """The script in a FLORES code, as ISO 15924: "Deva" of "hin_Deva"."""
    return code.partition("_")[2]


def tokenized(text: str, script: str = "Deva") -> str:
    """Punctuation as words of its own, except within numbers and dates (but for those that begin
    the text: so it was in training)."""
    if script == "Arab":
        return SPACES.sub(" ", URDU_MARKS.sub(r" \1 ", URDU_SEAM.sub(" ", text))).strip()
    text = SPACES.sub(" ", MARKS.sub(r" \1 ", text)).strip()
    return NUMBER_APART.sub(
        lambda match: match[0].replace(" ", "") if match.start() else match[0], text
    )


def detokenized(text: str) -> str:
    """`tokenized` undone as far as it can be known: quotes open and close in turn."""
    text = NUMBER_APART.sub(lambda match: match[0].replace(" ", ""), SPACES.sub(" ", text))
    for pattern, replacement in TOGETHER:
        text = pattern.sub(replacement, text)
    for quote in "'\"`":
        parts = text.split(quote)
        for number in range(1, len(parts), 2):
            parts[number] = parts[number].strip()
        text = quote.join(parts)
    return text.strip()


def _to_devanagari(text: str, script: str) -> str:
    block = scripts_map.BLOCKS.get(script)
    if block is None:
        return text
    shared = {block + place for place in range(SHARED_LETTERS)}
    return "".join(
        scripts_map.to_devanagari(letter, script) if ord(letter) in shared else letter
        for letter in text
    )
