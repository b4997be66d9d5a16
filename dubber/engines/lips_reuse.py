"""lips.reuse: the speaker's own mouths, found again in the film, laid on and bent to fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.reuse import Library, choose_runs
from dubber.lipsync.shape import OPENING, SEALED, WIDTH
from dubber.lipsync.warp import aligned, redrawn
from dubber.protocols import EngineContext, FacePatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

LOOK = (16, 12)  # brightnesses across and down that say how a mouth looks
MORE_OPEN = 0.12  # of the face unit that an open mouth may be opened further
PRISED = 0.03  # and a closed one: there is nothing inside it to show
WIDER = 0.12  # part of its width that a mouth may be stretched or narrowed by


class Reuse:
    """A LipRenderer."""

    name = "lips.reuse"

    @classmethod
    def open(cls, context: EngineContext) -> Reuse:
        return cls()

    def choose(self, frames: Ints, shapes: Points, yaw: Points, *, most: int) -> NDArray[np.intp]:
        return choose_runs(frames, shapes, most=most)

    def meet(
        self, faces: Sequence[FacePatch], frames: Ints, shapes: Points, yaw: Points
    ) -> ReusePainter:
        return ReusePainter(faces, frames, shapes, yaw)


class ReusePainter:
    """Paints one person with the mouths seen of them."""

    def __init__(
        self, faces: Sequence[FacePatch], frames: Ints, shapes: Points, yaw: Points
    ) -> None:
        self._faces = list(faces)
        self._library = Library(frames, shapes, yaw, _looks(self._faces))
        self._path = np.zeros(0, np.intp)
        self._wanted = np.zeros((0, 4), np.float32)

    def plan(self, points: Points, wanted: Points, yaw: Points) -> None:
        self._path = self._library.path(wanted, yaw)
        self._wanted = wanted

    def paint(self, number: int, face: FacePatch) -> FacePatch:
        row = int(self._path[number])
        image, points = self._draw(row, number, face)
        before = self._went_on(number)
        if before is not None:  # a join: half of what would have come without it
            other, _ = self._draw(before, number, face)
            image = ((image.astype(np.uint16) + other + 1) // 2).astype(np.uint8)
        return FacePatch(image, points)

    def _went_on(self, number: int) -> int | None:
        """The mouth that would follow the one before, if another is shown; None if none."""
        if number == 0:
            return None
        frames, last, row = self._library.frames, self._path[number - 1], self._path[number]
        if 0 <= frames[row] - frames[last] <= 2:
            return None
        follows = last + 1 < len(frames) and frames[last + 1] == frames[last] + 1
        return int(last + 1 if follows else last)

    def _draw(self, row: int, number: int, face: FacePatch) -> tuple[Image, Points]:
        seen = self._faces[row]
        wanted = self._reachable(row, self._wanted[number])
        size = (face.image.shape[1], face.image.shape[0])
        return redrawn(seen.image, seen.points, face.points, wanted, size)

    def _reachable(self, row: int, wanted: Floats) -> Floats:
        """`wanted` as far as this mouth can be bent to it."""
        has = self._library.shapes[row]
        more = PRISED if has[OPENING] < 2 * SEALED else MORE_OPEN
        shape = wanted.copy()
        shape[OPENING] = min(shape[OPENING], has[OPENING] + more)
        shape[WIDTH] = np.clip(shape[WIDTH], has[WIDTH] * (1 - WIDER), has[WIDTH] * (1 + WIDER))
        return shape


def _looks(faces: Sequence[FacePatch]) -> Floats:
    """How each mouth looks: brightness, as parts of its usual change, (m, LOOK)."""
    import cv2

    if not faces:
        return np.zeros((0, LOOK[0] * LOOK[1]), np.float32)
    like = faces[len(faces) // 2].points
    rows = []
    for face in faces:
        matrix = aligned(face.points, like)
        low, high = like[:, 0].min(), like[:, 0].max()
        top, bottom = np.percentile(like[:, 1], 35), like[:, 1].max()
        step = np.array([(high - low) / LOOK[0], (bottom - top) / LOOK[1]])
        to = np.diag(1 / step) @ (matrix - np.array([[0, 0, low], [0, 0, top]]))
        small = cv2.warpAffine(
            face.image, to, LOOK, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        )
        rows.append(small.astype(np.float32).mean(axis=2).ravel())
    looks = np.stack(rows)
    looks -= looks.mean(axis=1, keepdims=True)
    return np.asarray(looks / max(float(looks.std(axis=0).mean()), 1.0), np.float32)
