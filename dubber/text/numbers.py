"""Whole numbers as words in the Indian grouping, and words as numbers, from a pack's own table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import regex

from dubber.languages import Language, Numbers
from dubber.text.normalize import ascii_digits
from dubber.text.sandhi import join

LARGEST = 10**14 - 1  # just under one crore crore; more is read digit by digit
WORD = regex.compile(r"(?:\p{L}|\p{M}|[\u200c\u200d])+")
STARTS = r"(?<![\p{L}\p{M}])"
FIGURES = regex.compile(r"\d+(?:,\d+)*(?:\.\d+)?")
MOST_WORDS = 9  # ninety nine crore ninety nine lakh … is longer, and said by nobody
FIGURES_FROM = 11  # what a speaker reads as easily in figures; those below stand in words
GOES_ON = regex.compile(r"(?:\s+|[-‐‑–])(?=[\p{L}\p{N}])")  # दो लोग, दो-तिहाई, दो 18 वर्षीय
STEM = 3  # letters of a number word that an ending leaves alone
SCALES = (
    ("arab", 1_000_000_000),
    ("crore", 10_000_000),
    ("lakh", 100_000),
    ("thousand", 1000),
    ("hundred", 100),
)


def words_of(number: int, language: Language, *, counting: bool = False) -> str:
    """A whole number in words: 1,25,000 is एक लाख पच्चीस हज़ार; beyond `LARGEST` digit by digit.

    `counting`: as before what is counted (இருபத்தொரு ரூபாய்), where that differs.
    """
    if number < 0:
        return f"{language.numbers.minus} {words_of(-number, language)}"
    if number > LARGEST:
        return digit_by_digit(str(number), language)
    numbers = language.numbers
    said: list[str] = []
    rest = number
    for scale, size in _scales(language):
        many, rest = divmod(rest, size)
        if many:
            whole = _of_scale(scale, many, language)
            said.append(_going_on(whole, numbers) if rest else whole)
    if rest or not said:
        word = numbers.words[rest]
        counted = counting and (rest == number or rest > 1)
        said.append(numbers.multipliers.get(str(rest), word) if counted else word)
    return " ".join(said)


def digit_by_digit(digits: str, language: Language) -> str:
    """Each of `digits` (0-9) by its name: telephone numbers, decimals, long runs."""
    return " ".join(language.numbers.words[int(digit)] for digit in digits)


def year_words(year: int, language: Language) -> str:
    """A year as the language says it: whole, by hundreds (उन्नीस सौ सैंतालीस) or in pairs
    (nineteen forty seven), as `numbers.years` names."""
    numbers = language.numbers
    high, low = divmod(year, 100)
    if numbers.years == "pairs" and 1100 <= year <= 2099 and year // 10 != 200:
        if not low:
            return f"{numbers.words[high]} {numbers.hundred['*'].format('').strip()}"
        gap = f"{numbers.nought} " if low < 10 else ""
        return f"{numbers.words[high]} {gap}{numbers.words[low]}"
    if numbers.years == "hundreds" and 1100 <= year <= 1999:
        hundreds = _of_scale("hundred", high, language)
        return f"{_going_on(hundreds, numbers)} {numbers.words[low]}" if low else hundreds
    return words_of(year, language)


def number_of(words: str, language: Language) -> int | None:
    """The number under a hundred crore that `words` say, as `words_of` writes it; else None."""
    words = " ".join(words.split())
    if words == language.numbers.words[0]:
        return 0
    return _read(words, 0, language)


def numbers_in(text: str, language: Language) -> list[str]:
    """The numbers in `text`, in figures (no grouping) and in words, each as ASCII figures.

    The word for one is left out: in most languages it is the article too. Words that happen to
    sound like a number (Hindi दो, "give") are counted as one.
    """
    said = [str(word.value) for word in _in_words(text, language)]
    return figures_in(text) + said


def figures_in(text: str) -> list[str]:
    """The numbers that stand in figures in `text`, without their grouping."""
    return [figures.replace(",", "") for figures in FIGURES.findall(ascii_digits(text))]


def numbers_meant(text: str, language: Language) -> list[str]:
    """`numbers_in`, but without words that may say something else (see `in_figures`)."""
    return figures_in(text) + [str(w.value) for w in _in_words(text, language) if w.meant]


def in_figures(text: str, language: Language) -> str:
    """`text` with the numbers that it says in words, but for one, written in figures.

    Words that may say something else at the end of a clause (Hindi दो, "give"; the pack's `also`)
    only where another word or figures follow at once.
    """
    done, begun = "", 0
    for word in _in_words(text, language):
        if word.meant:
            done += text[begun : word.start] + str(word.value)
            begun = word.end
    return done + text[begun:]


def numbers_lost(source: str, said: str, spoken: Language, target: Language) -> list[str]:
    """The numbers meant in `source`, written in `spoken`, that do not stand in `said`, in `target`.

    A number word with an ending (இரண்டையும்) counts as kept, and so does one in figures; the
    beginning of another number (இரண்டாயிரம், 2000) does not.
    """
    there = numbers_in(said, target)
    others = said
    for word in reversed(list(_in_words(said, target))):
        others = others[: word.start] + others[word.end :]
    lost = []
    for number in numbers_meant(source, spoken):
        if number in there:
            there.remove(number)
        elif not _inflected(number, others, target):
            lost.append(number)
    return lost


@dataclass(frozen=True, slots=True)
class _InWords:
    """A number that a text says in words, where, and whether it can mean nothing else there."""

    value: int
    start: int
    end: int
    meant: bool


def _in_words(text: str, language: Language) -> Iterator[_InWords]:
    words = list(WORD.finditer(text))
    said = [match[0].casefold() for match in words]
    place = 0
    while place < len(words):
        value, used = _longest(said[place : place + MOST_WORDS], language)
        if value is not None and value != 1:
            start, end = words[place].start(), words[place + used - 1].end()
            also = " ".join(said[place : place + used]) in language.numbers.also
            meant = not also or GOES_ON.match(text, end) is not None
            yield _InWords(value, start, end, meant)
        place += used


def _longest(words: list[str], language: Language) -> tuple[int | None, int]:
    """The number that the most of the first of `words` say, and how many words that took."""
    if words[0] in _openers(language):
        for length in range(len(words), 0, -1):
            value = number_of(" ".join(words[:length]), language)
            if value is not None:
                return value, length
    return None, 1


@cache
def _openers(language: Language) -> frozenset[str]:
    """The words a number may begin with."""
    phrases = [*language.numbers.words]
    for scale, _ in _scales(language):
        for of_scale in _phrases(scale, language):
            phrases += of_scale
    return frozenset(phrase.split()[0] for phrase in phrases)


def _inflected(number: str, said: str, language: Language) -> bool:
    if not number.isdigit() or int(number) > LARGEST:
        return False
    forms = {words_of(int(number), language, counting=counting) for counting in (False, True)}
    stems = [form[:-1] if len(form) > STEM else form for form in forms]
    return any(regex.search(rf"{STARTS}{regex.escape(stem)}", said) for stem in stems)


def _read(words: str, scale: int, language: Language) -> int | None:
    """The value of `words`, of which no part is of a scale above number `scale`."""
    scales = _scales(language)
    if scale == len(scales):
        return _below_hundred(language).get(words)
    name, size = scales[scale]
    alone, going_on = _phrases(name, language)
    if words in alone:
        return alone[words] * size
    for length in sorted(_prefix_lengths(words), reverse=True):
        many = going_on.get(words[:length])
        if many is not None:
            rest = _read(words[length + 1 :], scale + 1, language)
            if rest is not None:
                return many * size + rest
    return _read(words, scale + 1, language)


@cache
def _scales(language: Language) -> tuple[tuple[str, int], ...]:
    """The scales that the language has words for, the largest first."""
    return tuple(scale for scale in SCALES if getattr(language.numbers, scale[0]))


def _prefix_lengths(words: str) -> list[int]:
    return [place for place, letter in enumerate(words) if letter == " "]


@cache
def _below_hundred(language: Language) -> dict[str, int]:
    return {words: value for value, words in enumerate(language.numbers.words) if value}


@cache
def _phrases(scale: str, language: Language) -> tuple[dict[str, int], dict[str, int]]:
    """What is said for 1, 2, … of a scale: when nothing follows, and when something does."""
    most = 9 if scale == "hundred" else 99
    alone = {_of_scale(scale, many, language): many for many in range(1, most + 1)}
    return alone, {_going_on(words, language.numbers): many for words, many in alone.items()}


def _of_scale(scale: str, many: int, language: Language) -> str:
    """`many` of a scale, with nothing after it: दो सौ, இரண்டாயிரம்."""
    numbers = language.numbers
    forms = getattr(numbers, scale)
    exact = forms.get(str(many))
    if exact is not None:
        return str(exact)
    pattern: str = forms["*"]
    if many > 99:
        return pattern.format(words_of(many, language))
    multiplier = numbers.multipliers.get(str(many), numbers.words[many])
    if pattern.startswith("{}") and not pattern.startswith("{} "):
        return join(numbers.words[many], pattern.removeprefix("{}"), language)
    return pattern.format(multiplier)


def _going_on(words: str, numbers: Numbers) -> str:
    """A scale's words as they are when more follows: நூறு becomes நூற்று."""
    for ending in sorted(numbers.before, key=len, reverse=True):
        if words.endswith(ending):
            return words.removesuffix(ending) + numbers.before[ending]
    return words
