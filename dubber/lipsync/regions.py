"""Turned squares around faces: where the landmark network looks, and the way back from there.

As MediaPipe's graphs: a square of 1.5 times the longer side of the face's box, turned so that the
eyes lie level (RectTransformationCalculator, DetectionsToRectsCalculator).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.blazeface import LEFT_EYE, RIGHT_EYE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import FramePicture, Image, Points

    Floats = NDArray[np.float32]

SCALE = 1.5
OUTER_EYES = (33, 263)


@dataclass(frozen=True, slots=True)
class Region:
    """A square of `side` pixels around (x, y), turned by `angle` radians clockwise."""

    x: float
    y: float
    side: float
    angle: float

    def matrix(self, size: int) -> NDArray[np.float64]:
        """From pixels of its `size` x `size` picture to the whole picture's, shape (2, 3)."""
        step = self.side / size
        cos, sin = np.cos(self.angle) * step, np.sin(self.angle) * step
        half = size / 2
        return np.array(
            [
                [cos, -sin, self.x - cos * half + sin * half],
                [sin, cos, self.y - sin * half - cos * half],
            ]
        )

    def cut(self, frame: FramePicture, size: int) -> Image:
        """Its picture, `size` x `size`; edge pixels are repeated outside the whole picture."""
        import cv2

        reach = self.side / 2 * (abs(np.cos(self.angle)) + abs(np.sin(self.angle))) + 2
        left, right = (_within(self.x + off, frame.width) for off in (-reach, reach))
        top, bottom = (_within(self.y + off, frame.height) for off in (-reach, reach))
        left, top = min(left, frame.width - 1), min(top, frame.height - 1)
        part = frame.crop(left, top, max(1, right - left), max(1, bottom - top))
        matrix = self.matrix(size) - np.array([[0, 0, left], [0, 0, top]])
        return np.asarray(
            cv2.warpAffine(
                part,
                matrix,
                (size, size),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )

    def restore(self, points: Points, size: int) -> Points:
        """Points (n, 3) of its `size` x `size` picture in the whole picture's pixels."""
        matrix = self.matrix(size)
        flat = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        return np.column_stack([flat, points[:, 2] * (self.side / size)]).astype(np.float32)


def _within(place: float, length: int) -> int:
    return int(min(max(place, 0), length))


def region_of_box(box: Floats) -> Region:
    """Around a detected face: `box` (8, 2) in pixels, rows centre, size, key points."""
    across = box[LEFT_EYE] - box[RIGHT_EYE]
    return Region(
        float(box[0, 0]),
        float(box[0, 1]),
        float(box[1].max()) * SCALE,
        float(np.arctan2(across[1], across[0])),
    )


def region_of_landmarks(landmarks: Points) -> Region:
    """Where the face with these 478 landmarks (pixels) will be in the next frame."""
    flat = landmarks[:, :2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    across = flat[OUTER_EYES[1]] - flat[OUTER_EYES[0]]
    middle = (low + high) / 2
    return Region(
        float(middle[0]),
        float(middle[1]),
        float((high - low).max()) * SCALE,
        float(np.arctan2(across[1], across[0])),
    )
