"""English set apart into words and marks as IndicTrans2 was trained to see it, and back.

After the tokenizer and detokenizer of Moses (Koehn et al., ACL 2007), in our own words, without its
escapes and its other languages.
"""

from __future__ import annotations

import string

import regex

#: Words whose full stop does not end a sentence; those in `NUMBERED` only before a number.
SHORT = frozenset(
    (
        *("Adj", "Adm", "Adv", "Asst", "Bart", "Bldg", "Brig", "Bros", "Capt", "Cmdr", "Col"),
        *("Comdr", "Con", "Corp", "Cpl", "DR", "Dr", "Drs", "Ens", "Gen", "Gov", "Hon", "Hr"),
        *("Hosp", "Insp", "Lt", "MM", "MR", "MRS", "MS", "Maj", "Messrs", "Mlle", "Mme", "Mr"),
        *("Mrs", "Ms", "Msgr", "Op", "Ord", "Pfc", "Ph", "Prof", "Pvt", "Rep", "Reps", "Res"),
        *("Rev", "Rt", "Sen", "Sens", "Sfc", "Sgt", "Sr", "St", "Supt", "Surg", "v", "vs", "i.e"),
        *("rev", "e.g", "Rs", "Nos", "Nr", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug"),
        *("Sep", "Oct", "Nov", "Dec", *string.ascii_uppercase),
    )
)
NUMBERED = frozenset(("No", "Art", "pp"))

STEPS = tuple(
    (regex.compile(pattern), replacement)
    for pattern, replacement in (
        (r"([^\p{L}\p{M}\p{N}\s.'`,\-])", r" \1 "),
        (r"(\.{2,})", r" \1 "),
        (r"([^\p{N}]),", r"\1 , "),
        (r",([^\p{N}])", r" , \1"),
        (r"(\p{N}),$", r"\1 , "),
        (r"([^\p{L}])'([^\p{L}])", r"\1 ' \2"),
        (r"([^\p{L}\p{N}])'(\p{L})", r"\1 ' \2"),
        (r"(\p{L})'([^\p{L}])", r"\1 ' \2"),
        (r"(\p{L})'(\p{L})", r"\1 '\2"),
        (r"(\p{N})'(s)", r"\1 '\2"),
    )
)
RIGHT = regex.compile(r"[\p{Sc}(\[{¿¡]+")
LEFT = regex.compile(r"[,.?!:;\\%}\])]+")
CONTRACTION = regex.compile(r"'\p{L}.*")
QUOTE = regex.compile(r"['\"`]+")


def apart(text: str) -> str:
    """The words and marks of an English `text`, with spaces between them."""
    for pattern, replacement in STEPS:
        text = pattern.sub(replacement, text)
    words = text.split()
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if len(word) > 1 and word.endswith(".") and not word.endswith(".."):
            words[place] = word if _stays(word[:-1], following) else f"{word[:-1]} ."
    return str(regex.sub(r"\.' ?$", " . ' ", " ".join(words))).strip()


def _stays(word: str, following: str) -> bool:
    """Whether a full stop behind `word` belongs to it."""
    if "." in word and any(letter.isalpha() for letter in word):
        return True
    if word in SHORT or following[:1].islower():
        return True
    return word in NUMBERED and following[:1].isdigit()


def together(text: str) -> str:
    """`apart` undone as far as it can be known: quotes open and close in turn."""
    written, gap = "", " "
    open_quotes: dict[str, bool] = {}
    words = text.split()
    for place, word in enumerate(words):
        closes = QUOTE.fullmatch(word) is not None and open_quotes.get(word, False)
        owns = word == "'" and place > 0 and words[place - 1].endswith("s") and not closes
        if RIGHT.fullmatch(word):
            written, gap = written + gap + word, ""
        elif LEFT.fullmatch(word) or (place and CONTRACTION.fullmatch(word)) or owns:
            written, gap = written + word, " "
        elif QUOTE.fullmatch(word):
            written, gap = written + (word if closes else gap + word), " " if closes else ""
            open_quotes[word] = not closes
        else:
            written, gap = written + gap + word, " "
    return written.strip()
