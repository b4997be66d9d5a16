"""When each sound of a text is heard in a speech: our own voice says the text, and the two are
laid along each other.

Dynamic time warping (Sakoe and Chiba 1978) of cepstra, after Malfrère and Dutoit 1997,
"High-quality speech synthesis for phonetic segmentation". Between words the speech may pause for
as long as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.mel import BANDS, HOP, RATE, log_mel
from dubber.media.loudness import resampled
from dubber.schema import Phoneme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Samples, Speech

    Floats = NDArray[np.float32]

CEPSTRA = 13
CELLS = 60_000_000  # of the table; longer speech is laid in a band around the even pace
NARROWEST = 400  # steps of that band
STAY, SKIP = 0.35, 0.25  # the price of dwelling on a moment of the voice, and of leaving one out
HUSH = 6.0  # natural log of power below full loudness from which a pause is free
PAUSE_PRICE = 0.5  # of a pause, a natural log of power above that
QUIETEST = -9.0  # below full loudness nothing is told apart
PAUSE = -1  # the row of the voice that a pause between its words stands for


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """The voice's rows in order, with a PAUSE before, after and between words."""

    rows: NDArray[np.intp]

    @staticmethod
    def through(count: int, word_rows: list[int]) -> _Way:
        cuts = sorted({0, count, *(row for row in word_rows if 0 < row < count)})
        parts: list[int] = [PAUSE]
        for first, last in pairwise(cuts):
            parts += [*range(first, last), PAUSE]
        return _Way(np.array(parts, np.intp))


def align(spoken: Speech, rate: int, heard: Samples) -> tuple[Phoneme, ...]:
    """The sounds of `spoken` (a voice's rendering of the text, at `rate`) at the times, in seconds,
    at which they are heard in `heard` (16 kHz). Empty if nothing is heard."""
    voice, speech = log_mel(resampled(spoken.samples, rate=rate, target=RATE)), log_mel(heard)
    if len(voice) < 2 or len(speech) < 2 or float(np.mean(np.square(heard))) < 1e-7:
        return ()
    way = _Way.through(len(voice), [round(word.start * RATE / HOP) for word in spoken.words])
    at = _path(_costs(way, voice, speech), way)
    return _timed(spoken, len(voice), way, at)


def _cepstra(mel: Floats) -> Floats:
    """Like in loudness and colour whoever speaks: (n, CEPSTRA), each of unit variance."""
    level = np.percentile(mel, 95)
    bounded = np.maximum(mel - level, QUIETEST)
    turn = np.cos(np.pi * np.arange(CEPSTRA)[:, None] * (np.arange(BANDS) + 0.5) / BANDS)
    rows = bounded @ turn.T
    loud = rows[:, 0] > np.percentile(rows[:, 0], 30)
    middle, spread = rows[loud].mean(axis=0), rows[loud].std(axis=0) + 1e-3
    return np.asarray((rows - middle) / spread, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Costs:
    """What each step of the way costs at a moment of the speech, worked out row by row."""

    voice: Floats
    speech: Floats
    hush: Floats
    pauses: NDArray[np.bool_]

    def row(self, moment: int, low: int, high: int) -> Floats:
        off = np.abs(self.voice[low:high] - self.speech[moment]).mean(axis=1)
        return np.asarray(np.where(self.pauses[low:high], self.hush[moment], off), np.float32)


def _costs(way: _Way, voice: Floats, speech: Floats) -> _Costs:
    loudness = speech.max(axis=1)
    above = loudness - (np.percentile(loudness, 95) - HUSH)
    hush = np.maximum(0, above) * PAUSE_PRICE + 0.1
    return _Costs(
        _cepstra(voice)[way.rows], _cepstra(speech), hush.astype(np.float32), way.rows == PAUSE
    )


def _path(costs: _Costs, way: _Way) -> NDArray[np.intp]:
    """Where along the way the speech is at each of its moments: (moments,)."""
    moments, steps = len(costs.speech), len(way.rows)
    width = min(steps, max(NARROWEST, CELLS // moments))
    lows = np.rint(np.linspace(0, steps - width, moments)).astype(np.intp)
    stay = np.where(costs.pauses, 0, STAY).astype(np.float32)
    back = np.zeros((moments, width), np.int8)
    total = np.full(width + 2, np.inf, np.float32)  # two unreachable places before the first
    first = costs.row(0, 0, width)
    total[2] = first[0]
    total[3:5] = first[1:3] + SKIP
    for moment in range(1, moments):
        low, shift = int(lows[moment]), int(lows[moment] - lows[moment - 1])
        before = np.full(width + 2, np.inf, np.float32)
        before[: width + 2 - shift] = total[shift:]
        choices = np.stack([before[2:] + stay[low : low + width], before[1:-1], before[:-2] + SKIP])
        # a pause is left out for nothing
        choices[2, 1:] -= SKIP * costs.pauses[low : low + width - 1]
        back[moment] = choices.argmin(axis=0)
        total = np.full(width + 2, np.inf, np.float32)
        total[2:] = choices.min(axis=0) + costs.row(moment, low, low + width)
    at = np.zeros(moments, np.intp)
    end = total[2:]
    tail = max(0, width - 2)
    at[-1] = lows[-1] + tail + int(end[tail:].argmin())
    for moment in range(moments - 1, 0, -1):
        step = int(back[moment, at[moment] - lows[moment]])
        at[moment - 1] = at[moment] - step
    return at


def _timed(spoken: Speech, count: int, way: _Way, at: NDArray[np.intp]) -> tuple[Phoneme, ...]:
    """Each sound from when its first row of the voice is reached to when its last is left."""
    rows = way.rows[at]
    sounding = np.flatnonzero(rows != PAUSE)
    if not len(sounding):
        return ()
    reached = rows[sounding]
    aligned = []
    for phoneme in spoken.phonemes:
        first, last = (round(t * RATE / HOP) for t in (phoneme.start, phoneme.end))
        low = int(np.searchsorted(reached, min(first, count - 1)))
        high = int(np.searchsorted(reached, min(last, count)))
        low = min(low, len(sounding) - 1)
        start = float(sounding[low]) * HOP / RATE
        end = float(sounding[max(low, high - 1)] + 1) * HOP / RATE
        aligned.append(replace(phoneme, start=start, end=max(start, end)))
    return tuple(aligned)
