"""A photo that is to speak: what is asked of it, how its head moves, and mouths made from one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dubber.config import LipOptions
from dubber.engines.lips_reuse import Reuse
from dubber.errors import DataError
from dubber.lipsync.blend import rectangle
from dubber.lipsync.opened import Opener, made_of, opened
from dubber.lipsync.photo import MOST_SIDE, Photo, Sway
from dubber.lipsync.points import KEPT
from dubber.lipsync.shape import OPENING, WIDTH, MouthRange, is_still, measure
from dubber.protocols import FacePatch
from tests.lipsync import talkers

PATH = Path("face.png")


def photo_of(image: np.ndarray) -> Photo:
    return Photo.of(image, talkers.finder(), options=LipOptions(), path=PATH)


def patch() -> FacePatch:
    points = talkers.face()
    place = rectangle(points, *talkers.SIZE)
    assert place is not None
    x, y, w, h = place
    image = talkers.photo()[y : y + h, x : x + w]
    return FacePatch(image, points - np.array([x, y], np.float32))


def seen(face: FacePatch) -> np.ndarray:
    """The shape that the landmark network sees in the photo with this mouth."""
    place = rectangle(talkers.face(), *talkers.SIZE)
    assert place is not None
    x, y, w, h = place
    whole = talkers.photo().copy()
    whole[y : y + h, x : x + w] = face.image
    found = next(talkers.finder().find([talkers.Still(whole)]))[0].landmarks
    return np.asarray(measure(found[None, list(KEPT), :2].astype(np.float32))[0])


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (talkers.nobody(), "no face in it"),
        (np.hstack([talkers.photo()] * 2), "2 faces in it"),
        (cv2.resize(talkers.photo(), (120, 90), interpolation=cv2.INTER_AREA), "pixels wide"),
    ],
)
def test_a_photo_that_cannot_speak_is_one_clear_line(image: np.ndarray, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        photo_of(np.ascontiguousarray(image, np.uint8))
    assert "face.png" in str(caught.value)


def test_a_large_photo_is_made_smaller() -> None:
    large = cv2.resize(talkers.photo(), (1923, 1442), interpolation=cv2.INTER_CUBIC)
    image = photo_of(np.asarray(large[:1440, :1920], np.uint8)).image
    assert image.shape == (960, MOST_SIDE, 3)


def test_a_head_moves_a_little_and_the_rim_of_the_picture_does_not() -> None:
    photo = photo_of(talkers.photo())
    sway = Sway(photo)
    assert np.abs(sway.at(0.0).astype(int) - photo.image).max() <= 1
    pictures = [sway.at(float(time)) for time in np.linspace(0.5, 20, 12)]
    found = talkers.finder().find(talkers.Still(picture) for picture in pictures)
    noses = np.array([faces[0].landmarks[4, :2] for faces in found]) - photo.landmarks[4, :2]
    width = float(np.linalg.norm(photo.landmarks[234] - photo.landmarks[454]))
    assert 0.01 * width < np.abs(noses).max() < 0.08 * width
    for picture in pictures:
        for rim in (np.s_[:1], np.s_[-1:], np.s_[:, :1], np.s_[:, -1:]):
            assert np.array_equal(picture[rim], photo.image[rim])


def test_a_mouth_is_closed_and_opened_as_far_as_asked() -> None:
    face = patch()
    usual = MouthRange.of(measure(face.points[None]))
    for opening in (0.0, 0.5, 1.0):
        wanted = usual.shapes(np.array([[opening, 0.0]], np.float32))[0]
        made = opened(face, wanted)
        assert measure(made.points[None])[0, OPENING] == pytest.approx(wanted[OPENING], abs=0.03)
        assert seen(made)[OPENING] == pytest.approx(wanted[OPENING], abs=0.1)


def test_what_is_guessed_of_one_mouth_spans_closed_to_open_and_narrow_to_spread() -> None:
    one = measure(talkers.face()[None])
    usual = MouthRange.of(np.repeat(one, 9, axis=0))
    assert usual.closed < 0.02 < 0.3 < usual.open
    assert usual.narrow < usual.rest_width < usual.spread
    made = measure(np.stack([face.points for face in made_of(patch(), usual)]))
    assert made[:, OPENING].min() < 0.04
    assert made[:, OPENING].max() > 0.3
    assert np.ptp(made[:, WIDTH]) > 0.2


def test_only_who_is_seen_with_one_mouth_gets_made_ones() -> None:
    met: list[int] = []

    class Counting(Reuse):
        def meet(self, faces, frames, shapes, yaw):  # type: ignore[no-untyped-def]
            met.append(len(faces))
            return super().meet(faces, frames, shapes, yaw)

    renderer = Opener(Counting())
    talk = np.repeat(measure(talkers.face()[None]), 30, axis=0)
    frames, yaw = np.arange(30, dtype=np.int32), np.zeros(30, np.float32)
    for moving in (False, True):
        talk[:, OPENING] = 0.2 + 0.1 * np.sin(np.arange(30)) * moving
        assert is_still(talk) is not moving
        rows = renderer.choose(frames, talk, yaw, most=600)
        renderer.meet([patch()] * len(rows), frames[rows], talk[rows], yaw[rows])
    assert met == [30, 30]
    assert len(renderer.choose(frames, talk * 0 + talk[0], yaw, most=600)) == 1
