"""The mouth that is heard: opening and width of a mouth from the sound of its speech.

A small network looks at 0.4 seconds of log-mel around each moment. Trained on one English speaker
(`heard_fit`); what it gives are parts of a speaker's own range, so that it serves any face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync.arrays import save_arrays
from dubber.lipsync.mel import BANDS, HOP, RATE, log_mel
from dubber.lipsync.shape import MouthRange
from dubber.lipsync.visemes import sealed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Samples

    Floats = NDArray[np.float32]
    Times = NDArray[np.float64]

CARD = "sound-to-mouth"
FILE = "weights.npz"
LAYERS = ("first", "second", "last")
CONTEXT = np.arange(-20, 21, 2)  # rows of log-mel, hundredths of a second, around a moment
LOUD = 95  # percentile of the log-mel that counts as full loudness
QUIET = -12.0  # below full loudness, natural log of power, nothing is told apart
SCALE = 4.0
BLOCK = 60 * RATE  # samples heard at a time: memory does not grow with the length
EARLY, LATE = 0.12, 0.04  # seconds around an aligned closure in which the heard one is looked for
SILENT = 1e-5  # mean square of a second in which nothing is said, of full scale
FAINT = 1e-3  # beside the loudest second: a pause


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """The network: pairs of weights (in, out) and biases (out,) of each of LAYERS, and the mean
    of its input."""

    mean: Floats
    layers: tuple[tuple[Floats, Floats], ...]

    @staticmethod
    def load(path: Path) -> Ear:
        """EngineError if the file is not such a network."""
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                layers = tuple(
                    (
                        file[f"{name}.weight"].astype(np.float32),
                        file[f"{name}.bias"].astype(np.float32),
                    )
                    for name in LAYERS
                )
                ear = Ear(file["mean"].astype(np.float32), layers)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise EngineError(f"no such network ({str(error)[:80]})", subject=path) from error
        if len(ear.mean) != len(CONTEXT) * BANDS or ear.layers[-1][1].shape != (2,):
            raise EngineError("a network of another shape", subject=path)
        return ear

    def save(self, path: Path) -> None:
        """As half floats, written beside `path` and renamed; StorageError."""
        arrays = {"mean": self.mean.astype(np.float16)}
        for name, (weight, bias) in zip(LAYERS, self.layers, strict=True):
            arrays[f"{name}.weight"] = weight.astype(np.float16)
            arrays[f"{name}.bias"] = bias.astype(np.float16)
        save_arrays(path, arrays)

    def mouth(self, inputs: Floats) -> Floats:
        """(n, len(CONTEXT) * BANDS) to parts of the range (n, 2): opening 0..1, width -1..1."""
        here = inputs - self.mean
        for weight, bias in self.layers[:-1]:
            here = np.maximum(here @ weight + bias, 0)
        weight, bias = self.layers[-1]
        return np.asarray(here @ weight + bias, np.float32)

    def hear(self, samples: Samples) -> Floats:
        """The mouth of 16 kHz speech (n,), 100 times a second: (ceil(n / HOP), 2). Where nothing
        sounds it rests."""
        count = -(-len(samples) // HOP)
        if not count:
            return np.zeros((0, 2), np.float32)
        level = level_of(samples)
        if level is None:
            return np.zeros((count, 2), np.float32)
        margin = -int(CONTEXT[0]) + 2
        parts = []
        for first in range(0, len(samples), BLOCK):
            low = max(0, first - margin * HOP)
            mel = log_mel(samples[low : first + BLOCK + margin * HOP])
            rows = np.arange(min(BLOCK, len(samples) - first + HOP - 1) // HOP)
            parts.append(self.mouth(inputs(mel, rows + (first - low) // HOP, level)))
        return np.concatenate(parts)[:count]


def level_of(samples: Samples) -> float | None:
    """The log-mel value of full loudness, of the seconds in which something sounds; None if
    nothing is said."""
    seconds = np.arange(0, len(samples), RATE)
    power = np.array([np.square(samples[at : at + RATE]).mean() for at in seconds])
    if not len(power) or power.max() < SILENT:
        return None
    sounds = power > FAINT * power.max()
    mels = []
    for first in range(0, len(samples), BLOCK):
        mel = log_mel(samples[first : first + BLOCK])[::4]
        rows = (first + 4 * HOP * np.arange(len(mel))) // RATE
        mels.append(mel[sounds[rows]])
    return float(np.percentile(np.concatenate(mels), LOUD))


def inputs(mel: Floats, rows: NDArray[np.integer], level: float) -> Floats:
    """What the network looks at for each of `rows` of a log-mel picture: (n, CONTEXT * BANDS)."""
    around = np.clip(rows[:, None] + CONTEXT, 0, len(mel) - 1)
    seen = np.maximum(mel[around] - np.float32(level), np.float32(QUIET)) / np.float32(SCALE)
    return np.asarray(seen.reshape(len(rows), -1), np.float32)


def closures(heard: Floats, moments: Sequence[float]) -> list[float]:
    """Where near each of `moments` (seconds) the heard mouth is least open. p, b and m are aligned
    by their bursts, and lips close before those."""
    found = []
    for moment in moments:
        low = max(0, round((moment - EARLY) * RATE / HOP))
        high = min(len(heard), round((moment + LATE) * RATE / HOP) + 1)
        if low < high:
            found.append((low + int(heard[low:high, 0].argmin())) * HOP / RATE)
    return found


class Heard:
    """A Drive: the mouth as the ear hears it, from `start` seconds of the film on. Where the times
    of p, b and m are known the lips close for them."""

    def __init__(
        self,
        heard: Floats,
        *,
        start: float = 0.0,
        closed: Sequence[float] = (),
        opened: Sequence[float] = (),
    ) -> None:
        self._times = start + np.arange(len(heard)) * HOP / RATE
        self._heard = heard
        self._closed = np.array(sorted(closed), np.float64)
        self._opened = np.array(sorted(opened), np.float64)

    def shapes(self, times: Times, usual: MouthRange) -> Floats:
        columns = [
            np.interp(times, self._times, column, left=0.0, right=0.0) for column in self._heard.T
        ]
        asked = np.column_stack(columns)
        asked[:, 0] *= sealed(times, self._closed)
        return usual.shapes(asked.astype(np.float32))

    def closed_at(self) -> Times:
        return self._closed

    def open_at(self) -> Times:
        return self._opened
