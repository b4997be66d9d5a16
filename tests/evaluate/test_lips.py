"""The measures of drawn mouths, on mouths whose faults are known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from dubber.evaluate.lip_pictures import PictureMeasure, mouth, pairs, seam, sharpness
from dubber.evaluate.lips import best_lag, correlation, score, stir
from dubber.lipsync.asked import Asked, AskedMouths
from dubber.lipsync.blend import rectangle
from dubber.lipsync.points import LIPS_OUTER, places
from dubber.lipsync.shape import measure
from dubber.lipsync.tracks import FaceTrack, FaceTracks
from dubber.lipsync.warp import bent
from tests.lipsync import talkers
from tests.lipsync.talkers import Still

COUNT = 100
STEP = 0.04
TIMES = np.arange(COUNT, dtype=np.float64) * STEP


def speech(n: float) -> float:
    """Openings of a mouth that closes every 12 frames and rests after frame 60."""
    return 0.12 * (1 - np.cos(2 * np.pi * n / 12)) if n < 60 else 0.004


def film(openings: np.ndarray) -> FaceTracks:
    base = talkers.face()
    own = measure(base[None])[0]
    points = []
    for opening in openings:
        wanted = own.copy()
        wanted[0] = opening
        points.append(bent(base, wanted))
    count = len(openings)
    track = FaceTrack(
        7,
        0,
        np.arange(count, dtype=np.int32),
        np.array(points, np.float32),
        np.zeros(count, np.float32),
        np.full(count, 90, np.float32),
        np.ones(count, np.float32),
    )
    return FaceTracks(np.arange(count, dtype=np.float64) * STEP, np.zeros(0, np.int32), (track,))


def asked_of(tracks: FaceTracks) -> AskedMouths:
    wanted = measure(tracks.tracks[0].points)
    count = len(wanted)
    role = Asked(
        7, np.arange(count, dtype=np.int32), wanted, np.ones(count, np.float32), (0.0, 0.24)
    )
    closed = np.arange(0, 60, 12, dtype=np.float64) * STEP
    return AskedMouths((role,), closed, closed + 6 * STEP, np.array([[0.0, 60 * STEP]]))


def scores_of(openings: np.ndarray):  # type: ignore[no-untyped-def]
    wanted = film(np.array([speech(n) for n in range(COUNT)]))
    return score(
        asked_of(wanted),
        source=wanted,
        output=film(openings),
        speech=[(0.0, 60 * STEP)],
        pictures=PictureMeasure().scores(),
    )


def test_a_mouth_that_does_as_asked_has_the_best_figures() -> None:
    scores = scores_of(np.array([speech(n) for n in range(COUNT)]))
    assert scores.opening > 0.999
    assert abs(scores.lag) < 0.002
    assert scores.closures == 5
    assert scores.closed == 1.0
    assert scores.open_closed > 5
    assert scores.silence == pytest.approx(scores.silence_source, abs=1e-4)
    assert "closures:5" in scores.signature
    assert scores.record()["frames"] == COUNT


@pytest.mark.parametrize("late", [-3, -1, 2, 4])
def test_the_lag_of_a_late_mouth_is_found(late: int) -> None:
    scores = scores_of(np.array([speech(n - late) for n in range(COUNT)]))
    assert scores.lag == pytest.approx(late * STEP, abs=0.01)


def test_a_mouth_that_never_closes_is_told_by_its_closures_alone() -> None:
    scores = scores_of(np.array([0.06 + 0.7 * speech(n) for n in range(COUNT)]))
    assert scores.opening > 0.99
    assert scores.closed == 0.0


def test_lips_that_flap_in_silence_are_told() -> None:
    flapping = np.array([speech(n) if n < 60 else 0.05 + 0.05 * (n % 2) for n in range(COUNT)])
    assert scores_of(flapping).silence > 0.04


def test_a_face_elsewhere_is_not_taken_for_the_one_that_was_drawn() -> None:
    wanted = film(np.array([speech(n) for n in range(COUNT)]))
    (track,) = wanted.tracks
    away = replace(track, points=track.points + 90)
    scores = score(
        asked_of(wanted),
        source=wanted,
        output=FaceTracks(wanted.times, wanted.cuts, (away,)),
        speech=[],
        pictures=PictureMeasure().scores(),
    )
    assert scores.frames == 0
    assert np.isnan(scores.opening)
    assert "opening" not in scores.record()


def test_lag_and_correlation_need_something_that_moves() -> None:
    still = np.zeros(50, np.float32)
    assert np.isnan(correlation(still, still))
    assert np.isnan(best_lag(still, still, STEP))
    assert np.isnan(stir(TIMES[:50], still, np.zeros(50, np.bool_), STEP))


def measured(change) -> PictureMeasure:  # type: ignore[no-untyped-def]
    """Pictures of a talking photo against `change(image, n)` of them."""
    sources = [talkers.talking(0.1 + 0.1 * np.sin(n / 2)) for n in range(8)]
    tracks = film(np.full(8, 0.1))
    asked = asked_of(tracks)
    before = [Still(image, n, n * STEP) for n, image in enumerate(sources)]
    after = [Still(change(image, n), n, n * STEP) for n, image in enumerate(sources)]
    measure_ = PictureMeasure()
    for found in pairs(asked, tracks, before, after):
        measure_.add(found)
    return measure_


def test_equal_pictures_have_ratios_of_one() -> None:
    scores = measured(lambda image, n: image).scores()
    assert scores.flicker == pytest.approx(1)
    assert scores.seam == 0
    assert scores.sharpness == pytest.approx(1)
    assert scores.psnr_outside == float("inf")


def patch() -> tuple[slice, slice]:
    face = film(np.full(1, 0.1)).tracks[0].points[0]
    x, y, w, h = rectangle(face, *talkers.SIZE) or (0, 0, 0, 0)
    return slice(y, y + h), slice(x, x + w)


def test_flicker_blur_and_noise_outside_are_told_apart() -> None:
    def flickers(image: np.ndarray, n: int) -> np.ndarray:
        changed = image.copy()
        changed[patch()] = np.clip(changed[patch()].astype(int) + 12 * (n % 2), 0, 255)
        return changed

    def blurs(image: np.ndarray, n: int) -> np.ndarray:
        changed = image.copy()
        changed[patch()] = cv2.GaussianBlur(image[patch()], (0, 0), 2.0)
        return np.asarray(changed)

    def snows(image: np.ndarray, n: int) -> np.ndarray:
        changed = np.clip(image.astype(int) + 4, 0, 255).astype(np.uint8)
        changed[patch()] = image[patch()]
        return np.asarray(changed)

    assert measured(flickers).scores().flicker > 2
    assert measured(flickers).scores().psnr_outside == float("inf")
    assert measured(blurs).scores().sharpness < 0.5
    assert 30 < measured(snows).scores().psnr_outside < 40


def test_a_box_around_the_mouth_adds_more_edges_than_a_change_that_fades() -> None:
    face, image = talkers.face(), talkers.photo()
    rows, columns = patch()
    box, fade = np.zeros(image.shape[:2], np.float32), np.zeros(image.shape[:2], np.float32)
    box[rows.start + 25 : rows.stop - 12, columns.start + 14 : columns.stop - 14] = 30
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    middle = face[places(LIPS_OUTER)].mean(axis=0)
    fade[:] = 30 * np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (2 * 14**2))
    boxed, faded = (
        np.clip(image + change[..., None], 0, 255).astype(np.uint8) for change in (box, fade)
    )
    own, added = seam(image, boxed, face)
    assert own > 0
    assert added > 3 * seam(image, faded, face)[1]
    assert seam(image, image, face)[1] == 0
    assert sharpness(mouth(image, face)) > sharpness(mouth(faded, face)) * 0.5
