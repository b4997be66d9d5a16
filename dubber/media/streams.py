"""What the rest of this room asks of an open container: its picture, its clock, its way up."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.stream import Disposition

if TYPE_CHECKING:
    import av.audio.stream
    import av.video.stream
    from av.container import InputContainer
    from av.video.frame import VideoFrame


def picture_stream(container: InputContainer) -> av.video.stream.VideoStream | None:
    """The film itself: the first video stream that is no cover picture."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def film_zero(container: InputContainer) -> Fraction:
    """The container's time stamp, in seconds, at which the film's clock reads 0."""
    found: list[av.video.stream.VideoStream | av.audio.stream.AudioStream] = [
        *container.streams.audio
    ]
    picture = picture_stream(container)
    if picture is not None:
        found.append(picture)
    starts = [s.start_time * fraction(s.time_base) for s in found if s.start_time is not None]
    return min(starts, default=Fraction(0))


def orientation(matrix: Sequence[int]) -> tuple[int, bool]:
    """(degrees clockwise that show it upright, whether it is mirrored too) of a display matrix.

    `matrix` is FFmpeg's nine integers; the picture's axes map to (a, b) and (c, d), y down.
    """
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360, mirrored


def matrix_of(rotation: int, mirrored: bool) -> tuple[int, ...]:
    """The display matrix, FFmpeg's nine integers, for which `orientation` gives these."""
    a, b, c, d = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[
        rotation
    ]
    if mirrored:
        a, b = -a, -b
    one = 1 << 16
    return (a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """The nine integers of the frame's display matrix, if it has one."""
    sides: Mapping[str, Any] = frame.side_data
    matrix = sides.get("DISPLAYMATRIX")
    return None if matrix is None else struct.unpack("9i", bytes(memoryview(matrix))[:36])


def fraction(value: Any, default: Fraction = Fraction(0)) -> Fraction:
    """A rational number of PyAV as Python's own (18 gives those, 19 its own kind); `default` for
    none or nought."""
    return Fraction(value.numerator, value.denominator) if value else default
