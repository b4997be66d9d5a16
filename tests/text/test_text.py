"""Text of any language: sentences, characters as readers count them, numbers in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubber import languages
from dubber.errors import ConfigError
from dubber.languages import Language
from dubber.text import graphemes, sentences, syllables
from dubber.text.normalize import normalize
from dubber.text.scripts import script_of

PACKS = languages.all_languages()
HINDI, TAMIL, ENGLISH = (languages.get(code) for code in ("hi", "ta", "en"))
INDIC = st.text(alphabet="नमस्तेकि।? \u200dதமிழ்ab, ", max_size=80)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a.b@c.co.in पर लिखो। ठीक?", ["a.b@c.co.in पर लिखो।", "ठीक?"]),
        ("https://x.org/a?b=1&c.d देखो", ["https://x.org/a?b=1&c.d देखो"]),
        ("see example.org/x?y. Then go", ["see example.org/x?y.", "Then go"]),
        ("www.x.in? हाँ", ["www.x.in?", "हाँ"]),
        ("It ends.We go", ["It ends.", "We go"]),
        ("घर गया।फिर आया", ["घर गया।", "फिर आया"]),
    ],
)
def test_a_sentence_does_not_end_within_an_address(text: str, pieces: list[str]) -> None:
    assert sentences.split(text, HINDI) == pieces


def test_a_sentence_does_not_end_at_an_abbreviation_an_initial_or_a_decimal_point() -> None:
    text = "डॉ. शर्मा आए। क्या आप 3.5 किलो लेंगे? हाँ।"
    assert sentences.split(text, HINDI) == [
        "डॉ. शर्मा आए।",
        "क्या आप 3.5 किलो लेंगे?",
        "हाँ।",
    ]
    assert sentences.split("Dr. A. Rao is here. He waits.", ENGLISH) == [
        "Dr. A. Rao is here.",
        "He waits.",
    ]


@given(INDIC)
def test_splitting_loses_nothing(text: str) -> None:
    joined = "".join("".join(sentences.split(text, HINDI)).split())
    assert joined == "".join(text.split())


@given(INDIC, st.integers(min_value=30, max_value=60))
def test_pieces_for_an_engine_lose_nothing_and_stay_small(text: str, limit: int) -> None:
    pieces = sentences.chunks(text, HINDI, max_bytes=limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    single = max((len(c.encode()) for c in graphemes.clusters(text)), default=0)
    assert all(len(piece.encode()) <= max(limit, single) for piece in pieces)


@given(INDIC, st.integers(min_value=1, max_value=20))
def test_lines_break_at_no_place_within_a_character(text: str, width: int) -> None:
    lines = graphemes.wrap(text, width)
    assert all(len(graphemes.clusters(line)) <= width for line in lines)
    whole = [c for word in text.split() for c in graphemes.clusters(word)]
    assert [c for line in lines for w in line.split() for c in graphemes.clusters(w)] == whole


def test_a_tamil_letter_with_its_vowel_sign_is_one_character() -> None:
    assert graphemes.clusters("தமிழ்") == ["த", "மி", "ழ்"]


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [("नमस्ते दोस्तों", HINDI, 5), ("வணக்கம்", TAMIL, 3), ("hello my friend", ENGLISH, 4)],
)
def test_syllables_are_counted_by_akshara_or_by_vowels(
    text: str, language: Language, wanted: int
) -> None:
    assert syllables.count(text, language) == wanted


def test_a_rule_that_nobody_knows_is_named() -> None:
    with pytest.raises(ConfigError, match="no syllable rule is called 'moras'"):
        syllables.count("नमस्ते", replace(HINDI, syllables="moras"))


def test_silence_has_no_syllables() -> None:
    assert syllables.count(" …", HINDI) == 0


@pytest.mark.parametrize(
    ("text", "script"),
    [("नमस्ते 12", "Deva"), ("வணக்கம் ok", "Taml"), ("hello", "Latn"), ("12 …", "Zyyy")],
)
def test_the_script_of_a_text_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_normal_form_joins_what_is_written_apart_and_keeps_joiners() -> None:
    assert normalize("क\u093c  \ufeffख", HINDI) == "क़ ख"
    assert "\u200d" in normalize("क्\u200dष", HINDI)
