"""Bending, choosing and blending mouths."""

from __future__ import annotations

import numpy as np
import pytest

from dubber.lipsync.blend import Blender, mask_of, rectangle
from dubber.lipsync.points import JAW, LIPS_OUTER, RIGID, place, places
from dubber.lipsync.reuse import Library, choose_runs
from dubber.lipsync.shape import measure
from dubber.lipsync.warp import aligned, bent, moved, redrawn, similarity, steady
from tests.lipsync import talkers


def test_a_similarity_is_found_again() -> None:
    points = talkers.face()
    matrix = np.array([[0.9, -0.3, 12.0], [0.3, 0.9, -7.0]])
    assert np.allclose(similarity(points, moved(matrix, points)), matrix, atol=1e-4)


def test_alignment_does_not_look_at_the_mouth() -> None:
    points = talkers.face()
    other = points.copy()
    other[places(LIPS_OUTER)] += 9
    assert np.allclose(aligned(other, points), [[1, 0, 0], [0, 1, 0]], atol=1e-4)


@pytest.mark.parametrize("opening", [0.02, 0.15, 0.45])
def test_a_bent_mouth_has_the_opening_asked_for_and_the_nose_stays(opening: float) -> None:
    points = talkers.face()
    wanted = measure(points[None])[0]
    wanted[0] = opening
    after = bent(points, wanted)
    assert measure(after[None])[0, 0] == pytest.approx(opening, abs=0.035)
    assert np.array_equal(after[places(RIGID)], points[places(RIGID)])


def test_a_redrawn_mouth_is_found_as_open_as_it_was_drawn() -> None:
    points = talkers.face()
    wanted = measure(points[None])[0]
    wanted[0] = 0.08
    image, _ = redrawn(talkers.photo(), points, points, wanted, talkers.SIZE)
    found = next(talkers.finder().find([talkers.Still(image)]))[0].landmarks
    from dubber.lipsync.points import KEPT

    seen = measure(found[None][:, list(KEPT), :2])[0, 0]
    assert 0.04 < seen < 0.2  # squeezed teeth look a little open; the photo has 0.29


def test_steadying_does_not_lag_and_keeps_a_jump() -> None:
    points = talkers.face()[None] + np.arange(10, dtype=np.float32)[:, None, None]
    assert np.allclose(steady(points), points, atol=1e-4)
    points[5:] += 60
    assert np.allclose(steady(points), points, atol=1e-3)


def test_the_mask_holds_lips_and_chin_and_fades_before_the_patch_ends() -> None:
    x, y, w, h = rectangle(talkers.face(), *talkers.SIZE) or (0, 0, 0, 0)
    assert (x % 2, y % 2, w % 2, h % 2) == (0, 0, 0, 0)
    points = talkers.face() - np.array([x, y], np.float32)
    mask = mask_of((h, w), points, points)
    for column, row in points[[place(13), place(14), place(17), place(199), place(152)]]:
        assert mask[int(row), int(column)] > 0.6
    nose = points[place(1)]
    assert mask[int(nose[1]), int(nose[0])] < 0.02
    edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert not edges.any()
    assert np.abs(np.diff(mask, axis=1)).max() < 0.35  # no hard edge


def test_a_face_at_the_edge_of_the_picture_is_left_alone() -> None:
    away = talkers.face() - np.array([150, 0], np.float32)
    assert rectangle(away, *talkers.SIZE) is None


def test_blending_what_is_there_changes_nothing_and_light_is_matched() -> None:
    x, y, w, h = rectangle(talkers.face(), *talkers.SIZE) or (0, 0, 0, 0)
    patch = talkers.photo()[y : y + h, x : x + w]
    points = talkers.face() - np.array([x, y], np.float32)
    same = Blender().blend(patch, points, patch, points, weight=1.0)
    assert np.abs(same.astype(int) - patch).max() <= 1
    darker = np.clip(patch.astype(int) - 18, 0, 255).astype(np.uint8)
    matched = Blender().blend(patch, points, darker, points, weight=1.0)
    lips = points[places(LIPS_OUTER)].mean(axis=0).astype(int)
    middle = (slice(lips[1] - 5, lips[1] + 5), slice(lips[0] - 9, lips[0] + 9))
    off = matched[middle].astype(float).mean() - patch[middle].astype(float).mean()
    assert abs(off) < 5


def test_a_weight_of_nothing_changes_nothing() -> None:
    x, y, w, h = rectangle(talkers.face(), *talkers.SIZE) or (0, 0, 0, 0)
    patch = talkers.photo()[y : y + h, x : x + w]
    points = talkers.face() - np.array([x, y], np.float32)
    assert np.array_equal(Blender().blend(patch, points, 255 - patch, points, weight=0.0), patch)


def wave(count: int) -> np.ndarray:
    opening = 0.2 + 0.2 * np.sin(np.arange(count) / 3)
    width = 1.7 + 0.1 * np.cos(np.arange(count) / 5)
    shapes = np.column_stack([opening, width, 0.5 + opening, 2 + 0.4 * opening])
    return np.asarray(shapes, np.float32)


def library(count: int) -> Library:
    shapes = wave(count)
    frames = np.arange(count, dtype=np.int32)
    return Library(frames, shapes, np.zeros(count, np.float32), shapes[:, :2].copy())


def test_what_the_speaker_did_is_found_again_without_a_join() -> None:
    own = library(120)
    path = own.path(wave(120)[30:80], np.zeros(50, np.float32))
    assert list(path) == list(range(30, 80))


def test_a_long_path_is_settled_in_blocks_and_follows_what_is_asked() -> None:
    own = library(60)
    wanted = np.tile(wave(60)[::-1], (10, 1))
    path = own.path(wanted, np.zeros(600, np.float32))
    assert len(path) == 600
    assert np.corrcoef(own.shapes[path, 0], wanted[:, 0])[0, 1] > 0.95


def test_chosen_runs_are_bounded_and_cover_the_widest_mouth() -> None:
    shapes = wave(2000)
    shapes[1203:1206, 0] = 0.7
    rows = choose_runs(np.arange(2000, dtype=np.int32), shapes, most=150)
    assert len(rows) <= 150
    assert np.all(np.diff(rows) > 0)
    assert shapes[rows, 0].max() > 0.6


def test_the_jaw_runs_over_the_chin() -> None:
    assert JAW[len(JAW) // 2] == 152
