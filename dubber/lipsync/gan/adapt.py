"""Fitting the generator to one face in closed form, in a second, without torch.

The generator's last convolution is linear in what it sees. Ridge regression adds to its middle taps
what the frames of the film ask for: with all nine taps, sixty thousand pixels bend to nine thousand
weights and held-out frames get worse. Frames that were not solved on must come out better;
otherwise the trained head stays.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.gan.model import Head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dubber.lipsync.gan.model import Generator

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

log = logging.getLogger(__name__)

LEAST = 12  # frames below which nothing is solved
HELD = 4  # every so many blocks one is held out
STIFFNESS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # how little may be changed
MOUTH_WEIGHT = 3.0  # of a pixel of the mouth, beside one of the rest
#: Of the trained weights' error, above which others are not worth it. What gained one to four
#: parts in a hundred on a dozen held-out frames had gained nothing on a dozen others.
GAIN = 0.95
BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What a fit learns from: one person's frames in their order, each drawn as if it were another.

    `shown` (n, CHANNELS, H, W); `real` (n, H, W, 3); `covered` and `mouths` (n, H, W), 0 or 255;
    `runs` (n,) numbers the runs of neighbouring frames: held-out frames come from other runs.
    """

    shown: Pictures
    real: Pictures
    covered: Pictures
    mouths: Pictures
    runs: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.shown)

    def held(self) -> NDArray[np.bool_]:
        """Which are held out, (n,)."""
        held = np.unique(self.runs, return_inverse=True)[1] % HELD == HELD - 1
        return held if held.any() else np.arange(len(self)) >= len(self) - len(self) // HELD


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What to draw one person with: a head and changed weights of the network, by their names.

    `before` and `after` are the mean error of held-out mouths (of 255) with the trained weights and
    with these. `solved` False: the trained ones stay.
    """

    head: Head
    solved: bool
    before: float = 0.0
    after: float = 0.0
    changes: Mapping[str, Floats] = field(default_factory=dict)


def fit_head(model: Generator, examples: Examples) -> Fitted:
    """Solve the head for one person."""
    if len(examples) < LEAST:
        return Fitted(model.head, solved=False)
    shown, held = examples.shown, examples.held()
    known = _Sums(model.head.weight.shape[1] + 1)
    asked: list[tuple[Floats, Floats, Floats]] = []
    for first in range(0, len(examples), BATCH):
        rows = slice(first, first + BATCH)
        features, drawn = model.features(shown[rows]), model.draw(shown[rows], model.head)
        for number, seen in enumerate(features, first):
            weight = _weights(examples.covered[number], examples.mouths[number])
            off = examples.real[number].astype(np.float32) - drawn[number - first]
            design, missing = _rows(seen, off / np.float32(255), weight)
            heavy = weight[weight > 0]
            if held[number]:
                asked.append((design, missing, heavy))
            else:
                known.add(design, missing, heavy)
    before = _error(asked, known.nothing)
    trials = [(_error(asked, known.solve(much)), much) for much in STIFFNESS]
    after, much = min(trials)
    if not after < GAIN * before:
        log.info("the trained mouth stays: held-out error %.2f, solved %.2f", before, after)
        return Fitted(model.head, solved=False, before=before, after=after)
    for design, missing, heavy in asked:
        known.add(design, missing, heavy)
    log.info("fitted to a face: held-out mouth error %.2f -> %.2f of 255", before, after)
    return Fitted(_with(model.head, known.solve(much)), True, before, after)


class _Sums:
    """The normal equations of weighted rows: what the middle taps and the bias lack."""

    def __init__(self, size: int) -> None:
        self._square = np.zeros((size, size))
        self._mixed = self.nothing = np.zeros((size, 12))

    def add(self, design: Floats, missing: Floats, weight: Floats) -> None:
        heavy = design * weight[:, None]
        self._square += heavy.T @ design
        self._mixed = self._mixed + heavy.T @ missing

    def solve(self, much: float) -> NDArray[np.float64]:
        """What to add, (features + 1, 12); the less, the larger `much` is."""
        size = np.diag(self._square)
        left = self._square + np.diag(much * size + 1e-6 * size.mean())
        return np.asarray(np.linalg.solve(left, self._mixed), np.float64)


def _with(head: Head, more: NDArray[np.float64]) -> Head:
    """`head` with `more` added to its middle taps and its bias."""
    weight = head.weight.copy()
    weight[:, :, 1, 1] += more[:-1].T.astype(np.float32)
    return Head(weight, head.bias + more[-1].astype(np.float32))


def _weights(covered: Pictures, mouths: Pictures) -> Floats:
    """How much each pixel of half size counts, (H / 2 * W / 2,): 0 outside what is covered."""
    there = covered[::2, ::2] > 0
    lips = mouths[::2, ::2] > 0
    return np.asarray((there * (1 + (MOUTH_WEIGHT - 1) * lips)).ravel(), np.float32)


def _rows(seen: Floats, off: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """For each pixel of half size that counts: what the head sees there and 1, and the twelve
    numbers that are missing; from (features, H / 2, W / 2) and (H, W, 3)."""
    channels, height, width = seen.shape
    inside = weight.reshape(height, width) > 0
    design = seen.transpose(1, 2, 0)[inside].reshape(-1, channels)
    folded = off.reshape(height, 2, width, 2, 3).transpose(0, 2, 4, 1, 3)[inside]
    ones = np.ones((len(design), 1), np.float32)
    return np.concatenate([design, ones], axis=1), folded.reshape(-1, 12)


def _error(asked: list[tuple[Floats, Floats, Floats]], more: NDArray[np.float64]) -> float:
    """The mean error of the mouths in held-out rows, of 255."""
    total, count = 0.0, 0
    small = more.astype(np.float32)
    for design, missing, weight in asked:
        lips = weight > 1
        total += float(np.abs(design[lips] @ small - missing[lips]).mean(axis=1).sum())
        count += int(lips.sum())
    return 255 * total / max(count, 1)
