"""Words of one script in another, by their sound: names, loanwords, code-mixing.

Devanagari lies in between. What a reader of the target script would misread is put right: the
unwritten last vowel that Hindi does not say and a Tamil would, Tamil's nasals, Malayalam's chillus,
Gurmukhi's tippi. Latin is read as English spelling: good enough for a name or a brand, not for a
sentence; words that matter belong in `langs/_english.toml` or a pack's `words`.
"""

from __future__ import annotations

import unicodedata

import regex

from dubber.text import scripts_map
from dubber.text.scripts import script_of
from dubber.text.transliterate_tables import ARABIC_IN, ARABIC_OUT, LATIN_IN, LATIN_OUT, SIGNS

VIRAMA = "्"
CONSONANT = r"[\u0915-\u0939]\u093C?"
NUKTA = "़"
SPOKEN_A = "\ue000"  # stands, while a word is written, for the vowel that has no sign

#: Scripts whose readers say the vowel of a last bare consonant.
LAST_VOWEL_SAID = frozenset({"Taml", "Telu", "Knda", "Mlym", "Orya"})

#: A last bare consonant, whose vowel Hindi does not say; behind an obstruent r, y, v and n keep it
#: (नरेंद्र, मिश्र).
SILENT_LAST = (
    rf"((?:\p{{L}}|\p{{M}}){CONSONANT})(?![\p{{L}}\p{{M}}])"
    rf"(?<![\u0915-\u0928\u092A-\u092E\u0936-\u0939]{VIRAMA}[रयवनण])"
)

#: Tamil's and Malayalam's letters that other scripts lack.
SOUTHERN = str.maketrans("ऩऱऴ", "नरळ")

#: Scripts that write a nasal before a stop as a letter, not as a dot.
NASALS_WRITTEN = frozenset({"Taml", "Mlym"})

#: The nasal before a stop, by the row that the stop is in.
NASALS = {"क-घ": "ङ", "च-झ": "ञ", "ट-ढ": "ण", "त-ध": "न", "प-भ": "म"}

#: A Gurmukhi nasal is a tippi behind a bare consonant, a short i or u, and ū; else a bindi.
TIPPI_AFTER = r"(?<=[\u0A15-\u0A39\u0A3C\u0A3F\u0A41\u0A42\u0A05\u0A07])"

#: Scripts whose nukta means something else than a borrowed sound, or nothing.
NO_NUKTA = frozenset({"Taml", "Telu", "Knda", "Mlym", "Beng", "Orya"})

#: A dead Malayalam consonant at the end of a word or before another one (not one with which it is
#: one sign) is a chillu.
DEAD = r"(?:[രലളനണ]്(?![\p{M}യരലവട-ന])(?!(?<=(.)്)\1)|മ്(?![\p{L}\p{M}]))"

CHILLUS = {"ര്": "ർ", "ല്": "ൽ", "ള്": "ൾ", "ന്": "ൻ", "ണ്": "ൺ", "മ്": "ം"}


def transliterate(text: str, script: str) -> str:
    """`text`, a word or more in any script known, in `script` (ISO 15924). Unknown letters stay.

    Between two scripts of Latin and Arabic it goes through Devanagari too.
    """
    source = script_of(text)
    if source == script:
        return text
    if source == "Latn":
        devanagari = regex.sub(r"[\p{Latin}]+", lambda m: from_latin(m[0]), text)
    elif source == "Arab":
        devanagari = _from_arabic(text)
    else:
        devanagari = scripts_map.to_devanagari(text, source).translate(SOUTHERN)
        if source in LAST_VOWEL_SAID:  # a last vowel that is not said bears a virama there
            if script in LAST_VOWEL_SAID:
                return _in_brahmic(devanagari, script)
            devanagari = regex.sub(rf"({CONSONANT}){VIRAMA}(?!\p{{L}})", r"\1", devanagari)
    return from_devanagari(devanagari, script)


def from_devanagari(text: str, script: str) -> str:
    """Devanagari `text`, read as Hindi, in `script`."""
    if script == "Latn":
        return _spelled(text, LATIN_OUT, "a")
    if script == "Arab":
        spelled = _spelled(text, ARABIC_OUT, "")
        return regex.sub(r"ں(?=\p{L})", "ن", regex.sub(r"ے(?=\p{L})", "ی", spelled))
    if script in LAST_VOWEL_SAID:
        text = regex.sub(SILENT_LAST, rf"\1{VIRAMA}", text)
    return _in_brahmic(text, script)


