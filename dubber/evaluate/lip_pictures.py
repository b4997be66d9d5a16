"""Drawn mouths as pictures: what changed from frame to frame, at the seam, and elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.asked import Asked, AskedMouths
from dubber.lipsync.blend import face_width, mask_of, rectangle
from dubber.lipsync.points import LIPS_OUTER, places
from dubber.lipsync.tracks import FaceTrack, FaceTracks
from dubber.lipsync.warp import steady

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import FramePicture, Image, Points

    Floats = NDArray[np.float32]

MOUTH = (96, 64)  # pixels of the aligned mouth that is compared, across and down
ROOM = 1.7  # of the mouth's width that it shows
SHOWN = 0.95
_LIPS = places(LIPS_OUTER)
_CORNERS = places((61, 291))


@dataclass(frozen=True, slots=True)
class PictureScores:
    """Ratios against the source's own pixels, 1 where nothing changed; NaN where nothing was drawn.

    `flicker`: root mean square change of the aligned mouth from frame to frame; `seam`: edges that
    were added in the rim of the mask, as a part of the source's own there (0 where nothing
    changed); `sharpness`: median variance of the mouth's Laplacian;
    `psnr_outside` in dB, of the pixels outside every patch (`inf` where they are equal).
    """

    flicker: float
    seam: float
    sharpness: float
    psnr_outside: float


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A frame of both films with a drawn face in it: its landmarks (k, 2) in the source, and
    which role it is of."""

    role: int
    index: int
    time: float
    source: Image
    output: Image
    points: Points


def pairs(
    asked: AskedMouths,
    tracks: FaceTracks,
    source: Iterable[FramePicture],
    output: Iterable[FramePicture],
) -> Iterator[list[Pair]]:
    """For each frame of both films, in step, the faces that were drawn in it."""
    places = [_Where(number, role, tracks) for number, role in enumerate(asked.roles)]
    for before, after in zip(source, output, strict=False):
        found = [where.at(before.index) for where in places]
        yield [
            Pair(number, before.index, before.time, before.bgr(), after.bgr(), points)
            for number, points in enumerate(found)
            if points is not None
        ]


class _Where:
    """Where a role's face is in the frames in which its mouth was fully ours."""

    def __init__(self, number: int, role: Asked, tracks: FaceTracks) -> None:
        track: FaceTrack | None = next((t for t in tracks.tracks if t.id == role.track), None)
        self._points: dict[int, Points] = {}
        if track is None:
            return
        smooth = steady(track.points)
        for frame, weight in zip(role.frames.tolist(), role.weight.tolist(), strict=True):
            row = int(np.searchsorted(track.frames, frame))
            if weight >= SHOWN and row < len(track) and track.frames[row] == frame:
                self._points[frame] = smooth[row]

    def at(self, frame: int) -> Points | None:
        return self._points.get(frame)


class PictureMeasure:
    """Takes the pairs of frame after frame, and gives the scores at the end."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, Floats, Floats]] = {}
        self._changes = np.zeros(2)
        self._seams = np.zeros(2)
        self._sharp: list[tuple[float, float]] = []
        self._off, self._counted = 0.0, 0

    def add(self, found: list[Pair]) -> None:
        if not found:
            return
        for pair in found:
            mouths = [mouth(image, pair.points) for image in (pair.source, pair.output)]
            self._flicker(pair, mouths[0], mouths[1])
            self._sharp.append((sharpness(mouths[0]), sharpness(mouths[1])))
            self._seams += seam(pair.source, pair.output, pair.points)
        self._outside(found)

    def scores(self) -> PictureScores:
        if not self._sharp:
            return PictureScores(np.nan, np.nan, np.nan, np.nan)
        sharp = np.median(np.array(self._sharp), axis=0)
        error = self._off / max(1, self._counted)
        return PictureScores(
            flicker=float(np.sqrt(self._changes[1] / max(self._changes[0], 1e-9))),
            seam=float(np.sqrt(self._seams[1] / max(self._seams[0], 1e-9))),
            sharpness=float(sharp[1] / max(sharp[0], 1e-9)),
            psnr_outside=float("inf") if error == 0 else float(10 * np.log10(255**2 / error)),
        )

    def _flicker(self, pair: Pair, source: Floats, output: Floats) -> None:
        last = self._last.get(pair.role)
        if last is not None and last[0] == pair.index - 1:
            self._changes += [((source - last[1]) ** 2).mean(), ((output - last[2]) ** 2).mean()]
        self._last[pair.role] = (pair.index, source, output)

    def _outside(self, found: list[Pair]) -> None:
        """Sampled rows are enough: the patches differ from frame to frame."""
        height, width = found[0].source.shape[:2]
        outside = np.ones((height, width), np.bool_)
        for pair in found:
            place = rectangle(pair.points, width, height)
            if place is not None:
                x, y, w, h = place
                outside[y : y + h, x : x + w] = False
        row = found[0].index % 4
        kept = outside[row::4]
        gap = found[0].source[row::4][kept].astype(np.float32) - found[0].output[row::4][kept]
        self._off += float((gap**2).sum())
        self._counted += gap.size


def mouth(image: Image, points: Points) -> Floats:
    """The mouth and what is around it, turned level and brought to one size: grey, MOUTH."""
    import cv2

    right, left = points[_CORNERS]
    across = left - right
    reach = float(np.linalg.norm(across)) * ROOM
    scale = MOUTH[0] / max(reach, 1e-6)
    angle = np.arctan2(across[1], across[0])
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    middle = points[_LIPS].mean(axis=0)
    matrix = np.array(
        [
            [cos, sin, MOUTH[0] / 2 - cos * middle[0] - sin * middle[1]],
            [-sin, cos, MOUTH[1] / 2 + sin * middle[0] - cos * middle[1]],
        ]
    )
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    cut = cv2.warpAffine(image, matrix, MOUTH, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.float32) @ np.array([0.114, 0.587, 0.299], np.float32)


def sharpness(picture: Floats) -> float:
    """Variance of the Laplacian of a grey picture."""
    import cv2

    return float(cv2.Laplacian(picture, cv2.CV_32F).var())


def seam(source: Image, output: Image, points: Points) -> tuple[float, float]:
    """Mean squared second derivative in the rim of the mask that a mouth is blended in with: of
    the source, and of what the output adds to it."""
    import cv2

    place = rectangle(points, source.shape[1], source.shape[0])
    if place is None:
        return 0.0, 0.0
    x, y, w, h = place
    own = points - np.array([x, y], np.float32)
    mask = mask_of((h, w), own, own)
    rim = (mask > 0.02) & (mask < 0.98)
    if not rim.any():
        return 0.0, 0.0
    before, after = (
        cv2.cvtColor(image[y : y + h, x : x + w], cv2.COLOR_BGR2GRAY).astype(np.float32)
        for image in (source, output)
    )
    sigma = max(1.0, 0.012 * face_width(points))  # the source's grain is no edge

    def energy(picture: Floats) -> float:
        edges = cv2.Laplacian(cv2.GaussianBlur(picture, (0, 0), sigma), cv2.CV_32F)
        return float((edges[rim] ** 2).mean())

    return energy(before), energy(after - before)
