"""16-bit wav files: the only form in which the tool keeps sound between its stages.

Samples are float32 in -1..1, shape (n, channels), or (n,) for one channel. Longer than 4 GiB is
written as RF64 (EBU Tech 3306), which every reader here understands.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import MediaError, NoInputError
from dubber.media import gate
from dubber.media.whole import WholeOrNothing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

PCM, EXTENSIBLE = 1, 0xFFFE
SCALE = 32768.0
HEADER_BYTES = 80  # RIFF 12 + ds64 or JUNK 36 + fmt 24 + data 8
RIFF_LIMIT = 0xFFFFFFFF


class WavReader:
    """A wav file mapped into memory: any part can be read at no cost for the rest."""

    def __init__(self, path: Path) -> None:
        """NoInputError if there is no such file; MediaError if it is no whole 16-bit wav."""
        self.path = path
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                header = file.read(1 << 16)
        except FileNotFoundError:
            raise NoInputError("no such file", subject=path) from None
        except OSError as error:
            raise MediaError(f"cannot be opened ({error.strerror})", subject=path) from error
        self.rate, self.channels, start, length = _parse(header, path)
        if start + length > size:
            raise MediaError("the wav file is cut short", subject=path, cure="make it again")
        self.frames = length // (2 * self.channels)
        shape = (self.frames, self.channels)
        self._data: NDArray[np.int16] = (
            np.memmap(path, np.dtype("<i2"), "r", start, shape)
            if self.frames
            else np.zeros(shape, np.int16)
        )

    @property
    def duration(self) -> float:
        return self.frames / self.rate

    def read(self, start: int = 0, stop: int | None = None) -> Samples:
        """Frames `start` to `stop` (clipped to the file) as float32, shape (n, channels)."""
        stop = self.frames if stop is None else min(max(0, stop), self.frames)
        start = min(max(0, start), stop)
        return np.asarray(self._data[start:stop], np.float32) / np.float32(SCALE)

    def __enter__(self) -> WavReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._data = np.zeros((0, self.channels), np.int16)


class WavWriter(WholeOrNothing):
    """A wav file written piece by piece beside its place, and renamed into it when it is whole.

    Use as a context manager: after an exception nothing is left.
    """

    def __init__(self, path: Path, rate: int, channels: int = 1) -> None:
        """OutputError if it cannot be created."""
        self.path, self.rate, self.channels = path, rate, channels
        self.frames = 0
        self._draft = gate.draft_of(path)
        with gate.writing(path):
            self._file = self._draft.open("wb")
            self._file.write(bytes(HEADER_BYTES))

    def write(self, samples: Samples) -> None:
        """Append samples, shape (n, channels) or (n,); what lies outside -1..1 is clipped.

        StorageError when the disk is full.
        """
        frames = np.asarray(samples, np.float32).reshape(-1, self.channels)
        scaled = np.rint(frames * np.float32(SCALE))
        whole = np.clip(scaled, -SCALE, SCALE - 1).astype("<i2")
        with gate.writing(self.path):
            self._file.write(whole.tobytes())
        self.frames += len(whole)

    def close(self) -> None:
        """Finish the header, force the file to the disk and put it in its place."""
        with gate.writing(self.path):
            self._file.seek(0)
            self._file.write(_header(self.rate, self.channels, self.frames))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._draft.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):
            self._file.close()
        gate.discard(self._draft)


def open_wav(path: Path) -> WavReader:
    return WavReader(path)


def read_wav(path: Path) -> tuple[Samples, int]:
    """(samples, rate): shape (n,) for one channel, else (n, channels)."""
    with WavReader(path) as reader:
        samples = reader.read()
        return (samples[:, 0] if reader.channels == 1 else samples), reader.rate


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Write samples of shape (n,) or (n, channels), whole or not at all."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with WavWriter(path, rate, channels) as writer:
        writer.write(samples)


def _header(rate: int, channels: int, frames: int) -> bytes:
    """80 bytes: a JUNK chunk keeps the place of the ds64 that a file over 4 GiB needs."""
    length = frames * channels * 2
    width = channels * 2
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, PCM, channels, rate, rate * width, width, 16)
    whole = HEADER_BYTES - 8 + length
    if whole <= RIFF_LIMIT:
        top = struct.pack("<4sI4s4sI28x", b"RIFF", whole, b"WAVE", b"JUNK", 28)
        return top + form + struct.pack("<4sI", b"data", length)
    top = struct.pack(
        "<4sI4s4sIQQQI", b"RF64", RIFF_LIMIT, b"WAVE", b"ds64", 28, whole, length, frames, 0
    )
    return top + form + struct.pack("<4sI", b"data", RIFF_LIMIT)


def _parse(header: bytes, path: Path) -> tuple[int, int, int, int]:
    """(rate, channels, first byte of the samples, their length in bytes)."""
    form: tuple[int, int, int] | None = None
    long_length = 0
    place = 12
    if header[:4] not in (b"RIFF", b"RF64") or header[8:12] != b"WAVE":
        raise MediaError("not a wav file", subject=path)
    while place + 8 <= len(header):
        name, length = struct.unpack_from("<4sI", header, place)
        place += 8
        if name == b"ds64" and place + 16 <= len(header):
            long_length = struct.unpack_from("<Q", header, place + 8)[0]
        elif name == b"fmt " and place + 16 <= len(header):
            kind, channels, rate, bits = struct.unpack_from("<HHI6xH", header, place)
            if kind not in (PCM, EXTENSIBLE) or bits != 16 or not channels or not rate:
                break
            form = (rate, channels, bits)
        elif name == b"data" and form is not None:
            if length == RIFF_LIMIT and long_length:
                length = long_length
            return form[0], form[1], place, length
        place += length + length % 2
    raise MediaError("not a 16-bit wav file", subject=path, cure="make it again")
