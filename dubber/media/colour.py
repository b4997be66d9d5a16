"""Between BGR and the YUV that films are stored in, for the few pixels that are re-drawn.

The forward way (a whole frame to BGR) is FFmpeg's. The way back is exact arithmetic here, for the
matrix, range and depth of the stream (ITU-T H.273, tables 3 and 4), so that a pixel drawn with the
colour it had keeps its samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image

#: H.273 matrix number -> (Kr, Kb)
WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
           9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}  # fmt: skip
BT709, BT601 = 1, 6
FULL_RANGE = 2
HD_HEIGHT = 720  # pictures that do not say are taken for BT.709 from here up, as players do


@dataclass(frozen=True, slots=True)
class Layout:
    """How a pixel format stores three planes: bits a sample, and log2 of the chroma steps."""

    bits: int
    across: int
    down: int


#: The formats that can be re-drawn.
LAYOUTS = {
    "yuv420p": Layout(8, 1, 1),
    "yuvj420p": Layout(8, 1, 1),
    "yuv422p": Layout(8, 1, 0),
    "yuvj422p": Layout(8, 1, 0),
    "yuv444p": Layout(8, 0, 0),
    "yuvj444p": Layout(8, 0, 0),
    "yuv420p10le": Layout(10, 1, 1),
    "yuv422p10le": Layout(10, 1, 0),
    "yuv444p10le": Layout(10, 0, 0),
}


@dataclass(frozen=True, slots=True)
class Colours:
    """The matrix (H.273 number) and range of a frame, with what it does not say filled in."""

    matrix: int
    full: bool

    @staticmethod
    def of(matrix: int, colour_range: int, pixel_format: str, height: int) -> Colours:
        if matrix not in WEIGHTS:
            matrix = BT709 if height >= HD_HEIGHT else BT601
        return Colours(matrix, colour_range == FULL_RANGE or pixel_format.startswith("yuvj"))


def to_planes(
    image: Image, layout: Layout, colours: Colours
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Y, U, V of a BGR image of shape (h, w, 3); chroma is the mean of the pixels it covers.

    `h` and `w` are multiples of the chroma steps.
    """
    kr, kb = WEIGHTS[colours.matrix]
    scaled = np.asarray(image, np.float32) / np.float32(255)
    blue, green, red = scaled[..., 0], scaled[..., 1], scaled[..., 2]
    luma: NDArray[Any] = kr * red + (1 - kr - kb) * green + kb * blue  # 0..1
    cb: NDArray[Any] = (blue - luma) / (2 * (1 - kb))  # -0.5..0.5
    cr: NDArray[Any] = (red - luma) / (2 * (1 - kr))
    top = 1 << layout.bits
    if colours.full:
        floor, span, chroma_span = 0, top - 1, top - 1
    else:
        floor, span, chroma_span = 16 * top // 256, 219 * top // 256, 224 * top // 256
    middle = top // 2
    return (
        _whole(luma * span + floor, layout),
        _whole(_shrink(cb, layout) * chroma_span + middle, layout),
        _whole(_shrink(cr, layout) * chroma_span + middle, layout),
    )


def covers(changed: NDArray[np.bool_], layout: Layout) -> NDArray[np.bool_]:
    """Which chroma samples have a changed pixel under them; shape (h, w) to the chroma plane's."""
    height, width = changed.shape
    down, across = 1 << layout.down, 1 << layout.across
    tiles = changed.reshape(height // down, down, width // across, across)
    return np.asarray(tiles.any(axis=(1, 3)))


def _shrink(plane: NDArray[Any], layout: Layout) -> NDArray[Any]:
    height, width = plane.shape
    down, across = 1 << layout.down, 1 << layout.across
    tiles = plane.reshape(height // down, down, width // across, across)
    return np.asarray(tiles.mean(axis=(1, 3)))


def _whole(plane: NDArray[Any], layout: Layout) -> NDArray[Any]:
    rounded = np.clip(np.rint(plane), 0, (1 << layout.bits) - 1)
    return np.asarray(rounded, np.uint8 if layout.bits == 8 else np.uint16)
