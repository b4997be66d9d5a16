"""Where a face lies on the canvas, and what drives it."""

from __future__ import annotations

import cv2
import numpy as np

from dubber.lipsync.gan.canvas import (
    CHANNELS,
    FACE,
    HEIGHT,
    NOSE,
    WIDTH,
    bent_to,
    drive,
    mask,
    mouth,
    on_canvas,
    openness,
    stacked,
)
from dubber.lipsync.points import place
from tests.lipsync.gan.people import person
from tests.lipsync.talkers import face, photo


def test_a_face_lies_upright_with_its_nose_where_every_nose_is() -> None:
    turned = cv2.getRotationMatrix2D((160, 120), 25, 1.4)
    image = np.asarray(cv2.warpAffine(photo(), turned, (320, 240)), np.uint8)
    points = np.asarray(face() @ turned[:, :2].T + turned[:, 2], np.float32)
    upright, own, _ = on_canvas(image, points)
    straight, there, _ = on_canvas(photo(), face())
    assert upright.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(own - there).max() < 0.1
    assert np.linalg.norm(own[place(2)] - NOSE) < 8
    across = np.linalg.norm(own[place(234)] - own[place(454)])
    assert 0.85 * FACE < across < 1.15 * FACE
    lips = mouth(own) > 0
    assert np.abs(upright.astype(int) - straight)[lips].mean() < 6


def test_the_drive_shows_more_inside_the_lips_the_wider_they_are_open() -> None:
    clip = person()
    order = np.argsort([openness(points) for points in clip.points])
    inside = [int((drive(clip.points[n])[..., 1] > 127).sum()) for n in order[[0, 20, 39]]]
    assert inside[0] < inside[1] < inside[2]


def test_the_mask_hides_mouth_and_chin_and_tells_not_where_the_jaw_is() -> None:
    clip = person()
    order = np.argsort([openness(points) for points in clip.points])
    closed, wide = clip.points[order[0]], clip.points[order[-1]]
    covered = mask([closed, wide])
    assert (covered[mouth(closed) > 0] > 0).all()
    assert (covered == mask([wide, closed])).all()
    assert (covered[: int(NOSE[1]) - 4] == 0).all()
    shown = stacked(clip.faces[0], [clip.faces[0]] * 4, closed, covered)
    assert shown.shape == (CHANNELS, HEIGHT, WIDTH)
    assert (shown[:3, covered > 0] == 128).all()


def test_a_reference_bent_to_another_mouth_is_nearer_to_it_than_it_was() -> None:
    clip = person()
    order = np.argsort([openness(points) for points in clip.points])
    wide, less = int(order[-1]), int(order[25])
    bent = bent_to([clip.faces[wide]], [clip.points[wide]], clip.points[less])[0]
    lips = mouth(clip.points[less]) > 0
    before = np.abs(clip.faces[wide].astype(int) - clip.faces[less])[lips].mean()
    after = np.abs(bent.astype(int) - clip.faces[less])[lips].mean()
    assert after < 0.6 * before


def test_a_reference_bent_to_itself_stays() -> None:
    clip = person()
    bent = bent_to([clip.faces[3]], [clip.points[3]], clip.points[3])[0]
    assert (bent == clip.faces[3]).all()
