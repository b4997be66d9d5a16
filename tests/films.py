"""Small films for the tests, made with PyAV: moving colours under bursts of tone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from dubber.protocols import Samples

RATE = 16_000
STEADY = {"x264-params": "mbtree=0"}  # with it equal pictures do not always give equal bytes
Span = tuple[float, float]


def bursts(seconds: float, spans: Sequence[Span]) -> Samples:
    """A tone of 300 Hz within `spans`, silence elsewhere; mono float32 at 16 kHz."""
    clock = np.arange(round(seconds * RATE)) / RATE
    loud = np.zeros(len(clock), bool)
    for start, end in spans:
        loud |= (clock >= start) & (clock < end)
    return np.where(loud, 0.3 * np.sin(2 * np.pi * 300 * clock), 0).astype(np.float32)


def make_film(
    path: Path,
    *,
    seconds: float = 4.0,
    spans: Sequence[Span] = ((0.5, 1.5), (2.0, 3.2)),
    video: bool = True,
    audio: bool = True,
    size: tuple[int, int] = (96, 64),
) -> Path:
    """A film at 10 frames a second without a face, h264 and aac in mp4."""
    with av.open(str(path), "w") as container:
        if video:
            stream = container.add_stream("libx264", rate=10, options=STEADY)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
        if audio:
            track = container.add_stream("aac", rate=RATE, layout="mono")
        if video:
            _draw(container, stream, round(seconds * 10))
        if audio:
            _sound(container, track, bursts(seconds, spans))
    return path


def _draw(container: OutputContainer, stream: VideoStream, frames: int) -> None:
    ramp = np.linspace(0, 255, stream.width, dtype=np.uint8)
    for number in range(frames):
        image = np.empty((stream.height, stream.width, 3), np.uint8)
        image[..., 0] = np.roll(ramp, number)
        image[..., 1] = 128
        image[..., 2] = np.arange(stream.height, dtype=np.uint8)[:, None]
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
    container.mux(stream.encode())


def _sound(container: OutputContainer, track: AudioStream, samples: Samples) -> None:
    for first in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(
            samples[None, first : first + 1024], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE, first
        container.mux(track.encode(frame))
    container.mux(track.encode())
