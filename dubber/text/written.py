"""What is written in digits, in words: dates, times, telephone numbers, money, measures, numbers.

Each rule is a pattern and a reading of it, applied one after the other; what a rule reads has no
digit left for the next. Dates are day, month, year, as India writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import regex

from dubber.languages import Language
from dubber.text.normalize import ascii_digits
from dubber.text.numbers import LARGEST, digit_by_digit, words_of, year_words
from dubber.text.sandhi import join

LETTER = r"[\p{L}\p{M}]"
ALONE, ENDS = r"(?<![\p{L}\p{M}\p{N}])", r"(?![\p{L}\p{M}\p{N}])"
NUMBER = r"(?:\d{1,3}(?:,\d{2,3})+|\d+)(?:\.\d+)?"
DASH = r"\s?[-\u2010-\u2015]\s?"
LONG_RUN = 9  # digits without a comma; more are an identifier

Rule = Callable[[str, Language], str]


def read_out(text: str, language: Language) -> str:
    """`text` with everything in digits written out in the words of `language`."""
    text = ascii_digits(text)
    for rule in (_exact, _dates, _times, _telephones, _money, _ranges, _numbers):
        text = rule(text, language)
    return text


def _exact(text: str, language: Language) -> str:
    """Written numbers that are said as a whole: 1ला, ½."""
    exact = language.numbers.exact
    if not exact:
        return text
    return regex.sub(
        rf"(?<![\p{{L}}\p{{M}}\p{{N}}/.,:]){_any(exact)}(?![\p{{L}}\p{{M}}\p{{N}}/]|[.,]\d)",
        lambda match: exact[match[0]],
        text,
    )


def _dates(text: str, language: Language) -> str:
    def said(match: regex.Match[str]) -> str:
        day, month = int(match["day"]), int(match["month"])
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return match[0] if len(match["year"]) == 2 else regex.sub(r"[/.-]", " ", match[0])
        dates = language.dates
        return dates.date.format(
            day=dates.days[day - 1] if dates.days else words_of(day, language),
            month=dates.months[month - 1],
            year=year_words(int(match["year"]), language),
        )

    year_last = r"(?P<day>\d{1,2})(?P<by>[/.-])(?P<month>\d{1,2})(?P=by)(?P<year>\d{4})"
    short_year = r"(?P<day>\d{1,2})(?P<by>/)(?P<month>\d{1,2})/(?P<year>\d{2})"
    year_first = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    for pattern in (year_first, year_last, short_year):
        text = regex.sub(rf"(?<![\d./-]){pattern}(?![\d/]|[.-]\d)", said, text)
    return text


def _times(text: str, language: Language) -> str:
    times = language.times

    def said(match: regex.Match[str]) -> str:
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        if hour > 24 or minute > 59:
            return match[0].replace(":", " ")
        time = _clock(hour, minute, language)
        part = _part_of_day(hour, (match["half"] or "").replace(".", "").lower(), language)
        return times.part.format(part=part, time=time) if part else time

    half = r"(?P<half>[aApP](?:\.[mM]\.?|[mM]))"
    word = rf"[ ]?{_any(times.oclock)}{ENDS}" if times.oclock else ""
    clock = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    dotted = r"(?P<hour>\d{1,2})\.(?P<minute>\d{2})"
    patterns = [
        rf"{dotted}\s?{half}(?!{LETTER})",
        rf"{clock}(?:\s?{half}(?!{LETTER}))?{f'(?:{word})?' if word else ''}",
        rf"(?P<hour>\d{{1,2}})(?P<minute>)\s?{half}(?!{LETTER})",
    ]
    if word:  # southern papers write 10.30 with the word for the hour
        dotted += "(?P<half>)"
        patterns[1:1] = [rf"{dotted}{word}", rf"{dotted}(?=[ ]?{_any(times.oclock)})"]
    for pattern in patterns:
        text = regex.sub(rf"(?<![\d.,:]){pattern}(?![\d:])", said, text)
    return text


def _clock(hour: int, minute: int, language: Language) -> str:
    times, hours = language.times, words_of(hour, language, counting=hour > 1)
    if times.half and minute == 30 and hour >= 1:
        if times.half.startswith("{h}") and not times.half.startswith("{h} "):
            return join(hours, times.half.removeprefix("{h}"), language)
        return times.half.format(h=hours)
    if minute:
        return times.minutes.format(h=hours, m=words_of(minute, language))
    return times.hour.format(h=hours)


def _part_of_day(hour: int, half: str, language: Language) -> str:
    """What is said for am or pm at an hour; "" for neither."""
    if not half:
        return ""
    times = language.times
    hour = hour % 12 + (12 if half == "pm" else 0)
    begun = [int(start) for start in times.parts if int(start) <= hour]
    if begun:
        return times.parts[str(max(begun))]
    return times.am if half == "am" else times.pm


def _telephones(text: str, language: Language) -> str:
    """Indian mobile, toll-free and land-line numbers, digit by digit; the country code too."""

    def said(match: regex.Match[str]) -> str:
        plus = f"{language.signs['+']} " if match[0][0] == "+" and "+" in language.signs else ""
        groups = regex.findall(r"\d+", match[0])
        return plus + " ".join(digit_by_digit(group, language) for group in groups)

    mobile = r"(?:\+91[\s-]?|0)?[6-9]\d{4}[\s-]?\d{5}"
    toll_free = r"1[89]00[\s-]\d{2,4}[\s-]\d{3,4}"
    land_line = r"0\d{2,4}-\d{6,8}"
    return regex.sub(
        rf"(?<![\d,.]){_group(mobile, toll_free, land_line)}(?![\d,]\d|\d)", said, text
    )


def _money(text: str, language: Language) -> str:
    """A sum with its unit behind it; ₹12.50 in rupees and paise, ₹5 करोड़ with the crore first."""
    if not language.currency:
        return text

    def said(match: regex.Match[str]) -> str:
        unit, hundredth, one, *_ = (*language.currency[match["sign"]], "", "")
        whole, _, part = match["number"].partition(".")
        scale = match["scale"]
        if scale:
            return f"{said_number(match)} {scale} {unit}"
        if match["last"]:
            return f"{said_number(match)} {unit}"
        if len(part) == 2 and hundredth:
            paise = f" {_count(part, language)} {hundredth}" if int(part) else ""
            return f"{sum_of(whole, unit, one)}{paise}"
        return sum_of(match["number"], unit, one)

    def said_number(match: regex.Match[str]) -> str:
        if match["last"]:
            ends = (_count(match[name], language) for name in ("number", "last"))
            return language.numbers.to.format(*ends)
        return _count(match["number"], language)

    def sum_of(number: str, unit: str, one: str) -> str:
        return f"{_count(number, language)} {one if number == '1' and one else unit}"

    scales = rf"(?:\s?(?P<scale>{_any(language.numbers.scales)}){ENDS})?"
    scale = scales if language.numbers.scales else "(?P<scale>)"
    sign = rf"(?P<sign>{_any(language.currency)})"
    number = rf"(?P<number>{NUMBER})"
    last = rf"(?:{DASH}(?P<last>{NUMBER}))?"
    text = regex.sub(rf"(?<!{LETTER}){sign}\s?{number}{last}(?:/-)?{scale}", said, text)
    return regex.sub(rf"(?<![\d.,]){number}(?P<last>)(?P<scale>)\s?{sign}(?!{LETTER})", said, text)


def _ranges(text: str, language: Language) -> str:
    """10-15 with the words between; the numbers themselves are read by the next rule."""
    ends = rf"(?<![\p{{L}}\p{{M}}\d.,-])({NUMBER}){DASH}({NUMBER})(?![\d-]|[.,]\d)"
    to = language.numbers.to

    def said(match: regex.Match[str]) -> str:
        if match[1] == match[2]:  # पाँच-पाँच: each its five
            return f"{match[1]} {match[2]}"
        return to.format(match[1], match[2])

    text = regex.sub(ends, said, text)
    minus = language.numbers.minus
    return regex.sub(r"(?<![^\s(])[-\u2212](?=\d)", f"{minus} ", text)


def _numbers(text: str, language: Language) -> str:
    units, suffixes = language.units, language.numbers.suffixes
    tails = []
    if units:
        tails.append(rf"\s?(?P<unit>{_any(units)})(?!{LETTER})")
    if suffixes:
        tails.append(rf"-?(?P<suffix>{_any(suffixes)})(?!{LETTER})")
    tail = f"(?:{'|'.join(tails)})?" if tails else ""

    def said(match: regex.Match[str]) -> str:
        found = match.groupdict()
        unit, suffix = found.get("unit"), found.get("suffix")
        number = found["number"]
        if unit:
            counted = _count(number, language)
            named = units[unit]
            words = named.format(counted) if "{}" in named else f"{counted} {named}"
        elif suffix:
            words = join(_bare(number, language), suffixes[suffix], language)
        else:
            words = _bare(number, language)
        left, right = (" " if found[side] is not None else "" for side in ("joined", "follows"))
        return left + words + right

    # a letter or its hyphen before (G20, कोविड-19), or a letter after (4G), stays apart
    before = rf"(?P<joined>(?<={LETTER})-?)?"
    after = rf"(?P<follows>-?(?={LETTER}))?"
    return regex.sub(rf"{before}(?P<number>{NUMBER}){tail}{after}", said, text)


def _count(number: str, language: Language) -> str:
    return amount(number, language, counting=True)


def amount(number: str, language: Language, *, counting: bool = False) -> str:
    """A number as it is written (1,25,000 or 3.50) in words; `counting`: before what is counted."""
    whole, _, part = number.partition(".")
    digits = whole.replace(",", "")
    runs_on = "," not in whole and len(digits) > LONG_RUN
    if (len(digits) > 1 and digits[0] == "0") or runs_on or int(digits) > LARGEST:
        said = digit_by_digit(digits, language)
    else:
        said = words_of(int(digits), language, counting=counting and not part)
    if part:
        said = f"{said} {language.numbers.point} {digit_by_digit(part, language)}"
    return said


def _bare(number: str, language: Language) -> str:
    """A number that nothing explains: four digits may be a year."""
    if len(number) == 4 and number.isdigit() and 1100 <= int(number) <= 2099:
        return year_words(int(number), language)
    return amount(number, language)


def _any(keys: Iterable[str]) -> str:
    """A pattern for any of `keys`, the longest first."""
    return _any_of(tuple(keys))


@cache
def _any_of(keys: tuple[str, ...]) -> str:
    return _group(*(regex.escape(key) for key in sorted(keys, key=len, reverse=True)))


def _group(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"
