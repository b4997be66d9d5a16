"""The only reader of `langs/`: a language pack as a checked, frozen value.

A pack states its difference; what it leaves out comes from its script (`_scripts.toml`), and what
that leaves out from `_defaults.toml`. Packs are read when they are first asked for.
"""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dubber.errors import ConfigError, UnknownLanguageError
from dubber.schema import VISEMES

STRESS_AND_TONE = "ˈˌ.|‖ˑ˥˦˧˨˩̃ \u0303"
NEEDED = ("code", "name", "native_name", "script", "codes", "examples")
OPTIONAL = (
    *("aliases", "syllables_per_second", "sources", "asr", "spoken", "abbreviations"),
    *("corrections", "sentence_ends", "digits", "subtitles", "visemes", "fonts", "notes"),
)
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
    asr_decode_as: str = ""
    asr_script_recovery: str = ""
    fonts: tuple[str, ...] = ()
    spoken: Mapping[str, str] = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    corrections: Mapping[str, str] = field(default_factory=dict)
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
        asr_decode_as=asr.get("decode_as", ""),
        asr_script_recovery=asr.get("script_recovery", ""),
        fonts=tuple(value.get("fonts", ())),
        spoken=_texts(path, "spoken", value.get("spoken", {})),
        abbreviations=_texts(path, "abbreviations", value.get("abbreviations", {})),
        corrections=_texts(path, "corrections", value.get("corrections", {})),
        visemes=_sounds(path, value["visemes"]),
        examples=tuple(Example(e["written"], e["spoken"]) for e in value["examples"]),
    )


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
