"""Small films of the photo in examples/, with a mouth that opens and closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from dubber.engines.faces_litert import CARD, FILE, FaceLandmarker
from dubber.lipsync.points import KEPT
from dubber.lipsync.shape import measure
from dubber.lipsync.warp import bending, bent
from dubber.weights import locate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

PHOTO = Path(__file__).parents[2] / "examples" / "face.png"
SIZE = (320, 240)
FPS = 25


@dataclass(frozen=True)
class Still:
    """A picture as a frame."""

    image: Image
    index: int = 0
    time: float = 0.0

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    def bgr(self) -> Image:
        return self.image

    def crop(self, x: int, y: int, w: int, h: int) -> Image:
        return self.image[y : y + h, x : x + w].copy()


@cache
def finder() -> FaceLandmarker:
    return FaceLandmarker(locate(CARD) / FILE)


@cache
def photo() -> Image:
    """The face in the middle of a picture of SIZE, about 90 pixels wide."""
    whole = cv2.imread(str(PHOTO))
    assert whole is not None
    return np.ascontiguousarray(whole[10:250, 65:385], np.uint8)


@cache
def landmarks() -> Points:
    """All 478 landmarks of `photo`."""
    return next(finder().find([Still(photo())]))[0].landmarks


def face() -> Points:
    """The kept landmarks of `photo`."""
    return np.asarray(landmarks()[list(KEPT), :2], np.float32)


def talking(opening: float) -> Image:
    """`photo` with its lips `opening` face units apart, to a hundredth."""
    return _talking(round(opening, 2))


@cache
def _talking(opening: float) -> Image:
    points = face()
    wanted = measure(points[None])[0]
    wanted[0] = opening
    field = bending(points, bent(points, wanted), SIZE)
    return np.asarray(cv2.remap(photo(), field, None, cv2.INTER_CUBIC), np.uint8)


def moved(image: Image, x: float, y: float) -> Image:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(
        cv2.warpAffine(image, matrix, SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def nobody() -> Image:
    ramp = np.linspace(40, 200, SIZE[0], dtype=np.uint8)
    return np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (SIZE[1], SIZE[0], 3)))


def make_film(path: Path, images: Sequence[Image]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "12"})
        stream.width, stream.height = images[0].shape[1], images[0].shape[0]
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def talk(count: int, opening: Callable[[int], float]) -> list[Image]:
    """The photo swaying, with its mouth opened as `opening` says for each frame."""
    return [moved(talking(opening(n)), 3 * np.sin(n / 7), 2 * np.sin(n / 5)) for n in range(count)]


def chatter(n: int) -> float:
    """The opening of a mouth that talks: closed four times a second or so."""
    return float(max(0.0, 0.2 * np.sin(n / 1.9) + 0.16))


def openings(points: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(measure(points)[:, 0], np.float32)
