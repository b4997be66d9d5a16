"""Latin letters in a text that is spoken in another language: acronyms, brands, addresses."""

from __future__ import annotations

import unicodedata

import regex

from dubber.languages import Language, english_words
from dubber.text.transliterate import LAST_VOWEL_SAID, from_devanagari, transliterate

ADDRESS = regex.compile(
    r"(?:https?://)?(?:www\.)?[A-Za-z0-9_.+-]+(?:@[A-Za-z0-9-]+)?(?:\.[a-z]{2,})+(?:/[\w./?=&%-]*)?"
)
WORD = regex.compile(r"(?:[A-Z]\.){2,}|[A-Za-z\u00C0-\u024F]+(?:['’][A-Za-z]+)?")
ACRONYM = regex.compile(r"[A-Z]{2,6}s?")
PARTS = regex.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]")
CAMEL = regex.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]")


def read_addresses(text: str, language: Language) -> str:
    """E-mail and web addresses as they are read aloud: name ऐट example डॉट कॉम."""
    return ADDRESS.sub(lambda match: _address(match[0], language), text)


def read_words(text: str, language: Language) -> str:
    """Latin words as the language's reader says them: from the pack, from the shared list, an
    acronym letter by letter, else by its spelling. A language written in Latin keeps its words."""
    return WORD.sub(lambda match: say(match[0], language), text)


def say(word: str, language: Language) -> str:
    """One Latin word in the letters of `language`."""
    plain = word.replace(".", "").replace("’", "'")
    known = language.words.get(plain.casefold())
    if known is not None:
        return known
    native = language.script == "Latn"
    if native:
        return _letters(plain, language) if "." in word else word
    shared = english_words().get(plain.casefold())
    if shared is not None:
        return from_devanagari(_open_e(shared, language.script), language.script)
    if len(plain) == 1 or ACRONYM.fullmatch(plain) or "." in word:
        return _letters(plain.rstrip("s") if plain[0].isupper() else plain, language)
    pieces = CAMEL.findall(plain)
    if len(pieces) > 1:
        return " ".join(say(piece, language) for piece in pieces)
    return transliterate(_plain_latin(plain), language.script)


def _open_e(word: str, script: str) -> str:
    """English's open e (app) is ऐ where Hindi is read; a southern or eastern ऐ is a diphthong."""
    if script in LAST_VOWEL_SAID or script == "Beng":
        return word.replace("ऐ", "ए").replace("ै", "े")
    return word


def _letters(word: str, language: Language) -> str:
    gap = " " if language.script == "Latn" else ""
    return gap.join(language.letters[ord(letter) - ord("a")] for letter in word.lower())


def _plain_latin(word: str) -> str:
    """Without accents and apostrophes: naïve, McDonald's."""
    split = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in split if letter.isascii() and letter.isalpha())


MARKS = {".": "dot", "/": "slash", "@": "at", "-": "dash", "_": "underscore", "+": "plus"}


def _address(address: str, language: Language) -> str:
    plain = address.removeprefix("https://").removeprefix("http://").removeprefix("www.")
    end = plain.rstrip("./?&=-")
    words = [
        say(MARKS[part], language) if part in MARKS else part
        for part in PARTS.findall(end)
        if part.isalnum() or part in MARKS
    ]
    return " ".join(words) + ("." if plain[len(end) :] == "." else "")
