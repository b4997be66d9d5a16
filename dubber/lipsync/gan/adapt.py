"""Fitting the generator to one face in closed form, in a second, without torch.

The generator's last convolution is linear in what it sees. Ridge regression draws it towards the
frames of the film, and keeps it near what was trained where these say little. Frames that were not
solved on must come out better; otherwise the trained head stays.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.gan.model import Head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dubber.lipsync.gan.model import MouthModel

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

log = logging.getLogger(__name__)

LEAST = 12  # frames below which nothing is solved
BLOCK = 6  # neighbouring frames that are solved on, or held out, together
HELD = 4  # every so many blocks one is held out
STIFFNESS = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # how much the trained head counts
MOUTH_WEIGHT = 3.0  # of a pixel of the mouth, beside one of the rest
GAIN = 0.99  # of the trained head's error, above which the solved one is not worth it
BATCH = 8


@dataclass(frozen=True, slots=True)
class Fitted:
    """The head to draw with, and the mean error of held-out mouths (of 255) with the trained and
    with the solved head. `solved` False: the trained head stays."""

    head: Head
    solved: bool
    before: float = 0.0
    after: float = 0.0


def fit_head(
    model: MouthModel,
    shown: Pictures,
    real: Pictures,
    covered: Pictures,
    mouths: Pictures,
    groups: Sequence[int] | None = None,
) -> Fitted:
    """Solve the head for one person, in rows of frames in their order.

    `shown` (n, CHANNELS, H, W); `real` (n, H, W, 3); `covered` and `mouths` (n, H, W), 0 or 255.
    `groups` numbers the runs of neighbouring frames; held-out frames come from other runs.
    """
    count = len(shown)
    if count < LEAST:
        return Fitted(model.head, solved=False)
    block = np.arange(count) // BLOCK if groups is None else np.asarray(groups)
    held = np.unique(block, return_inverse=True)[1] % HELD == HELD - 1
    if not held.any():
        held = np.arange(count) >= count - count // HELD
    start = _flat(model.head)
    known = _Sums(start.shape)
    asked: list[tuple[Floats, Floats, Floats]] = []
    for first in range(0, count, BATCH):
        rows = slice(first, first + BATCH)
        features = model.features(shown[rows])
        for number, seen in enumerate(features, first):
            weight = _weights(covered[number], mouths[number])
            design, wanted = _rows(seen, real[number], weight)
            if held[number]:
                share = (weight[weight > 0] > 1).astype(np.float32)
                asked.append((design, wanted, share))
            else:
                known.add(design, wanted, weight[weight > 0])
    before = _error(asked, start)
    trials = [(_error(asked, known.solve(start, much)), much) for much in STIFFNESS]
    after, much = min(trials)
    if not after < GAIN * before:
        log.info("the trained mouth stays: held-out error %.2f, solved %.2f", before, after)
        return Fitted(model.head, solved=False, before=before, after=after)
    for design, wanted, share in asked:
        known.add(design, wanted, 1 + (MOUTH_WEIGHT - 1) * share)
    log.info("fitted to a face: held-out mouth error %.2f -> %.2f of 255", before, after)
    return Fitted(_head(known.solve(start, much)), solved=True, before=before, after=after)


class _Sums:
    """The normal equations of weighted rows."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._square = np.zeros((shape[0], shape[0]))
        self._mixed = np.zeros(shape)

    def add(self, design: Floats, wanted: Floats, weight: Floats) -> None:
        heavy = design * weight[:, None]
        self._square += heavy.T @ design
        self._mixed += heavy.T @ wanted

    def solve(self, start: NDArray[np.float64], much: float) -> NDArray[np.float64]:
        """The head nearest to the rows, and, as far as `much` says, to `start`."""
        size = np.diag(self._square)
        ridge = much * (0.1 * size + 0.9 * size.mean() * 1e-3) + 1e-6 * size.mean()
        left = self._square + np.diag(ridge)
        return np.asarray(
            start + np.linalg.solve(left, self._mixed - self._square @ start), np.float64
        )


def _flat(head: Head) -> NDArray[np.float64]:
    """(9 features + 1, 12): rows by feature, then place in the 3 x 3; the bias last."""
    weight = head.weight.reshape(12, -1).T
    return np.vstack([weight, head.bias[None]]).astype(np.float64)


def _head(flat: NDArray[np.float64]) -> Head:
    weight = flat[:-1].T.reshape(12, -1, 3, 3)
    return Head(
        np.ascontiguousarray(weight, np.float32), np.ascontiguousarray(flat[-1], np.float32)
    )


def _weights(covered: Pictures, mouths: Pictures) -> Floats:
    """How much each pixel of half size counts, (H / 2 * W / 2,): 0 outside what is covered."""
    there = covered[::2, ::2] > 0
    lips = mouths[::2, ::2] > 0
    return np.asarray((there * (1 + (MOUTH_WEIGHT - 1) * lips)).ravel(), np.float32)


def _rows(seen: Floats, real: Pictures, weight: Floats) -> tuple[Floats, Floats]:
    """For each pixel that counts: its 3 x 3 of `seen` and 1, and the twelve it gives, less .5."""
    channels, height, width = seen.shape
    padded = np.pad(seen, ((0, 0), (1, 1), (1, 1)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    inside = weight.reshape(height, width) > 0
    design = views.transpose(1, 2, 0, 3, 4)[inside].reshape(-1, channels * 9)
    folded = real.reshape(height, 2, width, 2, 3).transpose(0, 2, 4, 1, 3)[inside]
    wanted = folded.reshape(-1, 12).astype(np.float32) / np.float32(255) - np.float32(0.5)
    ones = np.ones((len(design), 1), np.float32)
    return np.concatenate([design, ones], axis=1), wanted


def _error(asked: list[tuple[Floats, Floats, Floats]], flat: NDArray[np.float64]) -> float:
    """The mean error of the mouths in held-out rows, of 255."""
    total, count = 0.0, 0.0
    small = flat.astype(np.float32)
    for design, wanted, share in asked:
        off = np.abs(np.clip(design @ small, -0.5, 0.5) - wanted).mean(axis=1)
        total += float((off * share).sum())
        count += float(share.sum())
    return 255 * total / max(count, 1.0)
