"""A finished film, read back in full before anybody gets it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dubber.errors import MediaError
from dubber.media import audio, gate, probe
from dubber.media.streams import picture_stream

AUDIBLE = 1e-3  # peak, -60 dBFS
BLOCK_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be in the film: its length in seconds and how far that may be off; its tracks."""

    duration: float
    tolerance: float
    picture: bool
    sounds: int
    subtitles: int
    audible: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: the length in seconds, frames of picture, and the loudest sample, 0..1."""

    duration: float
    frames: int
    peak: float


def verify(path: Path, expected: Expected) -> Verified:
    """Decode all of `path`. MediaError if it is not what was expected."""
    media = probe.probe(path)
    found = (media.video is not None, len(media.audio), media.subtitles)
    wanted = (expected.picture, expected.sounds, expected.subtitles)
    if found != wanted:
        raise _wrong(path, f"(picture, sounds, subtitles) are {found} and not {wanted}")
    if abs(media.duration - expected.duration) > expected.tolerance:
        raise _wrong(path, f"it lasts {media.duration:.3f} s and not {expected.duration:.3f} s")
    frames = _decode_picture(path) if expected.picture else 0
    if expected.picture and not frames:
        raise _wrong(path, "no picture can be decoded")
    peak = 0.0
    for block in audio.blocks(path, audio=media.audio[0], rate=BLOCK_RATE, channels=1):
        peak = max(peak, float(np.abs(block).max()))
    if expected.audible and peak < AUDIBLE:
        raise _wrong(path, "its sound is silence")
    return Verified(media.duration, frames, peak)


def _decode_picture(path: Path) -> int:
    with gate.open_input(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return 0
        stream.thread_type = "AUTO"
        return sum(1 for _ in gate.decoded(container, stream, path=path))


def _wrong(path: Path, what: str) -> MediaError:
    return MediaError(
        f"the finished file is not right: {what}",
        subject=path,
        cure="this is a fault of ours; please report it with the log",
    )
