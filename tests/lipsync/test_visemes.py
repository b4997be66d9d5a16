"""Mouth shapes for sounds."""

from __future__ import annotations

import numpy as np
import pytest

from dubber import languages
from dubber.lipsync.shape import MouthRange
from dubber.lipsync.visemes import SHAPES, moments, trajectory
from dubber.schema import VISEMES, Clip, Phoneme, Take

STEP = 0.1


def clip(sounds: str, *, start: float = 1.0, stretch: float = 1.0) -> Clip:
    """A take that says each of `sounds` for STEP seconds; "_" is a pause."""
    phonemes = tuple(
        Phoneme(sound, n * STEP, (n + 1) * STEP) for n, sound in enumerate(sounds) if sound != "_"
    )
    length = len(sounds) * STEP
    take = Take("1", sounds, "1.wav", length, 1.0, phonemes)
    return Clip(take, start, length / stretch, stretch)


def mouth(spoken: Clip, *, fps: float = 25.0) -> tuple[np.ndarray, np.ndarray]:
    times = np.arange(0, 4, 1 / fps)
    return times, trajectory([spoken], times, language=languages.get("hi"))


def test_every_viseme_has_a_shape() -> None:
    assert set(SHAPES) == set(VISEMES)


@pytest.mark.parametrize("fps", [23.976, 25.0, 30.0, 60.0])
@pytest.mark.parametrize("sounds", ["apa", "aba", "ama", "ipi", "upa"])
def test_lips_close_for_p_b_and_m_in_at_least_one_frame(sounds: str, fps: float) -> None:
    spoken = clip(sounds)
    times, path = mouth(spoken, fps=fps)
    (moment,) = moments([spoken], "bilabial", language=languages.get("hi"))
    near = np.abs(times - moment) < 0.05
    assert path[near, 0].min() < 0.02


def test_a_is_wider_open_than_i_and_u_is_narrower_than_i() -> None:
    means = {}
    for vowel in "aiu":
        times, path = mouth(clip(vowel * 4))
        means[vowel] = path[(times > 1.1) & (times < 1.25)].mean(axis=0)
    assert means["a"][0] > means["i"][0] + 0.3
    assert means["i"][1] > 0.4 > -0.4 > means["u"][1]


def test_the_mouth_rests_before_after_and_in_a_pause() -> None:
    times, path = mouth(clip("ana____ana"))
    for start, end in ((0.0, 0.7), (1.45, 1.55), (2.4, 4.0)):
        assert path[(times >= start) & (times < end), 0].max() < 0.05
    assert path[:, 0].max() > 0.4


def test_a_stretched_clip_moves_in_its_own_time() -> None:
    slow, fast = clip("apapa"), clip("apapa", stretch=1.25)
    language = languages.get("hi")
    first, second = (np.array(moments([c], "bilabial", language=language)) for c in (slow, fast))
    assert second - 1.0 + 0.03 == pytest.approx((first - 1.0 + 0.03) / 1.25, abs=1e-6)


def test_without_clips_the_mouth_rests() -> None:
    times = np.arange(10) / 25
    assert not trajectory([], times, language=languages.get("hi")).any()


def test_shapes_stay_in_the_speakers_own_range() -> None:
    rng = np.random.default_rng(0)
    opening = rng.uniform(0.01, 0.4, 200)
    width = rng.uniform(1.5, 1.9, 200)
    seen = np.column_stack([opening, width, 0.5 + opening, 2.0 + 0.4 * opening]).astype(np.float32)
    usual = MouthRange.of(seen)
    asked = np.array([[0, 0], [1, 0], [0.5, -1], [0.5, 1]], np.float32)
    shapes = usual.shapes(asked)
    assert shapes[0, 0] == pytest.approx(0.02, abs=0.02)
    assert shapes[1, 0] == pytest.approx(0.39, abs=0.02)
    assert 1.5 <= shapes[2, 1] < 1.55
    assert 1.85 < shapes[3, 1] <= 1.9
    assert shapes[1, 2] - shapes[0, 2] == pytest.approx(shapes[1, 0] - shapes[0, 0], abs=0.02)
