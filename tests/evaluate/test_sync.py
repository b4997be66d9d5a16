"""Lips and sound whose offset is known, and an expert that only compares how open with how loud."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from dubber.errors import DataError
from dubber.evaluate.sync import scores, views
from dubber.lipsync.gan.agreement import FRAMES, PACE, ROWS, Expert
from dubber.lipsync.mel import RATE
from dubber.lipsync.tracks import FaceTracks
from tests.evaluate.test_lips import film
from tests.lipsync.talkers import Still, talking

COUNT = 90


class Simple(Expert):
    """Windows of how bright it is above the lower lip, and of how loud the sound is."""

    def __init__(self) -> None:
        self.step = 0

    def look(self, cut: np.ndarray) -> np.ndarray:
        return _windows(cut[:, 8:20, 16:32].mean(axis=(1, 2)))

    def listen(self, mel: np.ndarray) -> np.ndarray:
        return _windows(mel.mean(axis=1).reshape(-1, ROWS).mean(axis=1))

    def odds(self, alike: np.ndarray) -> np.ndarray:
        return np.asarray(alike - 0.5)


def _windows(values: np.ndarray) -> np.ndarray:
    rows = np.lib.stride_tricks.sliding_window_view(values, FRAMES)
    rows = rows - rows.mean(axis=1, keepdims=True)
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return np.asarray(unit, np.float32)


def openings() -> np.ndarray:
    chance = np.random.default_rng(4).uniform(0, 0.24, COUNT)
    return np.asarray(np.convolve(chance, [0.25, 0.5, 0.25], "same"))


@cache
def frames() -> list[Still]:
    shown = [talking(float(opening)) for opening in openings()]
    return [Still(image, n, n / PACE) for n, image in enumerate(shown)]


def voice(late: float = 0.0) -> np.ndarray:
    """Noise as loud as the mouth is open, `late` seconds after it."""
    times = np.arange(COUNT * RATE // PACE) / RATE - late
    loud = np.interp(times, np.arange(COUNT) / PACE + 0.5 / PACE, openings())
    noise = np.random.default_rng(2).standard_normal(len(times))
    heard = 3e4 * np.exp(12 * (loud - 0.24)) * np.clip(noise, -2, 2) / 2
    return np.asarray(np.rint(heard), np.int16)


@pytest.mark.parametrize("late", [-0.2, 0.0, 0.32])
def test_a_sound_that_is_late_is_a_mouth_that_is_early(late: float) -> None:
    found = views(film(openings()), frames(), voice(late), Simple())
    face, whole = scores(found, Simple())
    assert face.offset == pytest.approx(-late, abs=0.041)
    assert face.lse_c > 0.2
    assert (whole.what, whole.windows) == ("all", COUNT - FRAMES + 1)
    if late:
        assert face.together < 0.3
    else:
        assert face.together > 0.7


def test_views_end_where_the_face_is_away_and_short_ones_are_not_judged() -> None:
    tracks = film(openings())
    track = tracks.tracks[0]
    gone = track.pick(np.flatnonzero((track.frames < 20) | (track.frames >= 40)))
    cut = FaceTracks(tracks.times, tracks.cuts, (gone,))
    (view,) = views(cut, frames(), voice(), Simple())
    assert (view.start, view.end) == pytest.approx((40 / PACE, (COUNT - 1) / PACE))
    assert np.isfinite(view.alike[0, :15]).all()  # the sound before the view is heard
    with pytest.raises(DataError, match="no face is seen for 1 second"):
        views(replace(cut, tracks=(gone.part(0, 20),)), frames(), voice(), Simple())


def test_a_film_whose_sound_ends_early_is_judged_as_far_as_it_goes() -> None:
    (view,) = views(film(openings()), frames(), voice()[:RATE], Simple())
    assert view.alike.shape == (COUNT - FRAMES + 1, 31)
    assert np.isfinite(view.alike[:, 15]).all()
