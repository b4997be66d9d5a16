"""The clips of a timeline as one track, read piece by piece."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.media.audio import read_wav
from dubber.media.loudness import resampled
from dubber.schema import Clip
from dubber.timing.stretch import stretch

if TYPE_CHECKING:
    from dubber.protocols import Samples

FADE = 0.01  # seconds at both ends of a take


class Voices:
    """The clips as one mono track at `rate` samples a second; `folder` holds their takes.

    Only those that sound near what was asked for last are held.
    """

    def __init__(self, clips: Sequence[Clip], folder: Path, *, rate: int) -> None:
        self.rate = rate
        self._clips = sorted(clips, key=lambda clip: clip.start)
        self._starts = [clip.start for clip in self._clips]
        self._longest = max((clip.length for clip in clips), default=0.0)
        self._folder = folder
        self._held: dict[str, Samples] = {}

    def read(self, first: int, count: int) -> Samples:
        """Shape (count,), from sample `first` of the film on, which may lie before its beginning;
        pieces are asked for in order."""
        track = np.zeros(count, np.float32)
        held: dict[str, Samples] = {}
        rate = self.rate
        near = bisect.bisect_left(self._starts, first / rate - self._longest - 1)
        for clip in self._clips[near : bisect.bisect_left(self._starts, (first + count) / rate)]:
            start = round(clip.start * rate)
            if clip.end * rate < first - rate:
                continue
            key = f"{clip.segment_id} {start}"
            samples = self._held.get(key)
            held[key] = samples = self._load(clip) if samples is None else samples
            begin, end = max(first, start), min(first + count, start + len(samples))
            if begin < end:
                track[begin - first : end - first] += samples[begin - start : end - start]
        self._held = held
        return track

    def all(self) -> Iterator[Samples]:
        """Every clip, (n,), one after the other."""
        for clip in self._clips:
            yield self._load(clip)

    def _load(self, clip: Clip) -> Samples:
        samples, rate = read_wav(self._folder / clip.take.audio)
        mono = samples if samples.ndim == 1 else samples.mean(axis=1)
        hurried = stretch(np.asarray(mono, np.float32), factor=clip.stretch, rate=rate)
        spoken = resampled(hurried, rate=rate, target=self.rate).copy()
        edge = min(round(FADE * self.rate), len(spoken) // 2)
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        spoken[:edge] *= ramp
        spoken[len(spoken) - edge :] *= ramp[::-1]
        return spoken
