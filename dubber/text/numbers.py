"""Whole numbers as words in the Indian grouping, and words as numbers, from a pack's own table."""

from __future__ import annotations

from functools import cache

from dubber.languages import Language, Numbers
from dubber.text.sandhi import join

LARGEST = 10**14 - 1  # just under one crore crore; more is read digit by digit
SCALES = (("crore", 10_000_000), ("lakh", 100_000), ("thousand", 1000), ("hundred", 100))


def words_of(number: int, language: Language) -> str:
    """A whole number in words: 1,25,000 is एक लाख पच्चीस हज़ार; beyond `LARGEST` digit by digit."""
    if number < 0:
        return f"{language.numbers.minus} {words_of(-number, language)}"
    if number > LARGEST:
        return digit_by_digit(str(number), language)
    numbers = language.numbers
    said: list[str] = []
    rest = number
    for scale, size in SCALES:
        many, rest = divmod(rest, size)
        if many:
            whole = _of_scale(scale, many, language)
            said.append(_going_on(whole, numbers) if rest else whole)
    if rest or not said:
        said.append(numbers.words[rest])
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


def _read(words: str, scale: int, language: Language) -> int | None:
    """The value of `words`, of which no part is of a scale above number `scale`."""
    if scale == len(SCALES):
        return _below_hundred(language).get(words)
    size = SCALES[scale][1]
    alone, going_on = _phrases(SCALES[scale][0], language)
    if words in alone:
        return alone[words] * size
    for length in sorted(_prefix_lengths(words), reverse=True):
        many = going_on.get(words[:length])
        if many is not None:
            rest = _read(words[length + 1 :], scale + 1, language)
            if rest is not None:
                return many * size + rest
    return _read(words, scale + 1, language)


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
