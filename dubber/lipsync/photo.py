"""A photo that is to speak: its one face, and a head that moves a little.

The head is turned, nodded, tilted and shifted by a few parts of a hundred of its width, as a bent
ellipsoid would be; what lies around it follows less and less, and the picture's rim stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.config import LipOptions
from dubber.errors import DataError
from dubber.lipsync.follow import LEFT_EDGE, RIGHT_EDGE, face_pixels, yaw_degrees
from dubber.media.still import RATE, shown
from dubber.protocols import FaceFinder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

MOST_SIDE = 1280  # pixels: larger photos are made smaller; a drawn mouth has no more detail
TOP, BOTTOM = 10, 152  # landmarks of the hair line and of the chin
HEAD = (0.64, 0.8)  # radii of a head with its hair, of the face's width and height
AROUND = 2.2  # radii of the head beyond which the picture stays
RIM = 0.12  # of the face's width: as near to its edges the picture stays
DEEP = 0.4  # of the face's width that the nose stands before the head's outline
TURN, NOD, TILT = 0.055, 0.035, 0.018  # radians, at most
SHIFT = (0.012, 0.008)  # of the face's width, at most
#: Seconds a radian of each motion's two waves: their sum does not come back.
WAVES = {"turn": (0.93, 2.3), "nod": (0.71, 1.57), "tilt": (1.31, 2.9), "x": (1.7, 3.1),
         "y": (1.1, 2.1)}  # fmt: skip
HEADS: dict[str, Callable[[Photo], Callable[[float], Image]]] = {
    "still": lambda photo: lambda time: photo.image,
    "gentle": lambda photo: Sway(photo).at,
}


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A picture and all landmarks of its one face, (478, 3)."""

    image: Image
    landmarks: Points

    @staticmethod
    def of(image: Image, finder: FaceFinder, *, options: LipOptions, path: Path) -> Photo:
        """`image`, at most MOST_SIDE a side; DataError, naming `path`, unless there is one face in
        it, large enough and looking at us."""
        image = _bounded(image)
        found = next(iter(finder.find([shown(image, 0, time=0.0, rate=Fraction(RATE))])))
        if not found:
            raise DataError("no face in it", subject=path, cure="give a picture of one face")
        if len(found) > 1:
            raise DataError(f"{len(found)} faces in it", subject=path, cure="cut it to one of them")
        landmarks = found[0].landmarks
        width, yaw = face_pixels(landmarks), yaw_degrees(landmarks)
        if width < options.min_face_pixels:
            raise DataError(
                f"its face is {width:.0f} pixels wide, less than {options.min_face_pixels}",
                subject=path,
                cure="give a larger picture",
            )
        if abs(yaw) > options.max_yaw_degrees:
            raise DataError(
                f"its face is turned by {abs(yaw):.0f} degrees, more than "
                f"{options.max_yaw_degrees:.0f}",
                subject=path,
                cure="give a picture of a face that looks at us",
            )
        return Photo(image, landmarks)


def _bounded(image: Image) -> Image:
    import cv2

    scale = MOST_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = tuple(max(16, round(side * scale) // 2 * 2) for side in image.shape[1::-1])
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


class Sway:
    """A photo whose head moves."""

    def __init__(self, photo: Photo) -> None:
        self._image, face = photo.image, photo.landmarks[:, :2]
        self._unit = max(float(np.linalg.norm(face[LEFT_EDGE] - face[RIGHT_EDGE])), 1.0)
        down = face[BOTTOM] - face[TOP]
        tall = max(float(np.linalg.norm(down)), 1.0)
        down = down / tall
        self._neck = face[BOTTOM] + 0.2 * tall * down
        middle = face[TOP] + 0.42 * tall * down
        height, width = self._image.shape[:2]
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        off = np.stack([x, y], axis=2).astype(np.float32) - middle.astype(np.float32)
        along, across = off @ down, off @ np.array([down[1], -down[0]], np.float32)
        radii = HEAD[0] * self._unit, HEAD[1] * tall
        away = np.sqrt((across / radii[0]) ** 2 + (along / radii[1]) ** 2)
        share = np.clip((AROUND - away) / (AROUND - 1), 0, 1)
        share = share * share * (3 - 2 * share)
        rim = [np.minimum(np.arange(n), np.arange(n)[::-1]) / (RIM * self._unit)
               for n in (height, width)]  # fmt: skip
        share *= np.clip(np.minimum.outer(*rim), 0, 1)
        rows, columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
        self._part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        self._share = share[self._part].astype(np.float32)
        depth = DEEP * self._unit * np.clip(1 - away**2, 0, 1) ** 2
        self._depth = depth[self._part].astype(np.float32)
        self._x, self._y = (plane[self._part].astype(np.float32) for plane in (x, y))

    def at(self, time: float) -> Image:
        """The picture at `time` seconds; at 0 it is the photo."""
        import cv2

        move = {name: _wave(time, *waves) for name, waves in WAVES.items()}
        tilt = np.float32(TILT * move["tilt"])
        right = SHIFT[0] * self._unit * move["x"] - tilt * (self._y - self._neck[1])
        below = SHIFT[1] * self._unit * move["y"] + tilt * (self._x - self._neck[0])
        right = self._share * right + self._depth * np.float32(TURN * move["turn"])
        below = self._share * below + self._depth * np.float32(NOD * move["nod"])
        moved = self._image.copy()
        moved[self._part] = cv2.remap(
            self._image,
            np.asarray(self._x - right, np.float32),
            np.asarray(self._y - below, np.float32),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return moved


def _wave(time: float, one: float, other: float) -> float:
    return float((np.sin(time / one) + np.sin(time / other)) / 2)
