"""The only reader of `langs/`: a language pack as a checked, frozen value.

A pack states its difference; what it leaves out comes from its script (`_scripts.toml`), and what
that leaves out from `_defaults.toml`. Packs are read when they are first asked for.
"""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from dubber.errors import ConfigError, UnknownLanguageError
from dubber.schema import VISEMES

T = TypeVar("T")

STRESS_AND_TONE = "ˈˌ.|‖ˑ˥˦˧˨˩̃ \u0303"
NEEDED = (
    *("code", "name", "native_name", "script", "codes", "numbers", "dates", "times", "currency"),
    *("letters", "examples"),
)
OPTIONAL = (
    *("aliases", "syllables_per_second", "syllables", "sources", "asr", "espeak", "units", "signs"),
    *("abbreviations", "words", "seams", "mends", "elides", "sentence_ends", "digits"),
    *("subtitles", "visemes", "fonts", "notes"),
)
SCALES = ("hundred", "thousand", "lakh", "crore")
YEARS = ("cardinal", "hundreds", "pairs")
TYPES: dict[type, str] = {str: "str", tuple: "tuple", dict: "Mapping"}
NEEDED_CODES = ("iso639_3", "bcp47")


@dataclass(frozen=True, slots=True)
class SubtitleLimits:
    """How much a reader takes; characters are grapheme clusters."""

    line_chars: int
    lines: int
    chars_per_second: float
    min_seconds: float
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Example:
    """A text as it is written and as it is spoken: documentation and test in one."""

    written: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number words. `words` are 0 to 99; a scale maps how many of it there are ("1", "2", … or "*"
    for all others) to what is said, `{}` standing for the number; `multipliers` are words that
    differ before a scale; `before` maps how a scale's words end to how they end when more follows.
    `suffixes` maps what may be written behind digits (वीं, வது) to what is said there, `exact`
    whole written numbers (1ला, ½) to theirs. `years`: cardinal, hundreds or pairs. `also` are those
    of `words` that say something else at the end of a clause (दो, "give")."""

    words: tuple[str, ...]
    hundred: Mapping[str, str]
    thousand: Mapping[str, str]
    lakh: Mapping[str, str]
    crore: Mapping[str, str]
    point: str
    minus: str
    to: str  # a range, 10-15, as "{} … {}"
    arab: Mapping[str, str] = field(default_factory=dict)  # a hundred crore, where it has a name
    multipliers: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    suffixes: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    scales: tuple[str, ...] = ()  # words behind a number that belong to it: ₹5 करोड़
    years: str = "cardinal"
    also: tuple[str, ...] = ()
    nought: str = ""  # before a year's single last digit, read in pairs: nineteen oh five


@dataclass(frozen=True, slots=True)
class Dates:
    """How a date is said: the months, the order in `date`, and the days where they are not plain
    numbers (31 of them, or none)."""

    months: tuple[str, ...]
    date: str = "{day} {month} {year}"
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """How a time of day is said: at the hour, with minutes, and with a word for its part of the
    day: `am` and `pm`, or finer `parts` by the hour they begin at. `oclock` are words that, behind
    a time, are already said by it."""

    hour: str
    minutes: str
    am: str
    pm: str
    part: str = "{part} {time}"
    half: str = ""  # half past {h}, where a language has its own way
    parts: Mapping[str, str] = field(default_factory=dict)  # hour (0-23) from which a part begins
    oclock: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `codes` maps an engine family to its own code; `asr_decode_as` and
    `asr_script_recovery` say how a recogniser that cannot spell it is helped ("" where none is)."""

    code: str
    name: str
    native_name: str
    aliases: tuple[str, ...]
    script: str
    codes: Mapping[str, str]
    sentence_ends: str
    digits: str
    syllables_per_second: float
    subtitles: SubtitleLimits
    numbers: Numbers
    dates: Dates
    times: Times
    currency: Mapping[str, tuple[str, ...]]  # sign to unit, hundredth, and one unit
    letters: tuple[str, ...]  # the names of the Latin letters
    espeak_letters: Mapping[str, str] = field(default_factory=dict)  # ours to those it knows
    asr_decode_as: str = ""
    asr_script_recovery: str = ""
    fonts: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)  # behind a number
    signs: Mapping[str, str] = field(default_factory=dict)  # anywhere
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(
        default_factory=dict
    )  # Latin words and acronyms, in lower case
    seams: Mapping[str, str] = field(default_factory=dict)  # an end and a beginning, joined
    mends: Mapping[str, str] = field(default_factory=dict)  # in read-out text, plainly replaced
    syllables: str = "akshara"  # the rule of text/syllables.py
    elides: str = ""  # final signs that give way to a vowel (text/sandhi.py)
    visemes: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def __hash__(self) -> int:
        return hash(self.code)

    def viseme(self, ipa: str) -> str:
        """The mouth shape of a sound: by the longest key that begins it; "mid" for a stranger."""
        sound = "".join(c for c in ipa if c not in STRESS_AND_TONE)
        for length in range(len(sound), 0, -1):
            shape = self.visemes.get(sound[:length])
            if shape:
                return shape
        return "mid"


