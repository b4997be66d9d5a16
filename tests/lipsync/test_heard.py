"""The mouth that is heard, and its training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.errors import EngineError
from dubber.lipsync import heard as heard_module
from dubber.lipsync.heard import CARD, FILE, Ear, Heard, closures
from dubber.lipsync.heard_fit import EarRecipe, Talk, fit, held_out
from dubber.lipsync.mel import BANDS, RATE, log_mel
from dubber.lipsync.shape import MouthRange
from dubber.weights import locate


def babble(seconds: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A buzz whose loudness is an opening: samples, and the opening 25 times a second."""
    rng = np.random.default_rng(seed)
    count = round(seconds * 25)
    opening = np.clip(np.convolve(rng.normal(0, 1, count + 4), np.ones(5) / 5, "valid"), 0, None)
    clock = np.arange(round(seconds * RATE)) / RATE
    loud = np.interp(clock, np.arange(count) / 25, opening)
    buzz = sum(np.sin(2 * np.pi * 140 * k * clock) / k for k in range(1, 20))
    return (0.2 * loud * buzz).astype(np.float32), opening


def talk(seed: int) -> Talk:
    samples, opening = babble(3.0, seed)
    shapes = np.column_stack([0.3 * opening, 1.5 + 0.1 * opening, opening, opening])
    return Talk(log_mel(samples), np.arange(len(opening)) / 25, shapes.astype(np.float32))


@pytest.fixture(scope="module")
def ear() -> Ear:
    return fit([talk(n) for n in range(12)], EarRecipe(hidden=24, epochs=40, copies=1))


def test_a_log_mel_shows_a_tone_in_its_band() -> None:
    clock = np.arange(RATE) / RATE
    low, high = (
        log_mel(np.sin(2 * np.pi * hertz * clock).astype(np.float32)) for hertz in (200, 3000)
    )
    assert low.shape == (100, BANDS)
    assert low[50].argmax() < 8
    assert high[50].argmax() > 22
    assert log_mel(np.zeros(0, np.float32)).shape == (0, BANDS)


def test_the_ear_learns_a_mouth_from_its_sound(ear: Ear) -> None:
    opening, _ = held_out(ear, [talk(n) for n in range(100, 104)])
    assert opening > 0.8


def test_an_ear_is_written_and_read_again(ear: Ear, tmp_path: Path) -> None:
    ear.save(tmp_path / "ear.npz")
    again = Ear.load(tmp_path / "ear.npz")
    samples, _ = babble(1.0, 5)
    assert np.abs(again.hear(samples) - ear.hear(samples)).max() < 0.02
    (tmp_path / "bad.npz").write_bytes(b"no network")
    with pytest.raises(EngineError):
        Ear.load(tmp_path / "bad.npz")


def test_a_long_sound_is_heard_the_same_in_pieces(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, _ = babble(5.3, 6)
    whole = ear.hear(samples)
    monkeypatch.setattr(heard_module, "BLOCK", 2 * RATE)
    assert len(whole) == 530
    pieces = ear.hear(samples)
    assert len(pieces) == 530
    assert np.abs(pieces - whole)[5:-5].max() < 0.05


def test_silence_is_a_resting_mouth(ear: Ear) -> None:
    assert not ear.hear(np.zeros(RATE, np.float32)).any()
    assert ear.hear(np.zeros(0, np.float32)).shape == (0, 2)


def test_a_few_words_in_a_long_silence_are_heard_as_they_are_alone(ear: Ear) -> None:
    words, _ = babble(3.0, 7)
    alone = ear.hear(words)
    hiss = np.random.default_rng(0).normal(0, 1e-4, 280 * RATE).astype(np.float32)
    long = np.concatenate([hiss[: 90 * RATE], 0.1 * words, hiss[90 * RATE :]])
    heard = ear.hear(long)
    assert np.abs(heard[9005:9295] - alone[5:295]).mean() < 0.05
    assert np.abs(heard[1000:8000, 0]).mean() < np.abs(alone[:, 0]).mean() / 2


def test_lips_close_where_the_ear_hears_them_before_a_burst() -> None:
    mouth = np.full((100, 2), 0.5, np.float32)
    mouth[45:48, 0] = 0.1
    assert closures(mouth, [0.52]) == [0.45]
    drive = Heard(mouth, closed=[0.45], start=2.0)
    usual = MouthRange(0.0, 0.4, 1.4, 1.3, 1.5, np.zeros((2, 3), np.float32))
    late = Heard(mouth, closed=[2.45], start=2.0)
    times = np.array([1.0, 2.2, 2.45, 2.6, 9.0])
    opening = late.shapes(times, usual)[:, 0]
    assert opening[0] == opening[2] == opening[4] == 0
    assert opening[1] == pytest.approx(0.2)
    assert list(drive.closed_at()) == [0.45]


def test_the_shipped_ear_opens_for_a_vowel_and_not_in_silence() -> None:
    ear = Ear.load(locate(CARD) / FILE)
    clock = np.arange(2 * RATE) / RATE
    voice = np.zeros(len(clock))
    for k in range(1, 40):  # an [a]: formants at 750, 1200 and 2600 Hz
        hertz = 120 * k
        gain = sum(1 / (1 + ((hertz - f) / 90) ** 2) for f in (750, 1200, 2600))
        voice += gain * np.sin(2 * np.pi * hertz * clock)
    voice *= 0.05 * ((clock > 0.7) & (clock < 1.3))
    opening = ear.hear(voice.astype(np.float32))[:, 0]
    assert opening[95:105].mean() > opening[:40].mean() + 0.3
    assert opening[:40].mean() < 0.2
