"""Sound: decoded from a film in a stream, and kept as 16-bit wav.

A decoded sound starts at the film's 0: what comes before its first sample, and every hole that the
container's time stamps leave in it, is silence, so that sample n is heard at n / rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.audio.resampler import AudioResampler

from dubber.errors import MediaError
from dubber.media import gate, streams
from dubber.media.wav import WavReader, WavWriter, open_wav, read_wav, write_wav
from dubber.protocols import Progress, silent

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

    from dubber.schema import AudioStream

    Samples = NDArray[np.float32]

__all__ = ["WavReader", "WavWriter", "blocks", "decode", "open_wav", "read_wav", "write_wav"]

CURE = f"convert its sound to {gate.MAX_CHANNELS} channels or fewer"
TOLERANCE = Fraction(20, 1000)  # seconds; smaller errors of the time stamps are left alone
MAX_GAP_AFTER_END = 60  # seconds past the declared end that a time stamp may point to
SILENCE_SECONDS = 10  # a long gap is written in pieces of this length


def decode(
    path: Path,
    *,
    audio: AudioStream,
    target: Path,
    rate: int,
    channels: int,
    progress: Progress = silent,
) -> None:
    """Write the sound track `audio` of `path` to `target`, a 16-bit wav from the film's 0 on.

    One channel is for hearing speech (`SpeechMix`), two are for the ear. Memory does not grow with
    the length. MediaError if it cannot be decoded, StorageError if it cannot be written.
    """
    done = 0
    with WavWriter(target, rate, channels) as writer:
        for block in blocks(path, audio=audio, rate=rate, channels=channels):
            writer.write(block)
            done += len(block)
            progress(done / rate, max(audio.start + audio.duration, done / rate))
        if not done:
            raise MediaError("its sound cannot be decoded", subject=path, cure=gate.CURE)


def blocks(path: Path, *, audio: AudioStream, rate: int, channels: int) -> Iterator[Samples]:
    """The sound track in pieces of shape (n, channels), n > 0, gapless from the film's 0."""
    if channels not in (1, 2):
        raise ValueError(f"1 or 2 channels, not {channels}")
    with gate.open_input(path) as container:
        stream = container.streams.audio[0]
        for candidate in container.streams.audio:
            if candidate.index == audio.index:
                stream = candidate
        zero = streams.film_zero(container)
        latest = Fraction(audio.start + audio.duration) + MAX_GAP_AFTER_END
        run = _Run(rate, channels, Fraction(0))
        for frame in gate.decoded(container, stream, path=path):
            if len(frame.layout.channels) > gate.MAX_CHANNELS:
                raise MediaError("more channels of sound than we read", subject=path, cure=CURE)
            start = _start(frame, zero, run.end)
            if start > latest:
                raise MediaError("its time stamps jump", subject=path, cure=gate.CURE)
            if start + Fraction(frame.samples, 2 * frame.sample_rate) < run.end - TOLERANCE:
                continue  # heard already
            if start > run.end + TOLERANCE or not run.fits(frame):
                yield from run.finish()
                run = _Run(rate, channels, run.end, run.written, run.mixer)
                yield from run.wait_until(start)
            yield from run.push(frame)
        yield from run.finish()


