from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dubber import languages
from dubber.engines import espeak_worker, tts_espeak
from dubber.engines.tts_espeak import Espeak
from dubber.errors import EngineError
from dubber.protocols import EngineContext, Speech, Synthesizer
from dubber.schema import Phoneme, Voice, Word

TAMIL = languages.get("ta")
LINE = "வணக்கம், இது ஒரு சோதனை."


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    engine = Espeak.open(EngineContext("", "auto", 0, Path))
    yield engine
    engine.close()


@pytest.fixture
def voice(espeak: Espeak) -> Voice:
    return espeak.voices(TAMIL)[0]


def seconds(speech: Speech, espeak: Espeak) -> float:
    return len(speech.samples) / espeak.rate


def test_it_is_a_synthesizer(espeak: Espeak) -> None:
    assert isinstance(espeak, Synthesizer)
    assert espeak.name == "tts.espeak"


def test_speech_is_audible_and_without_silence_around_it(espeak: Espeak, voice: Voice) -> None:
    speech = espeak.say(LINE, voice)
    assert speech.samples.dtype == np.float32
    assert 0.1 < np.abs(speech.samples).max() <= 1.0
    edge = round(0.03 * espeak.rate)
    assert np.abs(speech.samples[:edge]).max() > 0.003
    assert np.abs(speech.samples[-edge:]).max() > 0.003


def test_sounds_and_words_have_times_within_the_speech(espeak: Espeak, voice: Voice) -> None:
    speech = espeak.say(LINE, voice)
    assert [word.text for word in speech.words] == ["வணக்கம்", "இது", "ஒரு", "சோதனை"]
    assert speech.phonemes[0].ipa == "v"
    assert all(phoneme.ipa for phoneme in speech.phonemes)
    both: list[tuple[Phoneme | Word, ...]] = [speech.phonemes, speech.words]
    for spans in both:
        for span in spans:
            assert 0 <= span.start < span.end <= seconds(speech, espeak)
        assert [span.start for span in spans] == sorted(span.start for span in spans)
        assert all(a.end <= b.start + 0.02 for a, b in pairwise(spans))


@pytest.mark.parametrize(("code", "word"), [("bn", "বড়"), ("as", "ছয়"), ("or", "ୱାଟ")])
def test_a_letter_that_espeak_does_not_know_is_not_spelled_out(
    espeak: Espeak, code: str, word: str
) -> None:
    voice = espeak.voices(languages.get(code))[0]
    assert 2 <= len(espeak.say(word, voice).phonemes) <= 5


def test_the_pause_at_a_comma_is_a_gap_between_sounds(espeak: Espeak, voice: Voice) -> None:
    phonemes = espeak.say(LINE, voice).phonemes
    gaps = [b.start - a.end for a, b in pairwise(phonemes)]
    assert max(gaps) > 0.1


@pytest.mark.parametrize("speed", [0.9, 1.13, 1.25, 1.4])
def test_speed_divides_the_length(espeak: Espeak, voice: Voice, speed: float) -> None:
    natural = seconds(espeak.say(LINE, voice), espeak)
    faster = seconds(espeak.say(LINE, voice, speed=speed), espeak)
    assert natural / faster == pytest.approx(speed, rel=0.015)


def test_equal_words_give_equal_sound(espeak: Espeak, voice: Voice) -> None:
    first, second = espeak.say(LINE, voice), espeak.say(LINE, voice)
    assert np.array_equal(first.samples, second.samples)
    assert first.phonemes == second.phonemes


def test_pitch_follows_the_voice(espeak: Espeak) -> None:
    def fundamental(pitch: float) -> float:
        samples = espeak.say("aaaaaaaaaa", Voice("en", "en", pitch=pitch)).samples[4000:12_000]
        correlation = np.correlate(samples, samples, "full")[len(samples) :]
        return espeak.rate / (90 + int(np.argmax(correlation[90:400])))

    assert fundamental(1.3) / fundamental(1.0) == pytest.approx(1.3, rel=0.15)


def test_every_language_that_names_a_code_can_be_spoken(espeak: Espeak) -> None:
    spoken = [language for language in languages.all_languages() if espeak.voices(language)]
    assert len(spoken) >= 5
    for language in spoken:
        for voice in espeak.voices(language):
            assert len(espeak.say(language.native_name, voice).samples)


@pytest.mark.parametrize("text", ["", "…", " \n"])
def test_nothing_to_say_is_an_error_and_never_silence(
    espeak: Espeak, voice: Voice, text: str
) -> None:
    with pytest.raises(EngineError, match="nothing"):
        espeak.say(text, voice)


def test_no_text_is_a_command_to_the_engine(espeak: Espeak) -> None:
    voice = Voice("en", "en")
    plain = espeak.say("one two", voice)
    assert len(espeak.say("one two\0 three", voice).samples) > len(plain.samples) * 1.2
    loud = espeak.say("one\x01100A two", voice)
    assert len(loud.samples) > len(plain.samples)  # it is read, not obeyed
    assert len(espeak.say("a < b & c \ud800", voice).samples)


def test_an_unknown_voice_is_an_error_that_names_it(espeak: Espeak) -> None:
    with pytest.raises(EngineError, match="xx-nobody"):
        espeak.say(LINE, Voice("xx-nobody", "xx"))


def test_a_process_that_died_is_started_once_more(voice: Voice) -> None:
    engine = Espeak()
    try:
        before = engine.say(LINE, voice)
        assert engine._worker is not None
        os.kill(engine._worker._process.pid, signal.SIGKILL)
        assert np.array_equal(engine.say(LINE, voice).samples, before.samples)
    finally:
        engine.close()


def test_a_process_that_will_not_start_is_an_error_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "worker.py"
    broken.write_text("raise SystemExit('no data here')", encoding="utf-8")
    monkeypatch.setattr(tts_espeak, "WORKER", broken)
    with pytest.raises(EngineError, match="no data here"):
        Espeak()


def test_the_process_ends_with_its_engine() -> None:
    engine = Espeak()
    assert engine._worker is not None
    process = engine._worker._process
    engine.close()
    engine.close()
    assert process.returncode == 0


def _ended(process: Path) -> bool:
    """Whether a process is gone, or only waits for its parent to notice."""
    try:
        return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import os\n"
        "from dubber.engines.tts_espeak import Espeak\n"
        "print(Espeak()._worker._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(espeak_worker.__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=root
    )
    assert result.stdout.strip().isdigit()
    worker = Path("/proc") / result.stdout.strip()
    for _ in range(2000):
        if _ended(worker):
            break
        subprocess.run(["true"], check=True)
    else:
        pytest.fail("the worker outlived its parent")


def test_the_program_never_loads_the_library(espeak: Espeak, voice: Voice) -> None:
    espeak.say(LINE, voice)
    assert "libespeak" not in Path("/proc/self/maps").read_text(encoding="utf-8")
