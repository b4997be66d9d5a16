"""IndicTrans2's engine, on a checkpoint of the published shape and random numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dubber.engines.mt_indictrans2 import MtIndicTrans2
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext, Translator
from dubber.translation.convert import convert
from tests.translation import tiny

FLORES = {"hi": "hin_Deva", "ta": "tam_Taml", "en": "eng_Latn", "te": "tel_Telu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("indictrans2")
    tiny.indictrans2(home / "indictrans2-indic-indic-dist-320M")
    return convert(home / "indictrans2-indic-indic-dist-320M", home / "out")


@pytest.fixture(scope="module")
def engine(folder: Path) -> MtIndicTrans2:
    return MtIndicTrans2(folder, flores=FLORES, threads=1)


def test_it_is_a_translator(engine: MtIndicTrans2) -> None:
    assert isinstance(engine, Translator)


def test_an_indic_model_does_not_do_english(engine: MtIndicTrans2) -> None:
    assert engine.supports("hi", "ta")
    assert not engine.supports("en", "hi")
    assert not engine.supports("hi", "en")
    assert not engine.supports("hi", "hi")
    assert not engine.supports("hi", "te")  # the dictionary has no tag for Telugu
    with pytest.raises(UnavailableError, match="en to hi"):
        engine.translate(["home"], source="en", target="hi")


def test_every_sentence_is_answered_in_order_best_first(engine: MtIndicTrans2) -> None:
    sentences = ["यह एक घर है।", "🙂", "", "नाव नदी में है।"]
    answers = engine.translate(sentences, source="hi", target="ta", n_best=3)
    assert len(answers) == 4
    assert answers[1][0].text == "🙂"
    assert answers[2][0].text == ""
    for candidates in (answers[0], answers[3]):
        assert candidates
        assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)
        assert all(c.text and c.score < 0 for c in candidates)
    assert answers == engine.translate(sentences, source="hi", target="ta", n_best=3)


def test_its_words_come_out_in_the_target_script(engine: MtIndicTrans2) -> None:
    text = engine.translate(["मैं घर जाता हूँ।"], source="hi", target="ta")[0][0].text
    assert not any("\u0900" <= letter <= "\u0963" for letter in text)


def test_without_weights_it_says_how_to_get_them() -> None:
    context = EngineContext("", "cpu", 1, lambda name: Path(name))
    with pytest.raises(UnavailableError, match="converter"):
        MtIndicTrans2.open(context)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        MtIndicTrans2(tmp_path, flores=FLORES)
