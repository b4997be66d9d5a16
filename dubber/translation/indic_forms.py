"""Letters in the one form that IndicTrans2 was trained on, by script.

What IndicNLP's normalisers do (Kunchukuttan, indic-nlp-library 0.92, MIT; for Urdu urduhack, MIT),
in our own words. NFC first, which already takes most composed letters apart or together as they do.
"""

from __future__ import annotations

import re
import unicodedata

#: Letters that NFC leaves composed and the training text had apart, or under another sign.
FORMS: dict[str, dict[str, str]] = {
    "Deva": {"ॲ": "ए", "\u0929": "न\u093c", "\u0931": "र\u093c", "\u0934": "ळ\u093c", "|": "।"},
    "Beng": {"\u09e4": "।", "\u09e5": "॥", "\u09f7": "।", "|": "।"},
    "Guru": {
        "\u0a05\u0a3e": "\u0a06", "\u0a72\u0a3f": "\u0a07", "\u0a72\u0a40": "\u0a08",
        "\u0a73\u0a41": "\u0a09", "\u0a73\u0a42": "\u0a0a", "\u0a72\u0a47": "\u0a0f",
        "\u0a05\u0a48": "\u0a10", "\u0a73\u0a4b": "\u0a13", "\u0a05\u0a4c": "\u0a14",
        "\u0a64": "।", "\u0a65": "॥", "|": "।",
    },
    "Gujr": {"\u0ae4": "।", "\u0ae5": "॥"},
    "Orya": {
        "\u0b05\u0b3e": "\u0b06", "\u0b0f\u0b57": "\u0b10", "\u0b13\u0b57": "\u0b14",
        "\u0b35": "\u0b2c", "\u0b64": "।", "\u0b65": "॥",
    },
    "Taml": {"\u0be4": "।", "\u0be5": "॥"},
    "Telu": {"\u0c64": "।", "\u0c65": "॥"},
    "Knda": {"\u0ce4": "।", "\u0ce5": "॥"},
    "Mlym": {
        "ണ്\u200d": "ൺ", "ന്\u200d": "ൻ", "ര്\u200d": "ർ", "ല്\u200d": "ൽ", "ള്\u200d": "ൾ",
        "ക്\u200d": "ൿ", "\u0d57": "\u0d4c", "\u0d64": "।", "\u0d65": "॥",
    },
    "Arab": {
        "ك": "ک", "ه": "ہ", "ة": "ۃ", "ى": "ی", "ي": "ی", "ـ": "",
        **dict.fromkeys("\u064b\u064d\u064e\u064f\u0650\u0670", ""),
    },
}  # fmt: skip

VISARGA = 0x03  # its place in every Brahmic block
NO_WIDTH = re.compile("[\u200c\u200d\u2060\ufeff\ufffe\u00ad]")
PRESENTED = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")  # Arabic letters by their shape in a word


def canonical(text: str, script: str, block: int | None) -> str:
    """`text` in the form of the training text of `script`; `block` is where a Brahmic script's
    letters begin in Unicode. A colon behind a Brahmic letter becomes a visarga, as it did there."""
    text = unicodedata.normalize("NFC", text)
    text = PRESENTED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    for old, new in FORMS.get(script, {}).items():
        text = text.replace(old, new)
    text = NO_WIDTH.sub("", text).replace("\u200b", " ").replace("\u00a0", " ").replace("''", '"')
    if block is not None:
        letter = f"([{chr(block)}-{chr(block + 0x7F)}]):"
        text = re.sub(letter, rf"\g<1>{chr(block + VISARGA)}", text)
    return text
