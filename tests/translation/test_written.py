"""The corpus of spoken sentences: whole, split, and read as pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dubber import languages
from dubber.errors import DataError
from dubber.translation.corpus import own_share
from dubber.translation.score import read_set
from dubber.translation.wire import NUMBER
from dubber.translation.written import is_written, pairs, sentences

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "spoken"
SCRIPTS = {language.code: language.script for language in languages.all_languages()}


def test_one_sentence_in_ten_of_every_topic_is_held_out_and_none_is_on_both_sides() -> None:
    kept = [texts["hi"] for texts in sentences(CORPUS, held_out=False)]
    held_out = [texts["hi"] for texts in sentences(CORPUS, held_out=True)]
    assert len(held_out) / (len(kept) + len(held_out)) == pytest.approx(0.1, abs=0.01)
    assert set(kept).isdisjoint(held_out)


def test_every_sentence_is_in_its_own_script_and_has_the_same_digits() -> None:
    for held_out in (False, True):
        for texts in sentences(CORPUS, held_out=held_out):
            assert {"hi", "ta"} <= set(texts)
            for language, text in texts.items():
                assert own_share(text, SCRIPTS[language]) > 0.99, text
                assert sorted(NUMBER.findall(text)) == sorted(NUMBER.findall(texts["hi"])), text


def test_no_hindi_sentence_stands_there_twice() -> None:
    said = [texts["hi"] for side in (False, True) for texts in sentences(CORPUS, held_out=side)]
    assert len(said) == len(set(said))


def test_pairs_are_of_the_part_to_train_on(tmp_path: Path) -> None:
    rows = [f"t-{n:03}\tहिंदी {n}।\tதமிழ் {n}.\t{'x' if n == 2 else ''}" for n in range(1, 11)]
    (tmp_path / "t.tsv").write_text("\n".join(["id\thi\tta\ten", *rows]), encoding="utf-8")
    assert is_written(tmp_path)
    found = list(pairs(tmp_path, languages=("hi", "ta", "en")))
    assert sum((p.a, p.b) == ("hi", "ta") for p in found) == 9
    assert [(p.text_a, p.text_b) for p in found if p.b == "en"] == [
        ("हिंदी 2।", "x"),
        ("தமிழ் 2.", "x"),
    ]
    assert read_set(tmp_path, "ta", "hi", None) == (["தமிழ் 10."], ["हिंदी 10।"])


def test_a_line_that_lost_a_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("id\thi\tta\nt-001\tएक\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        list(sentences(tmp_path, held_out=False))
