"""A still image as a film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.video.frame import VideoFrame

from dubber.errors import DataError, MediaError
from dubber.media import gate
from dubber.media.planes import LIMITED
from dubber.media.video import Frame, VideoReader
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
    return _even(image)


def read_frame(path: Path, at: float) -> Image:
    """The picture that the film at `path` shows at `at` seconds, its sides even; NoInputError,
    MediaError or DataError."""
    with VideoReader(path) as reader:
        if reader.stream.hdr:
            raise MediaError("it is HDR, and its light levels would be lost", subject=path)
        last: Frame | None = None
        for frame in reader:
            if last is not None and frame.time > at:
                break
            last = frame
        else:
            ends = reader.stream.start + reader.stream.duration
            if last is None or at > ends:
                raise DataError(f"the film ends at {ends:.1f} s", subject=path)
        return _even(last.bgr())


def _even(image: Image) -> Image:
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    return np.ascontiguousarray(image[:height, :width], np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A film of `length` seconds that is drawn as it is read, RATE pictures a second.

    `picture(time)` is what is shown then: (h, w, 3), even sides, always of one size.
    """

    picture: Callable[[float], Image]
    length: float


class StillReader:
    """The pictures of a Still in order, read as `media.video.VideoReader` reads those of a film."""

    def __init__(self, still: Still) -> None:
        self._still = still
        rate = Fraction(RATE)
        self.stream = picture_stream_of(still.picture(0.0), rate=rate, seconds=still.length)

    def __enter__(self) -> StillReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    def __iter__(self) -> Iterator[Frame]:
        for index in range(max(1, round(self._still.length * RATE))):
            time = index / RATE
            yield shown(self._still.picture(time), index, time=time, rate=Fraction(RATE))


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
