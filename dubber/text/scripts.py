"""Which script a text is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter

UNKNOWN = "Zyyy"

#: The first word of a letter's Unicode name to its script's ISO 15924 code.
SCRIPTS = {
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "GURMUKHI": "Guru",
    "GUJARATI": "Gujr",
    "ORIYA": "Orya",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "KANNADA": "Knda",
    "MALAYALAM": "Mlym",
    "ARABIC": "Arab",
    "LATIN": "Latn",
}


def script_of(text: str) -> str:
    """ISO 15924 code of the script most letters of `text` are in; "Zyyy" if none is known."""
    found: Counter[str] = Counter()
    for letter in text:
        if letter.isalpha():
            script = SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0])
            if script:
                found[script] += 1
    return found.most_common(1)[0][0] if found else UNKNOWN
