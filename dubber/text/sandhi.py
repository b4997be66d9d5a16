"""Two parts of a word written as one, where a language joins them."""

from __future__ import annotations

import unicodedata

from dubber.languages import Language

#: From an independent vowel to its sign, in any Brahmic block (they are laid out alike).
TO_SIGN = 0x38
FIRST_VOWEL, LAST_VOWEL = 0x05, 0x14


def join(stem: str, ending: str, language: Language) -> str:
    """`stem` and `ending` as one word.

    Where the ending begins with an independent vowel and the stem ends in a vowel sign or virama
    of the pack's `elides`, that sign gives way: இரண்டு + ஆயிரம் is இரண்டாயிரம், രണ്ട് + ആം is
    രണ്ടാം, ಏಳು + ಅರಲ್ಲಿ is ಏಳರಲ್ಲಿ. The pack's `seams` go before that: what an end and a beginning
    become together (ം + ഇ is ത്തി); a "|" in one says where it is cut. Else they stand side by side
    in one word.
    """
    for seam in sorted(language.seams, key=len, reverse=True):
        at = seam.find("|")
        plain = seam.replace("|", "")
        for cut in [at] if at > 0 else range(1, len(plain)):
            end, begin = plain[:cut], plain[cut:]
            if stem.endswith(end) and ending.startswith(begin):
                return stem.removesuffix(end) + language.seams[seam] + ending.removeprefix(begin)
    if not ending or not stem or stem[-1] not in language.elides:
        return stem + ending
    sign = _sign(ending[0])
    return stem + ending if sign is None else stem[:-1] + sign + ending[1:]


def _sign(vowel: str) -> str | None:
    """The sign of an independent vowel ("" for the vowel that is not written), else None."""
    place = ord(vowel) % 0x80
    if ord(vowel) < 0x900 or not FIRST_VOWEL <= place <= LAST_VOWEL:
        return None
    if place == FIRST_VOWEL:
        return ""
    sign = chr(ord(vowel) + TO_SIGN)
    return sign if unicodedata.category(sign) in ("Mn", "Mc") else None