class _Run:
    """A stretch of frames without a hole, resampled together.

    `end` is the film's time up to which sound was taken in, `written` the frames given out.
    """

    def __init__(
        self,
        rate: int,
        channels: int,
        start: Fraction,
        written: int = 0,
        mixer: SpeechMix | None = None,
    ) -> None:
        self.rate, self.channels = rate, channels
        self.start = self.end = start
        self.written = written
        self.mixer = mixer if mixer is not None else SpeechMix()
        self._resampler: AudioResampler | None = None
        self._form: tuple[str, str, int] | None = None
        self._taken = 0

    def fits(self, frame: AudioFrame) -> bool:
        return self._form in (None, _form(frame))

    def wait_until(self, start: Fraction) -> Iterator[Samples]:
        """Silence up to `start`."""
        missing = round(start * self.rate) - self.written
        while missing > 0:
            piece = min(missing, SILENCE_SECONDS * self.rate)
            missing -= piece
            self.written += piece
            yield np.zeros((piece, self.channels), np.float32)
        self.start = self.end = max(start, self.end)

    def push(self, frame: AudioFrame) -> Iterator[Samples]:
        if self._resampler is None:
            self._form = _form(frame)
            wide = self.channels == 2 and len(frame.layout.channels) > 2
            self._resampler = AudioResampler(
                format="fltp", layout="stereo" if wide else frame.layout, rate=self.rate
            )

        self._taken += frame.samples
        self.end = self.start + Fraction(self._taken, frame.sample_rate)
        for out in self._resampler.resample(frame):
            yield from self._give(out)

    def finish(self) -> Iterator[Samples]:
        """What the resampler still holds; exactly as much as the run is long."""
        if self._resampler is None:
            return
        for out in self._resampler.resample(None):
            if out is not None:
                yield from self._give(out)
        self._resampler = None

    def _give(self, frame: AudioFrame) -> Iterator[Samples]:
        planes = frame.to_ndarray()  # (channels, n)
        if len(planes) == self.channels:
            block = np.ascontiguousarray(planes.T, np.float32)
        elif len(planes) == 1:
            block = np.repeat(planes.T.astype(np.float32), self.channels, axis=1)
        else:
            names = [channel.name for channel in frame.layout.channels]
            block = self.mixer.mix(planes.astype(np.float32), names, self.rate)[:, None]
        self.written += len(block)
        if len(block):
            yield block


def _start(frame: AudioFrame, zero: Fraction, expected: Fraction) -> Fraction:
    """When the frame is heard, on the film's clock; right after the last one if it does not say."""
    if frame.pts is None or frame.time_base is None:
        return expected
    return frame.pts * streams.fraction(frame.time_base) - zero


def _form(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


class SpeechMix:
    """Many channels to the one that speech is heard in; carries what it learnt from block to block.

    Of two channels the mean, unless they cancel each other (correlation below -0.5): then the
    first alone. Of more, the centre once anything was heard in it, else the mean. The weights
    glide over a block, so that no switch clicks.
    """

    MEMORY = 0.3  # seconds in which what the correlation is taken over fades by half
    CANCELS, AGREES = -0.5, -0.3
    HEARD = 1e-6  # mean square; -60 dBFS

    def __init__(self) -> None:
        self._products = np.zeros(3)  # running means of left², right², left·right
        self._cancelling = False
        self._centre_heard = False
        self._weights: NDArray[np.float32] | None = None

    def mix(self, planes: Samples, names: list[str], rate: int) -> Samples:
        """Shape (channels, n) to (n,)."""
        count, length = planes.shape
        if not length:
            return np.zeros(0, np.float32)
        target = self._pair(planes, rate) if count == 2 else self._surround(planes, names)
        before = self._weights
        if before is None or before.shape != target.shape:
            before = target
        self._weights = target
        if np.array_equal(before, target):
            return np.asarray(target @ planes, np.float32)
        glide = np.linspace(0.0, 1.0, length, dtype=np.float32)
        return np.asarray((before @ planes) * (1 - glide) + (target @ planes) * glide, np.float32)

    def _pair(self, planes: Samples, rate: int) -> NDArray[np.float32]:
        left, right = planes
        length = planes.shape[1]
        now = np.array([left @ left, right @ right, left @ right], np.float64) / length
        keep = 0.5 ** (length / (self.MEMORY * rate)) if self._products.any() else 0.0
        self._products = keep * self._products + (1 - keep) * now
        power = float(np.sqrt(self._products[0] * self._products[1]))
        if power > self.HEARD / 100:
            correlation = self._products[2] / power
            limit = self.AGREES if self._cancelling else self.CANCELS
            self._cancelling = bool(correlation < limit)
        return np.array([1.0, 0.0] if self._cancelling else [0.5, 0.5], np.float32)

    def _surround(self, planes: Samples, names: list[str]) -> NDArray[np.float32]:
        centre = names.index("FC") if "FC" in names else None
        if centre is not None:
            power = float(planes[centre] @ planes[centre]) / planes.shape[1]
            self._centre_heard = self._centre_heard or power > self.HEARD
            if self._centre_heard:
                alone = np.zeros(len(planes), np.float32)
                alone[centre] = 1.0
                return alone
        return np.full(len(planes), 1 / len(planes), np.float32)
