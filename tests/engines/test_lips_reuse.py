"""lips.reuse on a talking photo."""

from __future__ import annotations

import numpy as np

from dubber.engines.lips_reuse import Reuse
from dubber.lipsync.blend import rectangle
from dubber.lipsync.shape import measure
from dubber.protocols import EngineContext, FacePatch, LipRenderer
from dubber.weights import locate
from tests.lipsync import talkers


def test_it_draws_the_mouth_that_is_asked_for() -> None:
    engine = Reuse.open(EngineContext("", "cpu", 1, locate))
    assert isinstance(engine, LipRenderer)
    images = [talkers.talking(opening) for opening in (0.02, 0.1, 0.2, 0.3)]
    base = talkers.face()
    x, y, w, h = rectangle(base, *talkers.SIZE) or (0, 0, 0, 0)
    faces, shapes = [], []
    for image in images:
        (found,) = talkers.finder().find([talkers.Still(image)])
        from dubber.lipsync.points import KEPT

        points = found[0].landmarks[list(KEPT), :2]
        shapes.append(measure(points[None])[0])
        faces.append(FacePatch(image[y : y + h, x : x + w], points - np.array([x, y], np.float32)))
    seen = np.array(shapes, np.float32)
    frames, yaw = np.arange(4, dtype=np.int32) * 10, np.zeros(4, np.float32)
    assert list(engine.choose(frames, seen, yaw, most=600)) == [0, 1, 2, 3]
    painter = engine.meet(faces, frames, seen, yaw)
    painter.plan(np.repeat(base[None], 3, axis=0), seen[[3, 0, 3]], yaw[:3])
    drawn = [painter.paint(number, faces[1]) for number in range(3)]
    openings = [float(measure(face.points[None])[0, 0]) for face in drawn]
    assert openings[0] > openings[1] + 0.15
    assert openings[2] > openings[1] + 0.15
    assert all(face.image.shape == faces[1].image.shape for face in drawn)
