"""IndicTrans2's engine, on a checkpoint of the published shape and random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dubber.engines.asr_whisper import Whisper
from dubber.engines.ct2_device import device_of
from dubber.engines.mt_compact import MtCompact
from dubber.engines.mt_indictrans2 import MtIndicTrans2
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext, Translator
from dubber.schema import Candidate
from dubber.translation.convert import convert
from dubber.translation.indic_wire import IndicWire, open_indic
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
    with pytest.raises(UnavailableError, match="dub weights get"):
        MtIndicTrans2.open(context)


def test_where_no_gpu_is_the_processor_is_taken_unless_a_gpu_was_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 0)
    auto = MtIndicTrans2.open(EngineContext(str(folder), "auto", 1, Path))
    assert auto.translate(["नाव"], source="hi", target="ta")[0][0].text
    engines: list[Any] = [MtIndicTrans2, MtCompact, Whisper]
    for engine in engines:
        with pytest.raises(UnavailableError, match="no GPU; give --device cpu") as caught:
            engine.open(EngineContext(str(folder), "cuda", 1, Path))
        assert engine.name in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "found", "taken"),
    [("auto", 0, "cpu"), ("auto", 2, "cuda"), ("cpu", 2, "cpu"), ("cuda", 1, "cuda")],
)
def test_a_gpu_is_taken_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, asked: str, found: int, taken: str
) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: found)
    assert device_of("it", asked) == taken


def test_a_gpu_without_its_libraries_is_one_line_with_a_cure(folder: Path) -> None:
    class Broken:
        device = "cuda"

        def translate_batch(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")

    engine = MtIndicTrans2(folder, flores=FLORES, threads=1)
    engine._models[0].__dict__["_translator"] = Broken()
    with pytest.raises(EngineError, match=r"this cuda \(Library libcublas.*--device cpu") as caught:
        engine.translate(["नाव"], source="hi", target="ta")
    assert caught.value.exit_code == 69


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        MtIndicTrans2(tmp_path, flores=FLORES)


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two models, into English and out of it."""
    home = tmp_path_factory.mktemp("both")
    for direction in ("indic-en", "en-indic"):
        tiny.indictrans2(home / "in" / direction)
        convert(home / "in" / direction, home / "out" / direction, direction=direction)
    return home / "out"


def test_without_a_model_of_its_own_a_pair_goes_through_english(both_ways: Path) -> None:
    engine = MtIndicTrans2(both_ways, flores=FLORES, threads=1)
    assert engine.supports("hi", "en") and engine.supports("en", "ta")
    assert engine.supports("hi", "ta")
    assert not engine.supports("hi", "te")
    sentences = ["यह एक घर है।", "🙂"]
    (found, kept) = engine.translate(sentences, source="hi", target="ta", n_best=3)
    english = engine.translate(sentences[:1], source="hi", target="en")[0][0]
    onward = engine.translate([english.text], source="en", target="ta", n_best=3)[0]
    assert [c.text for c in found] == [c.text for c in onward]
    assert [c.score for c in found] == pytest.approx([c.score + english.score for c in onward])
    assert kept[0].text == "🙂"


def test_a_model_of_the_pair_goes_before_english(folder: Path, both_ways: Path) -> None:
    direct = MtIndicTrans2(folder, flores=FLORES, threads=1)
    three = both_ways.parent / "three"
    three.mkdir()
    for place in (folder, both_ways / "indic-en", both_ways / "en-indic"):
        (three / place.name).symlink_to(place)
    engine = MtIndicTrans2(three, flores=FLORES, threads=1)

    def best(one: MtIndicTrans2) -> list[list[Candidate]]:
        return one.translate(["नाव"], source="hi", target="ta", n_best=2)

    assert best(engine) == best(direct)


def test_a_sentence_longer_than_the_model_takes_is_cut_and_not_cut_off(
    engine: MtIndicTrans2, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dubber.engines import mt_indictrans2

    seen: list[str] = []
    original = open_indic

    def noting(text: str, **settings: Any) -> IndicWire:
        if settings.get("masks", True):
            seen.append(text)
        return original(text, **settings)

    monkeypatch.setattr(mt_indictrans2, "open_indic", noting)
    long = "राम घर जाता है, " * 100
    (answer,) = engine.translate([long], source="hi", target="ta")
    assert answer[0].text
    assert len(seen) > 1
    assert " ".join(seen).split() == long.split()


def test_placeholders_come_back_or_the_model_sees_what_stood_there(
    engine: MtIndicTrans2, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dubber.engines import mt_indictrans2

    beam = mt_indictrans2._Model._beam
    for said, wanted in (("a < ID1 > b", "a 12/05/2024 b"), ("a b", "a b")):

        def fixed(
            model: Any, wires: Sequence[IndicWire], n_best: int, said: str = said
        ) -> list[list[Candidate]]:
            return [[Candidate(said, -1.0)] for _ in beam(model, wires, n_best)]

        monkeypatch.setattr(mt_indictrans2._Model, "_beam", fixed)
        (answer,) = engine.translate(["12/05/2024 को आया"], source="hi", target="ta")
        assert answer[0].text == wanted
