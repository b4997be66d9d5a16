"""A still image as a film of one picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.video.frame import VideoFrame

from dubber.errors import MediaError
from dubber.media import gate
from dubber.media.video import LIMITED, Frame, VideoWriter
from dubber.schema import VideoStream

if TYPE_CHECKING:
    from dubber.protocols import Image

STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
RATE = 25  # pictures a second
MOST_BYTES = 64 << 20
BT709 = 1


def read_still(path: Path) -> Image:
    """The image in `path`, its sides even; NoInputError or MediaError."""
    import cv2

    gate.check_file(path)
    if path.stat().st_size > MOST_BYTES:
        raise MediaError("the image is too large", subject=path)
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, OSError) as error:
        raise MediaError("the image cannot be read", subject=path) from error
    if image is None or min(image.shape[:2]) < 16:
        raise MediaError("not an image that can be read", subject=path, cure="give .png or .jpg")
    if image.shape[0] * image.shape[1] > gate.MAX_PIXELS:
        raise MediaError("the image has too many pixels", subject=path)
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    return np.ascontiguousarray(image[:height, :width], np.uint8)


def film_of(image: Image, target: Path, *, seconds: float) -> None:
    """Write a film of `seconds` that shows `image` all the time, RATE pictures a second."""
    height, width = image.shape[:2]
    blank = VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(blank.planes):
        plane.update(bytes([128 if number else 16]) * plane.buffer_size)
    blank.colorspace, blank.color_range = BT709, LIMITED
    base = Fraction(1, RATE)
    first = Frame(blank, index=0, ticks=0, time_base=base, rotation=0, length=1)
    picture = first.with_patch(0, 0, image).picture  # exact, as a re-drawn mouth is
    like = VideoStream(
        index=0,
        codec="h264",
        width=width,
        height=height,
        frame_rate=Fraction(RATE),
        frames=0,
        duration=seconds,
        start=0.0,
        pixel_format="yuv420p",
    )
    with VideoWriter(target, like) as writer:
        for index in range(max(1, round(seconds * RATE))):
            writer.write(
                Frame(picture, index=index, ticks=index, time_base=base, rotation=0, length=1)
            )
