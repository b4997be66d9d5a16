"""One form for equal texts."""

from __future__ import annotations

import re
import unicodedata

from dubber.languages import Language

INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060\u00ad\u200e\u200f"))


def normalize(text: str, language: Language) -> str:
    """`text` in NFC, on one line, without marks that nobody sees; joiners stay, they shape."""
    plain = unicodedata.normalize("NFC", text).translate(INVISIBLE)
    return re.sub(r"\s+", " ", plain).strip()
