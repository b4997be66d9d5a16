"""Decoded pictures as arrays: their planes in place, copies of parts, and their colours as BGR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from av.video.frame import VideoFrame

from dubber.media import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image

SWS_SPACES = {1: 1, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}  # H.273 matrix -> libswscale's number
LIMITED, FULL = 1, 2
# POINT | ACCURATE_RND | FULL_CHR_H_INT: chroma repeated and every step rounded, so that
# `colour.to_planes` inverts it; the default is quicker and a whole level too dark.
EXACT = 1 << 4 | 1 << 18 | 1 << 13


def samples(picture: VideoFrame, number: int) -> NDArray[Any]:
    """The samples of a plane in place, shape (height, width)."""
    plane = picture.planes[number]
    kind = np.uint8 if colour.LAYOUTS[picture.format.name].bits == 8 else np.dtype("<u2")
    rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
    return np.asarray(rows[:, : plane.width])


def copy(picture: VideoFrame, part: tuple[int, int, int, int] | None = None) -> VideoFrame:
    """A picture of its own with the same samples and tags, or with those of a part of it: even
    x, y, width and height."""
    x, y, w, h = part or (0, 0, picture.width, picture.height)
    twin = VideoFrame(w, h, picture.format.name)
    layout = colour.LAYOUTS[picture.format.name]
    for number in range(3):
        across, down = (layout.across, layout.down) if number else (0, 0)
        plane = samples(twin, number)
        rows, columns = plane.shape
        top, left = y >> down, x >> across
        np.copyto(plane, samples(picture, number)[top : top + rows, left : left + columns])
    _tag(twin, picture)
    return twin


def thinned(picture: VideoFrame, step: int) -> VideoFrame:
    """A small picture of one sample in `step`, across and down, of each plane."""
    twin = VideoFrame(picture.width // step // 2 * 2, picture.height // step // 2 * 2,
                      picture.format.name)  # fmt: skip
    for number in range(3):
        plane = samples(twin, number)
        rows, columns = plane.shape
        every = samples(picture, number)[step // 2 :: step, step // 2 :: step]
        np.copyto(plane, every[:rows, :columns])
    _tag(twin, picture)
    return twin


def to_bgr(picture: VideoFrame, colours: colour.Colours) -> Image:
    """The picture as it is stored, in BGR."""
    # A decoded picture may say where its chroma lies, and libswscale then repeats some of it
    # from the wrong side; a bare copy does not say, and is inverted by `colour.to_planes`.
    known = picture.format.name in colour.LAYOUTS
    shown = (copy(picture) if known else picture).reformat(
        format="bgr24",
        src_colorspace=SWS_SPACES[colours.matrix],
        dst_colorspace=SWS_SPACES[colours.matrix],
        src_color_range=FULL if colours.full else LIMITED,
        dst_color_range=FULL,
        interpolation=EXACT,
        threads=1,
    )
    return np.asarray(shown.to_ndarray(), np.uint8)


def _tag(twin: VideoFrame, picture: VideoFrame) -> None:
    twin.colorspace, twin.color_range = picture.colorspace, picture.color_range
    twin.color_trc, twin.color_primaries = picture.color_trc, picture.color_primaries
