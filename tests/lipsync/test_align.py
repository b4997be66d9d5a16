"""Sounds of a text found in a speech."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dubber import languages
from dubber.engines.tts_espeak import Espeak
from dubber.lipsync import align as align_module
from dubber.lipsync.align import align
from dubber.media.loudness import resampled
from dubber.protocols import EngineContext, Speech
from dubber.weights import locate

TEXT = "मेरे पास बहुत किताबें हैं और पानी भी"


@pytest.fixture(scope="module")
def voice() -> Iterator[Espeak]:
    engine = Espeak.open(EngineContext("", "cpu", 1, locate))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spoken(voice: Espeak) -> Speech:
    return voice.say(TEXT, voice.voices(languages.get("hi"))[0])


def heard_late(spoken: Speech, rate: int, pause_after: float) -> tuple[np.ndarray, float]:
    """0.7 s of hush, the speech with 0.5 s of hush within, and hush again, at 16 kHz."""
    rng = np.random.default_rng(0)
    cut = round(pause_after * rate)
    parts: list[np.ndarray] = [
        np.zeros(round(0.7 * rate)),
        spoken.samples[:cut],
        np.zeros(round(0.5 * rate)),
        spoken.samples[cut:],
        np.zeros(round(0.4 * rate)),
    ]
    whole = np.concatenate(parts) + rng.normal(0, 2e-4, sum(len(part) for part in parts))
    return resampled(whole.astype(np.float32), rate=rate, target=16_000), pause_after


def test_every_sound_is_found_where_it_is_heard(voice: Espeak, spoken: Speech) -> None:
    pause = spoken.words[3].start
    samples, _ = heard_late(spoken, voice.rate, pause)
    found = align(spoken, voice.rate, samples)
    assert [sound.ipa for sound in found] == [sound.ipa for sound in spoken.phonemes]
    due = np.array(
        [p.start + 0.7 + (0.5 if p.start >= pause - 1e-3 else 0) for p in spoken.phonemes]
    )
    off = np.abs(np.array([sound.start for sound in found]) - due)
    assert np.median(off) < 0.02
    assert np.percentile(off, 90) < 0.06


def test_another_voice_that_speaks_slower_is_followed(voice: Espeak, spoken: Speech) -> None:
    other = voice.say(TEXT, voice.voices(languages.get("hi"))[1], speed=0.8)
    samples = resampled(other.samples, rate=voice.rate, target=16_000)
    found = align(spoken, voice.rate, samples)
    assert len(found) == len(other.phonemes)
    off = np.abs(np.array([a.start - b.start for a, b in zip(found, other.phonemes, strict=True)]))
    assert np.median(off) < 0.03


def test_a_long_speech_is_laid_in_a_band(
    voice: Espeak, spoken: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = resampled(spoken.samples, rate=voice.rate, target=16_000)
    whole = align(spoken, voice.rate, samples)
    monkeypatch.setattr(align_module, "CELLS", 100)
    monkeypatch.setattr(align_module, "NARROWEST", 60)
    banded = align(spoken, voice.rate, samples)
    off = [abs(a.start - b.start) for a, b in zip(whole, banded, strict=True)]
    assert np.median(off) < 0.02


def test_nothing_is_found_in_silence(voice: Espeak, spoken: Speech) -> None:
    assert align(spoken, voice.rate, np.zeros(16_000, np.float32)) == ()