def get(name: str) -> Language:
    """The language called `name`: a code, a name or an alias, in any case: ta, tam, Tamil, தமிழ்,
    ta-IN, tam_Taml. UnknownLanguageError names those that come near."""
    names = _names()
    found = names.get(_plain(name))
    if found is None:
        near = difflib.get_close_matches(_plain(name), names, n=3, cutoff=0.5)
        codes = sorted({names[other].code for other in near})
        cure = "did you mean " + ", ".join(f"{c} ({get(c).name})" for c in codes) + "?"
        raise UnknownLanguageError(
            f"unknown language {name!r}", cure=cure if codes else "see `dub languages`"
        )
    return found


def all_languages() -> tuple[Language, ...]:
    """Every language there is a pack for, by code."""
    return load_folder(folder())


def scripts() -> dict[str, str]:
    """Every language's script (ISO 15924), by its code."""
    return {language.code: language.script for language in all_languages()}


def english_words() -> Mapping[str, str]:
    """English words and names as they sound, in Devanagari: what all packs share."""
    return _english(folder() / "_english.toml")


@functools.cache
def _english(path: Path) -> Mapping[str, str]:
    words = _texts(path, "words", _toml(path).get("words", {}))
    return {word.casefold(): said for word, said in words.items()}


def folder() -> Path:
    """Where the packs lie: in the package, or at the top of a checkout."""
    inside = Path(__file__).with_name("langs")
    return inside if inside.is_dir() else Path(__file__).parent.parent / "langs"


@functools.cache
def load_folder(path: Path) -> tuple[Language, ...]:
    """The packs in a folder of the same shape as `langs/`. ConfigError names file, key and cure."""
    defaults = _toml(path / "_defaults.toml")
    scripts = _toml(path / "_scripts.toml")
    packs = sorted(p for p in path.glob("*.toml") if not p.name.startswith("_"))
    return tuple(read_pack(pack, defaults=defaults, scripts=scripts) for pack in packs)


def read_pack(path: Path, *, defaults: Mapping[str, Any], scripts: Mapping[str, Any]) -> Language:
    """The language in `path`, completed from its script and the defaults."""
    own = _toml(path)
    for key in NEEDED:
        if key not in own:
            raise _wrong(path, key, "is missing", "add it; docs/adding-a-language.md says what")
    for key in own:
        if key not in (*NEEDED, *OPTIONAL):
            raise _wrong(path, key, "is not a key of a pack", "take it out, or mend its spelling")
    if own["code"] != path.stem:
        raise _wrong(path, "code", f"is {own['code']!r}", f"call the file {own['code']}.toml")
    if own["script"] not in scripts:
        known = ", ".join(sorted(scripts))
        raise _wrong(path, "script", f"{own['script']!r} is unknown", f"use one of {known}")
    for key in NEEDED_CODES:
        if key not in own["codes"]:
            raise _wrong(path, f"codes.{key}", "is missing", "add it")
    merged = {**defaults, **scripts[own["script"]], **own, "name": own["name"]}
    merged["subtitles"] = {**defaults["subtitles"], **own.get("subtitles", {})}
    merged["visemes"] = {
        shape: [*defaults["visemes"].get(shape, ()), *own.get("visemes", {}).get(shape, ())]
        for shape in {*defaults["visemes"], *own.get("visemes", {})}
    }
    try:
        return _language(path, merged)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"a value has the wrong type ({error})",
            subject=path,
            cure="compare it with another pack",
        ) from error


