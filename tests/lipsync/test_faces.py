"""Detection arithmetic, regions, cuts and tracks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.errors import DataError
from dubber.lipsync import blazeface
from dubber.lipsync.cuts import CutDetector
from dubber.lipsync.follow import TrackBuilder, yaw_degrees
from dubber.lipsync.points import KEPT
from dubber.lipsync.regions import Region
from dubber.lipsync.tracks import FaceTracks
from dubber.protocols import FaceObservation
from tests.lipsync import talkers


def test_an_anchor_without_an_offset_is_a_face_at_its_own_place() -> None:
    centres = blazeface.anchors()
    assert centres.shape == (896, 2)
    regressors = np.zeros((896, 16), np.float32)
    regressors[:, 2:4] = 32  # a quarter of the picture
    logits = np.full(896, -9.0, np.float32)
    logits[300] = 4.0
    boxes, scores = blazeface.decode(regressors, logits, centres)
    assert len(boxes) == 1
    assert np.allclose(boxes[0, 0], centres[300])
    assert np.allclose(boxes[0, 1], 0.25)
    assert scores[0] == pytest.approx(0.982, abs=1e-3)


def test_overlapping_boxes_are_one_face() -> None:
    box = np.zeros((3, 8, 2), np.float32)
    box[:, 0] = [[0.5, 0.5], [0.52, 0.5], [0.1, 0.1]]
    box[:, 1] = 0.2
    merged, scores = blazeface.merge(box, np.array([0.9, 0.9, 0.6], np.float32))
    assert len(merged) == 2
    assert merged[0, 0, 0] == pytest.approx(0.51)
    assert list(scores) == pytest.approx([0.9, 0.6])


def test_a_region_gives_points_back_where_they_were() -> None:
    region = Region(100.0, 80.0, 60.0, 0.4)
    inside = np.array([[128.0, 128.0, 10.0], [0.0, 0.0, 0.0]], np.float32)
    there = region.restore(inside, 256)
    assert there[0, :2] == pytest.approx([100, 80])
    assert np.linalg.norm(there[1, :2] - there[0, :2]) == pytest.approx(60 / np.sqrt(2), rel=1e-4)
    assert there[0, 2] == pytest.approx(10 * 60 / 256)


def test_a_cut_is_seen_and_a_pan_is_not() -> None:
    cuts = CutDetector()
    pan = [talkers.moved(talkers.photo(), 4 * n, 0) for n in range(10)]
    found = [cuts.is_cut(image) for image in [*pan, talkers.nobody(), talkers.nobody()]]
    assert found == [False] * 10 + [True, False]


def observed(x: float, y: float = 0.0, *, scale: float = 1.0) -> FaceObservation:
    offset = np.array([x, y, 0], np.float32)
    return FaceObservation(talkers.landmarks() * np.float32(scale) + offset, 1.0)


def test_two_faces_keep_their_names_when_their_order_changes() -> None:
    builder = TrackBuilder()
    for n in range(10):
        one, other = observed(n), observed(400 - n)
        builder.add(n / 25, [one, other] if n % 2 else [other, one], cut=False)
    tracks = builder.finish()
    assert [len(track) for track in tracks.tracks] == [10, 10]
    means = [track.points.mean(axis=(1, 2)) for track in tracks.tracks]
    assert all(np.abs(np.diff(mean)).max() < 2 for mean in means)


def test_a_short_gap_is_filled_and_a_cut_ends_a_track() -> None:
    builder = TrackBuilder()
    for n in range(12):
        faces = [] if n in (4, 5) else [observed(2.0 * n)]
        builder.add(n / 25, faces, cut=n == 9)
    tracks = builder.finish()
    first, second = tracks.tracks
    assert list(first.frames) == list(range(9))
    assert list(second.frames) == [9, 10, 11]
    assert list(tracks.cuts) == [9]
    steps = np.diff(first.points[:, 0, 0])
    assert np.allclose(steps, 2.0, atol=1e-3)


def test_a_face_that_is_away_for_long_comes_back_as_a_new_track() -> None:
    builder = TrackBuilder()
    for n in range(30):
        builder.add(n / 25, [observed(0)] if n < 5 or n > 20 else [], cut=False)
    assert [len(track) for track in builder.finish().tracks] == [5, 9]


def test_tracks_come_back_from_their_file(tmp_path: Path) -> None:
    builder = TrackBuilder()
    for n in range(5):
        builder.add(n / 25, [observed(n)], cut=False)
    tracks = builder.finish()
    tracks.save(tmp_path / "faces.npz")
    again = FaceTracks.load(tmp_path / "faces.npz")
    assert np.array_equal(again.times, tracks.times)
    assert np.array_equal(again.tracks[0].points, tracks.tracks[0].points)
    assert again.tracks[0].points.shape == (5, len(KEPT), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["faces.npz"]


def test_no_faces_are_tracks_too(tmp_path: Path) -> None:
    TrackBuilder().finish().save(tmp_path / "faces.npz")
    assert FaceTracks.load(tmp_path / "faces.npz").tracks == ()


@pytest.mark.parametrize("content", [b"", b"no npz", b"PK\x03\x04broken"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "faces.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"faces\.npz"):
        FaceTracks.load(path)


def test_a_face_that_looks_at_us_is_not_turned() -> None:
    assert abs(yaw_degrees(talkers.landmarks())) < 8
