"""Language packs: each loads, its examples hold, and a bad one says what is wrong with it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from dubber import languages
from dubber.errors import ConfigError, UnknownLanguageError
from dubber.languages import Language, read_pack
from dubber.schema import VISEMES
from dubber.text.scripts import script_of
from dubber.text.spoken import spoken_form

PACKS = languages.all_languages()
DEFAULTS = languages._toml(languages.folder() / "_defaults.toml")
SCRIPTS = languages._toml(languages.folder() / "_scripts.toml")


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [(lang, e.written, e.spoken) for lang in PACKS for e in lang.examples],
    ids=lambda value: getattr(value, "code", None),
)
def test_a_packs_examples_are_spoken_as_it_says(
    language: Language, written: str, spoken: str
) -> None:
    assert spoken_form(written, language) == unicodedata.normalize("NFC", spoken)


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
def test_a_pack_is_written_in_its_own_script(language: Language) -> None:
    assert script_of(language.native_name) == language.script
    assert all(unicodedata.digit(digit) == n for n, digit in enumerate(language.digits))
    assert set(language.visemes.values()) <= set(VISEMES)


@pytest.mark.parametrize(
    "name", ["ta", "TA", "tam", "Tamil", "தமிழ்", "ta-IN", "tam_Taml", " tamil "]
)
def test_a_language_is_found_by_any_of_its_names(name: str) -> None:
    assert languages.get(name).code == "ta"


def test_an_unknown_language_names_those_that_come_near() -> None:
    with pytest.raises(UnknownLanguageError, match=r"did you mean .*hi \(Hindi\)"):
        languages.get("hindu")


@pytest.mark.parametrize("language", PACKS, ids=lambda language: language.code)
@pytest.mark.parametrize("ipa", ["p", "pʰ", "b", "bʱ", "m", "mː", "ˈm"])
def test_lips_close_for_p_b_and_m_in_every_language(language: Language, ipa: str) -> None:
    assert language.viseme(ipa) == "bilabial"


GOOD = f"""
code = "xx"
name = "Test"
native_name = "Test"
script = "Latn"
letters = "{" ".join("abcdefghijklmnopqrstuvwxyz")}"
[codes]
iso639_3 = "xxx"
bcp47 = "xx"
[numbers]
words = {[f"w{n}" for n in range(100)]}
hundred = {{"*" = "{{}} hundred"}}
thousand = {{"*" = "{{}} thousand"}}
lakh = {{"*" = "{{}} lakh"}}
crore = {{"*" = "{{}} crore"}}
point = "point"
minus = "minus"
to = "{{}} to {{}}"
[dates]
months = {[f"m{n}" for n in range(1, 13)]}
[times]
hour = "{{h}}"
minutes = "{{h}} {{m}}"
am = "am"
pm = "pm"
[currency]
"$" = ["dollars"]
[[examples]]
written = "a"
spoken = "a"
"""


def read(tmp_path: Path, text: str) -> Language:
    path = tmp_path / "xx.toml"
    path.write_text(text, encoding="utf-8")
    return read_pack(path, defaults=DEFAULTS, scripts=SCRIPTS)


def test_what_a_pack_leaves_out_comes_from_its_script_and_the_defaults(tmp_path: Path) -> None:
    language = read(tmp_path, GOOD)
    assert language.fonts == tuple(SCRIPTS["Latn"]["fonts"])
    assert language.subtitles.line_chars == DEFAULTS["subtitles"]["line_chars"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('code = "xx"', "", "key code is missing"),
        ('code = "xx"', 'code = "yy"', "call the file yy.toml"),
        ('"Latn"', '"Klin"', "use one of"),
        ('iso639_3 = "xxx"', "", "codes.iso639_3 is missing"),
        ('bcp47 = "xx"', "bcp47 = 7", "codes.bcp47 is not a text"),
        ('name = "Test"', 'name = "Test"\nnmae = 1', "nmae is not a key"),
        ('name = "Test"', 'name = "Test"\ndigits = "123"', "ten digits"),
        ('[[examples]]\nwritten = "a"\nspoken = "a"', "", "key examples is missing"),
        ('spoken = "a"', "", "wrong type"),
        ("'w99'", "'w99', 'w100'", "numbers.words holds 101 words, not 100"),
        ('point = "point"', "", "numbers.point is missing"),
        ('point = "point"', "point = 7", "numbers.point has the wrong type"),
        ('point = "point"', 'pont = "point"', "numbers.pont is not a key"),
        ('point = "point"', 'point = "p"\nyears = "lunar"', "numbers.years is unknown"),
        ('point = "point"', 'point = "p"\nalso = ["w"]', "numbers.also has w"),
        ('{"*" = "{} lakh"}', '{"1" = "lakh"}', "numbers.lakh has no"),
        ("'m12'", "'m12', 7", "months is not a list of texts"),
        ('letters = "a ', 'letters = "', "letters holds 25 words, not 26"),
        ("[codes]", "[visemes]\nkiss = ['x']\n[codes]", "no mouth shape"),
        ('name = "Test"', "name = ", "not readable as TOML"),
    ],
)
def test_a_bad_pack_is_refused_with_its_file_key_and_cure(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=complaint) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert caught.value.subject == str(tmp_path / "xx.toml")
