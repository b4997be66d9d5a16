"""What drawn mouths must not do, on mouths that do it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dubber.lipsync.gan.agreement import CARD, Expert
from dubber.lipsync.gan.canvas import openness
from dubber.lipsync.gan.strays import Listener, drift, resting
from dubber.lipsync.mel import RATE
from dubber.weights import locate
from tests.lipsync.gan.people import person


def test_another_skin_is_drift_and_another_order_of_the_same_mouths_is_none() -> None:
    real = np.asarray(person().faces / 255, np.float32)
    masks = np.zeros(real.shape[:3], np.bool_)
    masks[:, 40:70, 40:90] = True
    assert drift(real[::-1], real, masks) == pytest.approx(0, abs=1e-5)
    darker = np.asarray(real * 0.9, np.float32)
    assert drift(darker, real, masks) == pytest.approx(real[masks].mean() * 0.1, rel=0.01)


def test_the_mouth_that_rests_is_the_most_closed() -> None:
    points = person().points
    assert openness(resting(points)) == min(openness(own) for own in points)


def test_drawing_what_was_filmed_loses_nothing_and_a_still_is_heard() -> None:
    clip = person(75)
    sound = np.random.default_rng(1).integers(-9000, 9000, 3 * RATE).astype(np.int16)
    clip = replace(clip, sound=sound)
    assert Listener.able(clip)
    assert not Listener.able(replace(clip, sound=sound[:0]))
    assert not Listener.able(replace(clip, fps=30.0))
    listener = Listener(clip, 30, Expert(locate(CARD), threads=1))
    own = listener.sync(clip.faces[30:52])
    assert own == listener.sync(clip.faces[30:52])
    still = listener.sync(np.stack([clip.faces[30]] * 22))
    assert still[0] != pytest.approx(own[0], abs=1e-3)
    assert -1 <= still[0] <= 1
    assert abs(still[1]) <= 0.6
