"""One form for equal texts."""

from __future__ import annotations

import re
import unicodedata

from dubber.languages import Language

INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060\u00ad\u200e\u200f"))


def ascii_digits(text: str) -> str:
    """`text` with the digits of every script as 0-9; nothing else changes, nor its length."""
    return "".join(
        str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text
    )


def normalize(text: str, language: Language) -> str:
    """`text` in NFC, on one line, without marks that nobody sees; joiners stay, they shape."""
    plain = unicodedata.normalize("NFC", text).translate(INVISIBLE)
    return re.sub(r"\s+", " ", plain).strip()
