"""What is not a translator's business: pictures, and words in another language's letters.

A model that meets an emoji drops it, and one that meets letters it never saw makes something up.
Both are kept from it, and stand in the translation as they stood in the source. Latin letters
within a sentence are its own affair: an engine knows best what it makes of an English word.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from dubber.languages import Language
from dubber.text.scripts import script_of

#: Emoji with what joins and colours them, flags, and notes of music; not ©, ® and ™.
PICTURE = regex.compile(
    r"(?:(?=[\u2190-\U0010ffff])[\p{Extended_Pictographic}\p{Regional_Indicator}\u2669-\u266f]"
    r"[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]*)+"
)

RUN = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+")
LATIN = "Latn"


@dataclass(frozen=True, slots=True)
class Aside:
    """A sentence without its pictures: those before its first word and those behind it."""

    before: str
    text: str
    after: str

    def around(self, translation: str) -> str:
        """`translation` with the pictures in place."""
        return " ".join(part for part in (self.before, translation, self.after) if part)


def set_aside(sentence: str) -> Aside:
    """`sentence` apart from its pictures. Those within it move behind it: a translation has other
    words in another order."""
    lead = regex.match(rf"\s*(?:{PICTURE.pattern}\s*)+", sentence)
    rest = sentence[lead.end() :] if lead else sentence
    return Aside(
        "".join(PICTURE.findall(lead[0])) if lead else "",
        regex.sub(r"\s+", " ", PICTURE.sub(" ", rest)).strip(),
        "".join(PICTURE.findall(rest)),
    )


def foreign_words(text: str, language: Language) -> list[str]:
    """The runs of letters in `text` of which none is the language's own or Latin."""
    own = (language.script, LATIN)
    return [
        word
        for word in RUN.findall(text)
        if not any(script_of(letter) in own for letter in word)
        and any(letter.isalpha() for letter in word)
    ]


def is_foreign(text: str, language: Language) -> bool:
    """Whether `text` has letters and none is of the language's own script."""
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and not any(script_of(letter) == language.script for letter in letters)
