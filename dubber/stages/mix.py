"""The dubbed sound: the new voice over what is kept of the original, at an even loudness."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.config import MixOptions
from dubber.media.audio import WavWriter, blocks, read_wav
from dubber.media.loudness import Loudness, limited, measure, resampled
from dubber.protocols import Progress, silent
from dubber.schema import AudioStream, Clip, Timeline
from dubber.timing.stretch import stretch

if TYPE_CHECKING:
    from dubber.protocols import Samples

RATE = 48_000
BLOCK = RATE // 2  # samples
ATTACK, RELEASE = 0.08, 0.25  # seconds to duck, and to come back
BRIDGE = 0.7  # seconds; a shorter gap between ducked spans stays ducked
MAX_VOICE_GAIN_DB = 12.0
OVERSHOOT_DB = 0.6  # a limiter on samples leaves true peaks about this much higher
# Written again while the limiter leaves it quieter than asked by more, or with higher true peaks.
ATTEMPTS, NEAR_LU, NEAR_DB = 4, 0.3, 0.1
FADE = 0.01  # seconds at both ends of a take

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MixReport:
    """Loudness in LUFS and true peak in dBTP of the result; the source's loudness; the gain that
    set the voice as loud as the source's speech."""

    loudness_lufs: float
    true_peak_db: float
    source_lufs: float
    voice_gain_db: float


def mix(
    timeline: Timeline,
    source: Path,
    *,
    audio: AudioStream,
    folder: Path,
    target: Path,
    speech: Sequence[Span] = (),
    options: MixOptions,
    progress: Progress = silent,
) -> MixReport:
    """Write `target`, a 48 kHz stereo wav as long as the film, or as a last line that runs past it.

    `folder` holds the takes. The original is ducked under every clip and wherever the source speaks
    (`speech`), kept elsewhere. With no clip at all it is written as it is. The film is read in
    blocks and three times: to measure it, to measure the mixture, to write it (again, where the
    limiter took more than a little off); memory does not grow with its length. MediaError or
    StorageError as reading and writing go.
    """
    whole = round(max([timeline.length, *(clip.end for clip in timeline.clips)]) * RATE)

    def bed() -> Iterator[Samples]:
        return _exactly(blocks(source, audio=audio, rate=RATE, channels=2), whole)

    def tell(share: int) -> Callable[[int], None]:
        return lambda done: progress((share * whole + done) / RATE, 3 * whole / RATE)

    original = measure(_watched(bed(), tell(0)), rate=RATE)
    voices = _Voices(timeline.clips, folder)
    gain = _voice_gain(voices, original)
    ducking = _Ducking(timeline.clips, speech, options)

    def mixture() -> Iterator[Samples]:
        first = 0
        for block in bed():
            yield block * ducking.gain(first, len(block)) + voices.read(first, len(block)) * gain
            first += len(block)

    wanted = options.loudness_lufs if timeline.clips else None
    mixed = original if wanted is None else measure(_watched(mixture(), tell(1)), rate=RATE)
    level = 1.0 if wanted is None or mixed.silent else _factor(wanted - mixed.lufs)
    highest = 0.0 if wanted is None else options.true_peak_db
    ceiling = highest - OVERSHOOT_DB
    for _ in range(ATTEMPTS):
        final = _write((block * level for block in mixture()), target, ceiling, told=tell(2))
        over = final.true_peak_db - highest
        short = 0.0 if wanted is None or final.silent else wanted - final.lufs
        if wanted is None or (over <= 0 and short < NEAR_LU):
            break
        ceiling -= max(0.0, over + NEAR_DB)
        level *= _factor(max(0.0, short))
    return MixReport(
        round(final.lufs, 2),
        round(max(final.true_peak_db, -120.0), 2),
        round(original.lufs, 2),
        round(20 * float(np.log10(gain)), 2),
    )


def _write(
    mixture: Iterator[Samples], target: Path, ceiling_db: float, *, told: Callable[[int], None]
) -> Loudness:
    """Limit, write and measure what was written."""
    with WavWriter(target, RATE, 2) as writer:

        def written() -> Iterator[Samples]:
            for block in limited(mixture, rate=RATE, ceiling_db=ceiling_db):
                writer.write(block)
                yield block

        return measure(_watched(written(), told), rate=RATE)


