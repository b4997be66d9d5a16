"""Canvases of twice the size: the same faces, twice as large, by the same landmarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dubber.lipsync.gan.batches import Changes, Drawer
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, LARGE, WIDTH, drive, mask, mouth
from dubber.lipsync.gan.clips import Clip, read_clips, read_manifest
from dubber.lipsync.gan.evaluate import BENT, evaluate, summary
from dubber.lipsync.gan.model import Head, MouthModel
from dubber.lipsync.gan.painter import GanPainter
from dubber.lipsync.gan.recipe import read_recipe
from dubber.lipsync.gan.train import FitOptions
from dubber.lipsync.shape import measure
from dubber.protocols import FacePatch
from tests.lipsync.gan.people import person
from tests.lipsync.gan.test_commands import typed
from tests.lipsync.talkers import chatter, make_film, talk

SIZE = (LARGE * WIDTH, LARGE * HEIGHT)


def large() -> Clip:
    """The made-up person, enlarged."""
    clip = person()
    faces = [cv2.resize(face, SIZE, interpolation=cv2.INTER_CUBIC) for face in clip.faces]
    return replace(clip, faces=np.stack(faces).astype(np.uint8))


def small(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.int64)


class Alike:
    """Shows the most alike reference."""

    times = LARGE
    head = Head(np.zeros((12, 1, 3, 3), np.float32), np.zeros(12, np.float32))

    def draw(self, shown: NDArray[np.uint8], head: Head) -> NDArray[np.uint8]:
        return np.ascontiguousarray(shown[:, 3:6].transpose(0, 2, 3, 1))


def test_what_is_drawn_on_a_large_canvas_lies_where_it_lies_on_a_small_one() -> None:
    points = person().points[3]
    for one, two in (
        (mask([points]), mask([points], times=LARGE)),
        (mouth(points), mouth(points, times=LARGE)),
        (drive(points), drive(points, times=LARGE)),
    ):
        assert np.abs(small(two) - one).mean() < 6


def test_a_batch_of_large_pictures_is_the_batch_of_small_ones_enlarged() -> None:
    calm = Changes(colour=0, light=0, soft=0)
    one, two = (Drawer([clip], 1, 4, calm).batch(0) for clip in (person(), large()))
    assert two.shown.shape == (2, CHANNELS, LARGE * HEIGHT, LARGE * WIDTH)
    assert two.real.shape[1:] == (3, LARGE * HEIGHT, LARGE * WIDTH)
    for row in range(2):
        for plane in range(CHANNELS):
            off = np.abs(small(two.shown[row, plane]) - one.shown[row, plane])
            assert off.mean() < 6, plane


def test_a_large_canvas_paints_the_mouth_that_is_wanted() -> None:
    clip = large().film()
    frames, yaw = np.arange(40, dtype=np.int32), np.zeros(40, np.float32)
    faces = [FacePatch(i, p) for i, p in zip(clip.faces, clip.points, strict=True)]
    painter = GanPainter(Alike(), faces, frames, yaw)
    shapes = measure(clip.points)
    order = np.argsort(shapes[:, 0])
    closed, wide = int(order[2]), int(order[-3])
    painter.plan(clip.points, shapes[[wide] * 40], yaw)
    drawn = painter.paint(closed, faces[closed])
    lips = mouth(person().points[wide], times=LARGE) > 0
    to_wide = np.abs(drawn.image.astype(int) - clip.faces[wide])[lips].mean()
    to_closed = np.abs(drawn.image.astype(int) - clip.faces[closed])[lips].mean()
    assert to_wide < to_closed


def test_large_pictures_are_scored_as_small_ones_are() -> None:
    one, two = (summary(evaluate([clip], {}))[BENT] for clip in (person(), large()))
    assert two["mouth_l1"] == pytest.approx(one["mouth_l1"], rel=0.3)
    assert two["ssim"] > 0.9 * one["ssim"]


def test_films_are_prepared_in_either_size(tmp_path: Path) -> None:
    make_film(tmp_path / "anna.mp4", talk(30, chatter))
    for size in ("256", "128"):
        told = ("-o", str(tmp_path / "data"), "--licence", "CC0-1.0", "--size", size)
        assert typed("prepare", tmp_path / "anna.mp4", *told).exit_code == 0
        (clip,) = read_clips(tmp_path / "data", "train")
        assert clip.faces.shape[2] == read_manifest(tmp_path / "data")["size"] == int(size)
        assert clip.points.max() < WIDTH + 8


@pytest.mark.torch
def test_the_large_recipe_trains_and_exports_what_draws_large_pictures(
    tmp_path: Path, repository: Path
) -> None:
    from dubber.lipsync.gan.export import export
    from dubber.lipsync.gan.train import fit

    make_film(tmp_path / "anna.mp4", talk(30, chatter))
    typed("prepare", tmp_path / "anna.mp4", "-o", tmp_path / "data", "--licence", "CC0-1.0",
          "--size", "256")  # fmt: skip
    ((_, options),) = read_recipe(repository / "configs" / "lips-256.toml")
    assert isinstance(options, FitOptions)
    few = replace(options, steps=2, pairs=1, critic_step=1, threads=1)
    model = MouthModel(export(fit(tmp_path / "data", tmp_path, options=few), tmp_path / "model"))
    assert model.times == LARGE
    (clip,) = read_clips(tmp_path / "data", "train")
    shown = Drawer([clip], 1, 1).batch(0).shown
    assert model.draw(shown, model.head).shape == (2, LARGE * HEIGHT, LARGE * WIDTH, 3)