def _language(path: Path, value: Mapping[str, Any]) -> Language:
    asr = value.get("asr", {})
    if len(value["digits"]) != 10:
        raise _wrong(path, "digits", "does not hold ten digits", "give them from zero to nine")
    if not value["examples"]:
        raise _wrong(path, "examples", "is empty", "add [[examples]]: they are the pack's tests")
    return Language(
        code=value["code"],
        name=value["name"],
        native_name=value["native_name"],
        aliases=tuple(value.get("aliases", ())),
        script=value["script"],
        codes=_texts(path, "codes", value["codes"]),
        sentence_ends=value["sentence_ends"],
        digits=value["digits"],
        syllables_per_second=float(value["syllables_per_second"]),
        subtitles=SubtitleLimits(**value["subtitles"]),
        espeak_letters=_texts(path, "espeak.letters", value.get("espeak", {}).get("letters", {})),
        asr_decode_as=asr.get("decode_as", ""),
        asr_script_recovery=asr.get("script_recovery", ""),
        fonts=tuple(value.get("fonts", ())),
        numbers=_numbers(path, value["numbers"]),
        dates=_dates(path, value["dates"]),
        times=_record(Times, path, "times", value["times"]),
        currency={
            sign: _strings(path, f"currency.{sign}", units)
            for sign, units in value["currency"].items()
        },
        letters=_strings(path, "letters", value["letters"].split(), 26),
        units=_texts(path, "units", value.get("units", {})),
        signs=_texts(path, "signs", value.get("signs", {})),
        abbreviations=_texts(path, "abbreviations", value.get("abbreviations", {})),
        words={
            word.casefold(): said
            for word, said in _texts(path, "words", value.get("words", {})).items()
        },
        syllables=value["syllables"],
        elides=value.get("elides", ""),
        seams=_texts(path, "seams", value.get("seams", {})),
        mends=_texts(path, "mends", value.get("mends", {})),
        visemes=_sounds(path, value["visemes"]),
        examples=tuple(Example(e["written"], e["spoken"]) for e in value["examples"]),
    )


def _numbers(path: Path, table: Mapping[str, Any]) -> Numbers:
    numbers = _record(Numbers, path, "numbers", table)
    _strings(path, "numbers.words", table["words"], 100)
    for scale in SCALES:
        if "*" not in getattr(numbers, scale) and len(getattr(numbers, scale)) < 9:
            raise _wrong(path, f"numbers.{scale}", 'has no "*"', 'add "*" = "{} …" for all others')
    if numbers.years not in YEARS:
        raise _wrong(path, "numbers.years", "is unknown", f"use one of {', '.join(YEARS)}")
    for word in numbers.also:
        if word not in numbers.words:
            raise _wrong(path, "numbers.also", f"has {word}", "name some of numbers.words")
    return numbers


def _dates(path: Path, table: Mapping[str, Any]) -> Dates:
    dates = _record(Dates, path, "dates", table)
    _strings(path, "dates.months", table["months"], 12)
    if dates.days:
        _strings(path, "dates.days", table["days"], 31)
    return dates


def _record(kind: type[T], path: Path, key: str, table: Mapping[str, Any]) -> T:
    """`table` as a `kind`, each value of the type its field has: text, texts or table of texts."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise _wrong(path, f"{key}.{name}", "is not a key of a pack", "take it out or mend it")
        if isinstance(value, dict):
            value = _texts(path, f"{key}.{name}", value)
        elif isinstance(value, list):
            value = _strings(path, f"{key}.{name}", value)
        if not str(known[name].type).startswith(TYPES.get(type(value), "-")):
            raise _wrong(path, f"{key}.{name}", "has the wrong type", "compare with another pack")
        values[name] = value
    for name, of in known.items():
        if name not in values and of.default is MISSING and of.default_factory is MISSING:
            raise _wrong(path, f"{key}.{name}", "is missing", "add it")
    return kind(**values)


def _strings(path: Path, key: str, value: Any, count: int | None = None) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _wrong(path, key, "is not a list of texts", 'write it as ["…", "…"]')
    if count is not None and len(value) != count:
        raise _wrong(path, key, f"holds {len(value)} words, not {count}", "add or take out")
    return tuple(value)


def _texts(path: Path, key: str, table: Mapping[str, Any]) -> dict[str, str]:
    for name, text in table.items():
        if not isinstance(text, str):
            raise _wrong(path, f"{key}.{name}", "is not a text", "put it in quotes")
    return dict(table)


def _sounds(path: Path, table: Mapping[str, list[str]]) -> dict[str, str]:
    for shape in table:
        if shape not in VISEMES:
            known = ", ".join(VISEMES)
            raise _wrong(path, f"visemes.{shape}", "is no mouth shape", f"use one of {known}")
    return {sound: shape for shape, sounds in table.items() for sound in sounds}


@functools.cache
def _names() -> dict[str, Language]:
    names: dict[str, Language] = {}
    for language in all_languages():
        for name in (
            language.code,
            language.name,
            language.native_name,
            *language.aliases,
            *language.codes.values(),
        ):
            names.setdefault(_plain(name), language)
    for language in all_languages():  # a code is never another language's alias
        names[language.code] = language
    return names


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", "-")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not readable as TOML ({error})", subject=path) from error
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", subject=path, cure="install the package again"
        ) from error


def _wrong(path: Path, key: str, what: str, cure: str) -> ConfigError:
    return ConfigError(f"key {key} {what}", subject=path, cure=cure)
