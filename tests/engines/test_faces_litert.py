"""The face landmarker on a real photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.engines.faces_litert import FaceLandmarker, _squares
from dubber.errors import EngineError
from dubber.protocols import EngineContext, FaceFinder
from dubber.weights import locate
from tests.lipsync import talkers


def test_it_is_a_face_finder() -> None:
    engine = FaceLandmarker.open(EngineContext("", "cpu", 1, locate))
    assert isinstance(engine, FaceFinder)


def test_the_photo_has_one_face_where_it_is() -> None:
    (faces,) = talkers.finder().find([talkers.Still(talkers.photo())])
    (face,) = faces
    assert face.landmarks.shape == (478, 3)
    assert face.presence > 0.9
    right_eye, left_eye, lip = face.landmarks[[33, 263, 13], :2]
    assert right_eye[0] < lip[0] < left_eye[0]
    assert lip[1] > right_eye[1] + 20


def test_it_follows_a_face_that_moves() -> None:
    frames = [talkers.Still(talkers.moved(talkers.photo(), 3.0 * n, n)) for n in range(6)]
    found = [faces[0].landmarks[:, :2] for faces in talkers.finder().find(frames)]
    steps = np.diff(np.array(found).mean(axis=1), axis=0)
    assert steps == pytest.approx(np.tile([3.0, 1.0], (5, 1)), abs=1.2)


def test_no_face_is_an_empty_list_and_a_face_that_comes_is_found() -> None:
    empty, full = talkers.Still(talkers.nobody()), talkers.Still(talkers.photo())
    counts = [len(faces) for faces in talkers.finder().find([empty] * 3 + [full] * 8 + [empty])]
    assert counts[:3] == [0, 0, 0]
    assert counts[8:] == [1, 1, 1, 0]


def test_two_faces_are_both_found_the_larger_first() -> None:
    image = np.concatenate([talkers.photo(), talkers.photo()], axis=1)
    (faces,) = talkers.finder().find([talkers.Still(np.ascontiguousarray(image))])
    assert len(faces) == 2
    middles = sorted(face.landmarks[:, 0].mean() for face in faces)
    assert middles[1] - middles[0] == pytest.approx(talkers.SIZE[0], abs=3)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 480), (100, 100)])
def test_every_part_of_the_picture_is_searched(size: tuple[int, int]) -> None:
    seen = np.zeros((size[1], size[0]), bool)
    for x, y, side in _squares(*size)[1:] or _squares(*size):
        seen[max(0, y) : y + side, max(0, x) : x + side] = True
    assert seen.all()


def test_a_file_that_is_no_landmarker_is_named(tmp_path: Path) -> None:
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(b"no zip")
    with pytest.raises(EngineError, match="face_landmarker"):
        FaceLandmarker(path)
