"""A still image as a film of one picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.video.frame import VideoFrame

from dubber.errors import MediaError
from dubber.media import gate
from dubber.media.planes import LIMITED
from dubber.media.video import Frame, VideoWriter
from dubber.schema import VideoStream

if TYPE_CHECKING:
    from dubber.protocols import Image

STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
RATE = 25  # pictures a second
MOST_BYTES = 64 << 20
BT709 = 1
BASE = Fraction(1, 90_000)  # of a second: the unit of their times


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
    like = picture_stream_of(image, rate=Fraction(RATE), seconds=seconds)
    frame = shown(image, 0, time=0.0, rate=Fraction(RATE))
    with VideoWriter(target, like) as writer:
        for index in range(max(1, round(seconds * RATE))):
            writer.write(
                Frame(
                    frame.picture,
                    index=index,
                    ticks=round(index / RATE / frame.time_base),
                    time_base=frame.time_base,
                    rotation=0,
                    length=frame.length,
                )
            )


def picture_stream_of(image: Image, *, rate: Fraction, seconds: float) -> VideoStream:
    """What a film of pictures like `image` says of itself."""
    return VideoStream(
        index=0,
        codec="h264",
        width=image.shape[1],
        height=image.shape[0],
        frame_rate=rate,
        frames=0,
        duration=seconds,
        start=0.0,
        pixel_format="yuv420p",
    )


def shown(image: Image, index: int, *, time: float, rate: Fraction) -> Frame:
    """`image`, of even sides, as a frame that is shown at `time`."""
    blank = VideoFrame(image.shape[1], image.shape[0], "yuv420p")
    for number, plane in enumerate(blank.planes):
        plane.update(bytes([128 if number else 16]) * plane.buffer_size)
    blank.colorspace, blank.color_range = BT709, LIMITED
    frame = Frame(
        blank,
        index=index,
        ticks=round(time / BASE),
        time_base=BASE,
        rotation=0,
        length=round(1 / rate / BASE),
    )
    return frame.with_patch(0, 0, image)  # exact, as a re-drawn mouth is
