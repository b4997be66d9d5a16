"""Who is who, and what lies before a mouth."""

from __future__ import annotations

import cv2
import numpy as np

from dubber.lipsync.follow import TrackBuilder
from dubber.lipsync.identity import SAME, Sighting, look, people
from dubber.lipsync.skin import LOWER, UPPER, clearness, colours
from dubber.lipsync.tracks import footage
from dubber.protocols import FaceObservation
from tests.lipsync import talkers
from tests.lipsync.test_cross_cases import stranger


def seen(image: np.ndarray) -> np.ndarray:
    return np.asarray(next(talkers.finder().find([talkers.Still(image)]))[0].landmarks)


def test_a_face_looks_like_itself_in_another_size_light_and_mouth() -> None:
    own = look(talkers.photo(), talkers.landmarks())
    turn = cv2.getRotationMatrix2D((165, 110), 9, 1.2)
    other = np.clip(cv2.warpAffine(talkers.talking(0.3), turn, talkers.SIZE) * 0.7, 0, 255)
    image = other.astype(np.uint8)
    assert float(own @ look(image, seen(image))) > SAME
    else_ = stranger(0.1)
    assert float(own @ look(else_, seen(else_))) < SAME


def sighting(first: int, last: int, seed: int) -> Sighting:
    look_ = np.abs(np.random.default_rng(seed).normal(0, 1, 40)).astype(np.float32)
    return Sighting(first, last, last - first + 1, look_ / np.linalg.norm(look_))


def test_people_are_numbered_as_they_appear_and_never_twice_at_once() -> None:
    tracks = [sighting(0, 40, 1), sighting(10, 30, 2), sighting(60, 200, 1), sighting(80, 90, 1)]
    assert people(tracks) == [0, 1, 0, 2]
    unknown = Sighting(300, 310, 11, None)
    assert people([*tracks, unknown]) == [0, 1, 0, 2, 3]


def test_footage_of_two_shots_has_no_neighbours_across_the_cut() -> None:
    builder = TrackBuilder()
    face = FaceObservation(talkers.landmarks(), 1.0)
    for number in range(20):
        builder.add(number / 25, [face], cut=number == 10, picture=talkers.Still(talkers.photo()))
    tracks = builder.finish().tracks
    assert [track.person for track in tracks] == [0, 0]
    whole, numbers = footage(tracks[::-1])
    assert list(whole.frames) == list(range(20))
    steps = np.diff(numbers)
    assert steps[9] > 2
    assert set(np.delete(steps, 9)) == {1}


def test_faces_that_cross_begin_new_tracks_and_keep_their_names() -> None:
    builder = TrackBuilder()
    base = talkers.landmarks()
    left, right = talkers.photo(), stranger(0.02)
    shape = (240, 900, 3)
    other = seen(right)
    for number in range(60):
        shift = 8 * number
        image = np.full(shape, 128, np.uint8)
        there = base + np.array([shift, 0, 0], np.float32)
        here = other + np.array([480 - shift, 0, 0], np.float32)
        for picture, landmarks, off in ((right, other, 480 - shift), (left, base, shift)):
            low, high = landmarks[:, :2].min(axis=0).astype(int), landmarks[:, :2].max(axis=0)
            x, y, w, h = low[0], low[1], int(high[0] - low[0]), int(high[1] - low[1])
            image[y : y + h, x + off : x + off + w] = picture[y : y + h, x : x + w]
        faces = [FaceObservation(there, 1.0), FaceObservation(here, 1.0)]
        builder.add(number / 25, faces, cut=False, picture=talkers.Still(image))
    tracks = builder.finish().tracks
    first, last = ([t for t in tracks if n in t.frames and len(t) > 10] for n in (2, 57))
    by_place = {t.person: float(t.points[0, :, 0].mean()) for t in first}
    after = {t.person: float(t.points[-1, :, 0].mean()) for t in last}
    assert set(by_place) == set(after) == {0, 1}
    assert by_place[0] < by_place[1]
    assert after[0] > after[1]


def test_what_covers_the_skin_is_told_from_a_change_of_light() -> None:
    image, landmarks = talkers.photo(), talkers.landmarks()
    usual = colours(image, landmarks)
    assert usual.shape == (len(LOWER) + len(UPPER), 3)
    rng = np.random.default_rng(0)
    frames = np.repeat(usual[None], 60, axis=0) + rng.normal(0, 1, (60, *usual.shape))
    frames[20:30] *= 0.8  # the light goes down
    covered = image.copy()
    lips = landmarks[13, :2].astype(int)
    cv2.circle(covered, (int(lips[0]), int(lips[1]) + 8), 24, (60, 50, 45), -1)
    frames[40:50] = colours(covered, landmarks)
    clear = clearness(frames.astype(np.float32))
    assert clear[:40].min() > 0.5
    assert clear[40:50].max() < 0.1
    assert clearness(frames[:0].astype(np.float32)).shape == (0,)