def _in_brahmic(text: str, script: str) -> str:
    """Devanagari `text`, every vowel in it said, in a Brahmic `script`."""
    if script in NO_NUKTA:
        text = regex.sub(rf"(?<![डढ]){NUKTA}", "", text)
    if script in NASALS_WRITTEN:
        for row, nasal in NASALS.items():
            text = regex.sub(rf"[ंँ](?=[{row}])", nasal + VIRAMA, text)
    if script == "Taml":  # ऑ, फ and श as loanwords have them there
        text = regex.sub("[ंँ]", "न" + VIRAMA, text).replace("श", "ष").replace("फ़", "फ")
    if script == "Orya":
        text = text.replace("य", "य़").replace("य़़", "य़")
    text = scripts_map.from_devanagari(text, script)
    if script == "Mlym":
        text = regex.sub(DEAD, lambda match: CHILLUS[match[0]], text)
    if script == "Taml":  # ந begins a word or stands before த; else it is ன
        text = regex.sub(r"(?<=[\p{L}\p{M}])ந(?!்த)", "ன", text)
    if script == "Guru":
        text = regex.sub(r"\u0A4D(?![ਹਰਵ])", "", text)  # only h, r and v are written below
        text = regex.sub(TIPPI_AFTER + "\u0a02", "\u0a70", text)
    return unicodedata.normalize("NFC", text)


def _spelled(text: str, table: dict[str, str], inherent: str) -> str:
    """Devanagari letter by letter in an alphabet, the unwritten vowel in a word as `inherent`."""
    out = []
    letters = regex.findall(rf"{CONSONANT}|.", text)
    for place, letter in enumerate(letters):
        out.append(table.get(letter, table.get(letter.rstrip(NUKTA), letter)))
        following = letters[place + 1] if place + 1 < len(letters) else " "
        bare = regex.fullmatch(CONSONANT, letter) and not regex.match(r"(?![ंँः])\p{M}", following)
        if bare and regex.match(r"[\p{L}ंँः]", following):
            out.append(inherent)
    return "".join(out)


def _from_arabic(text: str) -> str:
    return "".join(ARABIC_IN.get(letter, letter) for letter in text)


def from_latin(word: str) -> str:
    """An English or romanised word in Devanagari, by its spelling: `sh` is श, `tion` is शन."""
    left = word.casefold()
    written = ""
    while left:
        piece = next((p for p in LATIN_IN if left.startswith(p)), left[0])
        left = left[len(piece) :]
        for letter in _sound(piece, left, written):
            written += _attached(letter, written)
    return written.replace(SPOKEN_A, "")


def _sound(piece: str, rest: str, before: str) -> str:
    """What a piece of English spelling sounds like between what was written and what follows."""
    at_end = not rest[:1].isalpha()
    if len(piece) == 1 and rest[:1] == piece and piece not in "aeiou":
        return ""  # a doubled letter is one sound
    if piece == "c" and rest[:1] in ("e", "i", "y"):
        return "स"
    if at_end and before:
        silent = piece == "e" and len(before) > 1 and _ends_in_consonant(before)
        return "" if silent else LAST.get(piece, LATIN_IN.get(piece, ""))
    if piece == "y" and _ends_in_consonant(before):
        return "इ"
    return LATIN_IN.get(piece, "")


LAST = {"a": "आ", "i": "ई", "u": "ऊ", "y": "ई", "e": "ए", "o": "ओ"}


def _attached(letter: str, before: str) -> str:
    """`letter` as it is written behind `before`: a vowel as its sign, a consonant joined."""
    follows = _ends_in_consonant(before)
    if letter in SIGNS:
        return (
            SIGNS[letter] + (SPOKEN_A if follows and letter == "अ" else "") if follows else letter
        )
    if regex.match(r"\p{M}", letter):
        return letter
    return VIRAMA + letter if follows else letter


def _ends_in_consonant(text: str) -> bool:
    return regex.search(rf"{CONSONANT}$", text) is not None
