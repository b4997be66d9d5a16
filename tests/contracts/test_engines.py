"""One suite per Protocol, run over every engine the registry knows.

An engine that no suite runs fails `test_every_engine_has_a_contract`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dubber import languages
from dubber.errors import DubError
from dubber.protocols import (
    FaceFinder,
    LipRenderer,
    Recognizer,
    Synthesizer,
    Translator,
)
from dubber.registry import EngineChoice, choose, open_engine, specs

PROTOCOLS: dict[str, Any] = {
    "asr": Recognizer,
    "mt": Translator,
    "tts": Synthesizer,
    "faces": FaceFinder,
    "lips": LipRenderer,
}
#: Their own tests make small ones: test_mt_indictrans2.py, gan/test_heard_painter.py.
NEEDS_A_MODEL = {"mt.indictrans2", "lips.heard"}


def names(kind: str) -> list[str]:
    return sorted(n for n, s in specs().items() if s.kind == kind and n not in NEEDS_A_MODEL)


def opened(name: str) -> Iterator[Any]:
    engine = open_engine(EngineChoice(specs()[name], ""), device="cpu", threads=2)
    yield engine
    getattr(engine, "close", lambda: None)()


@pytest.fixture(scope="module", params=names("asr"))
def recognizer(request: pytest.FixtureRequest) -> Iterator[Recognizer]:
    yield from opened(request.param)


@pytest.fixture(scope="module", params=names("mt"))
def translator(request: pytest.FixtureRequest) -> Iterator[Translator]:
    yield from opened(request.param)


@pytest.fixture(scope="module", params=names("tts"))
def synthesizer(request: pytest.FixtureRequest) -> Iterator[Synthesizer]:
    yield from opened(request.param)


@pytest.mark.parametrize("name", [n for n in sorted(specs()) if n not in NEEDS_A_MODEL])
def test_every_engine_opens_and_satisfies_its_protocol(name: str) -> None:
    for engine in opened(name):
        assert isinstance(engine, PROTOCOLS[specs()[name].kind])
        assert engine.name.startswith(name)


def test_silence_holds_no_speech(recognizer: Recognizer) -> None:
    silence = np.zeros(3 * 16_000, np.float32)
    assert recognizer.recognize(silence, language=languages.get("hi")) == []


def test_there_are_as_many_answers_as_sentences(translator: Translator) -> None:
    said = ["नमस्ते।", "आज मौसम अच्छा है।", "नमस्ते।"]
    answers = translator.translate(said, source="hi", target="ta", n_best=2)
    assert len(answers) == 3
    assert all(1 <= len(candidates) <= 2 for candidates in answers)
    assert all(candidates[0].text.strip() for candidates in answers)
    assert answers[0] == answers[2]  # the same sentence, the same answer
    for candidates in answers:
        scores = [candidate.score for candidate in candidates]
        assert scores == sorted(scores, reverse=True)


def test_nothing_in_gives_nothing_out(translator: Translator) -> None:
    assert translator.translate([], source="hi", target="ta") == []


def test_a_voice_speaks_in_time(synthesizer: Synthesizer) -> None:
    tamil = languages.get("ta")
    voice = synthesizer.voices(tamil)[0]
    speech = synthesizer.say("வணக்கம் நண்பர்களே", voice)
    length = len(speech.samples) / synthesizer.rate
    assert speech.samples.dtype == np.float32
    assert 0.01 < np.abs(speech.samples).max() <= 1.0
    starts = [phoneme.start for phoneme in speech.phonemes]
    assert starts == sorted(starts)
    assert speech.phonemes[-1].end <= length + 0.02
    assert all(phoneme.start < phoneme.end for phoneme in speech.phonemes)


def test_asked_to_hurry_a_voice_is_shorter(synthesizer: Synthesizer) -> None:
    voice = synthesizer.voices(languages.get("ta"))[0]
    calm, hurried = (
        len(synthesizer.say("வணக்கம் நண்பர்களே, எப்படி இருக்கிறீர்கள்?", voice, speed=s).samples)
        for s in (1.0, 1.3)
    )
    assert calm / 1.45 < hurried < calm / 1.15


def test_a_voice_that_can_say_nothing_says_so(synthesizer: Synthesizer) -> None:
    voice = synthesizer.voices(languages.get("ta"))[0]
    with pytest.raises(DubError):
        synthesizer.say("…", voice)


def test_an_engine_is_chosen_by_its_short_name_or_its_whole_one() -> None:
    assert choose("tts", "espeak", "auto") == choose("tts", "tts.espeak", "auto")
    assert choose("mt", "indictrans2:/models/it2", "auto").model == "/models/it2"
