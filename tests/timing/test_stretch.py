from __future__ import annotations

import numpy as np
import pytest

from dubber.timing.stretch import stretch

RATE = 22_050


def tone(hertz: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    clock = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * clock)).astype(np.float32)


@pytest.mark.parametrize("factor", [0.9, 1.03, 1.08, 1.4])
def test_length_is_exact_and_pitch_is_kept(factor: float) -> None:
    before = tone(300.0, 1.5)
    after = stretch(before, factor=factor, rate=RATE)
    assert len(after) == round(len(before) / factor)
    assert after.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(after * np.hanning(len(after))))
    assert np.argmax(spectrum) * RATE / len(after) == pytest.approx(300.0, abs=3.0)


def test_a_sound_stays_at_its_place() -> None:
    click = np.zeros(RATE * 2, np.float32)
    click[RATE : RATE + 200] = 0.8
    faster = stretch(click, factor=1.08, rate=RATE)
    assert np.argmax(np.abs(faster)) / RATE == pytest.approx(1 / 1.08, abs=0.03)


def test_equal_sound_gives_equal_sound() -> None:
    sound = tone(220.0, 0.5)
    assert np.array_equal(
        stretch(sound, factor=1.07, rate=RATE), stretch(sound, factor=1.07, rate=RATE)
    )


def test_a_factor_of_one_changes_nothing() -> None:
    sound = tone(220.0, 0.1)
    assert np.array_equal(stretch(sound, factor=1.0, rate=RATE), sound)
    assert len(stretch(sound[:0], factor=1.08, rate=RATE)) == 0


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="factor"):
        stretch(tone(220.0, 0.1), factor=0.0, rate=RATE)
