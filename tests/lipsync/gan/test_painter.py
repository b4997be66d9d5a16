"""Painting a person with the generator, through the protocol that the stage uses."""

from __future__ import annotations

import numpy as np
import pytest

from dubber.lipsync.gan.canvas import mask, mouth, openness
from dubber.lipsync.gan.evaluate import AVERAGE, BENT, COPY, evaluate, parts, signature, summary
from dubber.lipsync.gan.fitting import Fitter
from dubber.lipsync.gan.painter import GanPainter, best_references
from dubber.lipsync.shape import measure
from dubber.protocols import FacePatch
from tests.lipsync.gan.people import Mixer, person


def painter(fitter: Fitter | None = None) -> GanPainter:
    clip = person()
    faces = [FacePatch(i, p) for i, p in zip(clip.faces, clip.points, strict=True)]
    frames = np.arange(len(faces), dtype=np.int32)
    return GanPainter(Mixer(), faces, frames, np.zeros(len(faces), np.float32), fitter=fitter)


def test_references_go_from_closed_to_open() -> None:
    clip = person()
    rows = best_references(list(clip.faces), list(clip.points), np.zeros(40, np.float32))
    opened = [openness(clip.points[row]) for row in rows]
    assert opened == sorted(opened)
    assert opened[-1] > 3 * opened[0]


def test_only_what_is_covered_is_painted() -> None:
    clip = person()
    one = painter()
    one.plan(clip.points, measure(clip.points)[::-1].copy(), np.zeros(40, np.float32))
    drawn = one.paint(0, FacePatch(clip.faces[0], clip.points[0]))
    covered = mask([clip.points[0], drawn.points])
    outside = np.abs(drawn.image.astype(int) - clip.faces[0])[covered == 0]
    assert outside.max() <= 1
    assert drawn.image.shape == clip.faces[0].shape


def test_the_mouth_follows_what_is_wanted() -> None:
    clip = person()
    one = painter(Fitter(Mixer(), "fast"))
    order = np.argsort([openness(points) for points in clip.points])
    closed, wide = int(order[2]), int(order[-3])
    wanted = measure(clip.points)
    one.plan(clip.points, wanted[[wide] * 40], np.zeros(40, np.float32))
    drawn = one.paint(closed, FacePatch(clip.faces[closed], clip.points[closed]))
    assert measure(drawn.points[None])[0, 0] == pytest.approx(wanted[wide, 0], abs=0.01)
    lips = mouth(clip.points[wide]) > 0
    to_wide = np.abs(drawn.image.astype(int) - clip.faces[wide])[lips].mean()
    to_closed = np.abs(drawn.image.astype(int) - clip.faces[closed])[lips].mean()
    assert to_wide < to_closed


def test_a_person_of_one_face_is_painted_too() -> None:
    clip = person()
    frames, yaw = np.zeros(1, np.int32), np.zeros(1, np.float32)
    faces = [FacePatch(clip.faces[0], clip.points[0])]
    one = GanPainter(Mixer(), faces, frames, yaw, fitter=Fitter(Mixer(), "fast"))
    one.plan(clip.points[:1], measure(clip.points[:1]), yaw)
    drawn = one.paint(0, FacePatch(clip.faces[0], clip.points[0]))
    assert np.abs(drawn.image.astype(int) - clip.faces[0]).mean() < 3
    assert one.fit() == {"way": "fast", "kept": False}


class Perfect:
    """A renderer that gives back what is there: it cannot be better, and follows no drive."""

    name = "perfect"

    def choose(self, frames, shapes, yaw, *, most):  # type: ignore[no-untyped-def]
        return np.arange(len(frames))

    def meet(self, faces, frames, shapes, yaw):  # type: ignore[no-untyped-def]
        return self

    def plan(self, points, wanted, yaw):  # type: ignore[no-untyped-def]
        pass

    def paint(self, number, face):  # type: ignore[no-untyped-def]
        return face


def test_scores_know_the_real_mouth_from_an_average_one(tmp_path) -> None:  # type: ignore[no-untyped-def]
    clip = person()
    scores = evaluate([clip], {"perfect": Perfect()}, pictures=tmp_path)
    ways = summary(scores)
    assert list(ways) == [AVERAGE, COPY, BENT, "perfect"]
    assert ways["perfect"]["mouth_l1"] == 0
    assert ways["perfect"]["ssim"] == pytest.approx(1)
    assert ways["perfect"]["sharpness"] == pytest.approx(1)
    assert ways["perfect"]["drive"] == 0  # it shows the same whatever is wanted
    assert ways[AVERAGE]["mouth_l1"] > 0.01
    assert ways[AVERAGE]["tremble"] == 0
    assert ways[BENT]["mouth_l1"] < 0.5 * ways[AVERAGE]["mouth_l1"]
    assert [path.suffix for path in tmp_path.iterdir()] == [".png"]
    assert "people:1" in signature([clip])


def test_what_is_drawn_was_not_met() -> None:
    drawn, met = parts(person())
    shown = set(range(16, 28))
    assert len(drawn.faces) == len(shown)
    assert not shown & set(met.tolist())
