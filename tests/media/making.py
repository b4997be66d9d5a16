"""Files of the kinds that films come in, made with PyAV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from dubber.media import streams

if TYPE_CHECKING:
    from dubber.protocols import Samples

RATE = 48_000


def make_sound(
    path: Path, samples: Samples, *, layout: str, codec: str = "flac", form: str = "s16"
) -> Path:
    """A sound file of float samples, shape (channels, n), at 48 kHz."""
    with av.open(str(path), "w") as container:
        track = container.add_stream(codec, rate=RATE, layout=layout)
        assert isinstance(track, AudioStream)
        for first in range(0, samples.shape[1], 4096):
            part = np.rint(samples[:, first : first + 4096].T * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(part).reshape(1, -1), format=form, layout=layout
            )
            frame.sample_rate, frame.pts = RATE, first
            container.mux(track.encode(frame))
        container.mux(track.encode())
    return path


def make_picture(
    path: Path,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    size: tuple[int, int] = (96, 64),
    frames: int = 12,
    rotation: int = 0,
    options: Mapping[str, str] | None = None,
    colour: int = 2,
) -> Path:
    """A silent film of moving noise and ramps at 10 frames a second."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(60, 200, (size[1] // 8 + 1, size[0] // 8 + 1, 3))
    noise = np.kron(coarse, np.ones((8, 8, 1)))[: size[1], : size[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=dict(options or {}))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.codec_context.colorspace = colour
        if rotation:
            stream.set_display_matrix(streams.matrix_of(rotation, False))
        for number in range(frames):
            image = np.roll(noise, 2 * number, axis=1).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            container.mux(stream.encode(frame.reformat(format=pixels)))
        container.mux(stream.encode())
    return path
