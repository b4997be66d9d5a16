"""Brahmic scripts written in Devanagari, and back.

Unicode lays the Brahmic scripts out alike: the same letter has the same place in each block of 128,
so that a script becomes Devanagari by shifting its code points (ISCII, 1991; Unicode ch. 12).
`to_devanagari` and `from_devanagari` undo each other for a text in one script; digits, Latin and
all else pass. Devanagari letters that a script lacks (Tamil has no voiced or aspirated stops) come
back as the nearest letter it has.
"""

from __future__ import annotations

import unicodedata
from functools import cache

DEVANAGARI = 0x0900
BLOCK = 0x80

#: ISO 15924 script -> first code point of its Unicode block.
BLOCKS = {
    "Deva": 0x0900,
    "Beng": 0x0980,
    "Guru": 0x0A00,
    "Gujr": 0x0A80,
    "Orya": 0x0B00,
    "Taml": 0x0B80,
    "Telu": 0x0C00,
    "Knda": 0x0C80,
    "Mlym": 0x0D00,
}

DANDAS = frozenset({0x0964, 0x0965})  # one sign for all scripts, encoded once

#: Assigned in Unicode and never written: Tamil has no anusvara, it writes the nasal.
UNUSED = frozenset({0x0B82})

#: What a letter becomes where a script has no place for it, tried in order; "" drops the sign.
NEAREST = {
    "ख": "क", "ग": "क", "घ": "क", "छ": "च", "ज": "च", "झ": "ज", "ठ": "ट", "ड": "ट", "ढ": "ट",
    "थ": "त", "द": "त", "ध": "त", "फ": "प", "ब": "प", "भ": "प", "ऋ": "रि", "ृ": "ि", "ॠ": "री",
    "ॄ": "ी", "ऌ": "लि", "ॡ": "ली", "ॢ": "ि", "ॣ": "ी", "ऍ": "ए", "ऎ": "ए", "ऑ": "ओ", "ऒ": "ओ",
    "ॅ": "े", "ॆ": "े", "ॉ": "ो", "ॊ": "ो", "ऩ": "न", "ऱ": "र", "ऴ": "ळ", "ळ": "ल", "ष": "श",
    "श": "स", "ङ": "न", "ञ": "न", "ण": "न", "व": "ब", "ँ": "ं", "ं": "म्", "ः": "", "़": "",
    "ऽ": "", "॑": "", "॒": "", "ॐ": "ओम", "ऄ": "अ",
}  # fmt: skip


def maps(script: str) -> bool:
    """Whether `script` (ISO 15924) has a place in these tables."""
    return script in BLOCKS


def to_devanagari(text: str, script: str) -> str:
    """`text` with the letters of `script` in Devanagari; unchanged for a script not in `BLOCKS`."""
    return text.translate(_into(script)) if script in BLOCKS else text


def from_devanagari(text: str, script: str) -> str:
    """`text` with its Devanagari letters in `script`; unchanged for a script not in `BLOCKS`."""
    return text.translate(_out_of(script)) if script in BLOCKS else text


@cache
def _into(script: str) -> dict[int, int]:
    start = BLOCKS[script]
    return {
        start + place: DEVANAGARI + place
        for place in range(BLOCK)
        if start + place not in DANDAS and _assigned(start + place)
    }


@cache
def _out_of(script: str) -> dict[int, str]:
    start = BLOCKS[script]
    return {
        code: _nearest(chr(code), start)
        for code in range(DEVANAGARI, DEVANAGARI + BLOCK)
        if code not in DANDAS
    }


def _nearest(letter: str, start: int) -> str:
    """`letter` in the block at `start`, or the nearest that is assigned there; else unchanged."""
    code = ord(letter) - DEVANAGARI + start
    if _assigned(code):
        return chr(code)
    if letter not in NEAREST:
        return letter
    return "".join(_nearest(other, start) for other in NEAREST[letter])


def _assigned(code: int) -> bool:
    return code not in UNUSED and unicodedata.category(chr(code)) != "Cn"
