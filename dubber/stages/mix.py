"""The dubbed sound: the new voice over what is kept of the original, at an even loudness."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.config import MixOptions
from dubber.media.audio import WavWriter, blocks
from dubber.media.loudness import Loudness, limited, measure
from dubber.protocols import Progress, silent
from dubber.schema import AudioStream, Clip, Timeline
from dubber.timing.voices import Voices

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
    voices = Voices(timeline.clips, folder, rate=RATE)
    gain = _voice_gain(voices, original)
    ducking = _Ducking(timeline.clips, speech, options)

    def mixture() -> Iterator[Samples]:
        first = 0
        for block in bed():
            spoken = voices.read(first, len(block))[:, None] * gain
            yield block * ducking.gain(first, len(block)) + spoken
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


def _voice_gain(voices: Voices, original: Loudness) -> float:
    """What makes the voice as loud as the source was, within reason."""
    stereo = (np.repeat(samples[:, None], 2, axis=1) for samples in voices.all())
    spoken = measure(stereo, rate=RATE)
    if spoken.silent or original.silent:
        return 1.0
    decibels = original.lufs - spoken.lufs
    return _factor(min(max(decibels, -MAX_VOICE_GAIN_DB), MAX_VOICE_GAIN_DB))


def _factor(decibels: float) -> float:
    return float(10 ** (decibels / 20))


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