def _voice_gain(voices: _Voices, original: Loudness) -> float:
    """What makes the voice as loud as the source was, within reason."""
    spoken = measure(voices.all(), rate=RATE)
    if spoken.silent or original.silent:
        return 1.0
    decibels = original.lufs - spoken.lufs
    return _factor(min(max(decibels, -MAX_VOICE_GAIN_DB), MAX_VOICE_GAIN_DB))


def _factor(decibels: float) -> float:
    return float(10 ** (decibels / 20))


class _Voices:
    """The clips as one stereo track; only those that sound in the block asked for are held."""

    def __init__(self, clips: Sequence[Clip], folder: Path) -> None:
        self._clips = sorted(clips, key=lambda clip: clip.start)
        self._starts = [clip.start for clip in self._clips]
        self._longest = max((clip.length for clip in clips), default=0.0)
        self._folder = folder
        self._held: dict[str, Samples] = {}

    def read(self, first: int, count: int) -> Samples:
        """Shape (count, 2), from sample `first` on; blocks are asked for in order."""
        track = np.zeros(count, np.float32)
        held: dict[str, Samples] = {}
        near = bisect.bisect_left(self._starts, first / RATE - self._longest - 1)
        for clip in self._clips[near : bisect.bisect_left(self._starts, (first + count) / RATE)]:
            start = round(clip.start * RATE)
            if clip.end * RATE < first - RATE:
                continue
            key = f"{clip.segment_id} {start}"
            samples = self._held.get(key)
            held[key] = samples = self._load(clip) if samples is None else samples
            begin, end = max(first, start), min(first + count, start + len(samples))
            if begin < end:
                track[begin - first : end - first] += samples[begin - start : end - start]
        self._held = held
        return np.repeat(track[:, None], 2, axis=1)

    def all(self) -> Iterator[Samples]:
        """Every clip, one after the other."""
        for clip in self._clips:
            yield np.repeat(self._load(clip)[:, None], 2, axis=1)

    def _load(self, clip: Clip) -> Samples:
        samples, rate = read_wav(self._folder / clip.take.audio)
        mono = samples if samples.ndim == 1 else samples.mean(axis=1)
        hurried = stretch(np.asarray(mono, np.float32), factor=clip.stretch, rate=rate)
        spoken = resampled(hurried, rate=rate, target=RATE).copy()
        edge = min(round(FADE * RATE), len(spoken) // 2)
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        spoken[:edge] *= ramp
        spoken[len(spoken) - edge :] *= ramp[::-1]
        return spoken


class _Ducking:
    """The original's gain over time: straight lines in decibels between a few points."""

    def __init__(self, clips: Sequence[Clip], speech: Sequence[Span], options: MixOptions) -> None:
        low = options.duck_db
        self._points: list[float] = []
        self._levels: list[float] = []
        self._off = bool(clips) and not options.keep_background
        spans = _merged([*((c.start, c.end) for c in clips), *(speech if clips else ())])
        for start, end in spans:
            self._points += [start - ATTACK, start, end, end + RELEASE]
            self._levels += [0.0, low, low, 0.0]

    def gain(self, first: int, count: int) -> Samples:
        """Shape (count, 1)."""
        if self._off:
            return np.zeros((count, 1), np.float32)
        if not self._points:
            return np.ones((count, 1), np.float32)
        clock = np.arange(first, first + count) / RATE
        decibels = np.interp(clock, self._points, self._levels)
        return (10 ** (decibels / 20)).astype(np.float32)[:, None]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those nearer than BRIDGE made one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + BRIDGE:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _exactly(pieces: Iterable[Samples], whole: int) -> Iterator[Samples]:
    """The pieces in blocks of BLOCK samples, cut or filled with silence to `whole`."""
    held = np.zeros((0, 2), np.float32)
    given = 0
    for piece in itertools.chain(pieces, _silence()):
        held = np.concatenate([held, piece])
        while len(held) >= BLOCK or (given + len(held) >= whole and given < whole):
            count = min(BLOCK, whole - given, len(held))
            yield held[:count]
            given, held = given + count, held[count:]
        if given >= whole:
            return


def _silence() -> Iterator[Samples]:
    while True:
        yield np.zeros((BLOCK, 2), np.float32)


def _watched(pieces: Iterator[Samples], told: Callable[[int], None]) -> Iterator[Samples]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        told(done)
