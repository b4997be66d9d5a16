"""Choosing among a speaker's own mouths: which to keep, and which to show when.

After Bregler, Covell and Slaney 1997, "Video Rewrite": the best path through the frames of the
speaker, where following the film is free and every jump has a price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.shape import OPENING, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RUN = 15  # frames that are taken together
BINS = (10, 6)  # of opening and width, among which the runs are spread
WEIGHTS = np.array([2.0, 1.2, 0.7, 0.5], np.float32)  # opening, width, outer height, chin
YAW_PRICE = 0.05  # a degree
JUMP, JUMP_SHAPE, JUMP_LOOK = 0.8, 0.7, 0.9  # the price of a join, and of what it changes
HOLD, SKIP = 0.1, 0.25  # the same frame again; one left out
BLOCK = 256  # frames of a path between two that are settled


def choose_runs(frames: NDArray[np.int32], shapes: Floats, *, most: int) -> NDArray[np.intp]:
    """Rows (ascending, at most `most`) that cover the speaker's mouth shapes, in runs of
    consecutive frames. `frames` (n,), `shapes` (n, 4)."""
    if len(frames) <= most:
        return np.arange(len(frames))
    bins = _bins(shapes)
    starts = np.arange(0, len(frames) - RUN + 1, RUN)
    starts = starts[frames[starts + RUN - 1] - frames[starts] == RUN - 1]
    runs = starts[:, None] + np.arange(RUN)
    seen = np.zeros(BINS[0] * BINS[1])
    free = np.ones(len(runs), bool)
    taken: list[int] = []
    while free.any() and (len(taken) + 1) * RUN <= most:
        worth = np.where(free, (1 / (1 + seen[bins[runs]])).sum(axis=1), -1)
        best = int(worth.argmax())
        taken.append(best)
        free[best] = False
        np.add.at(seen, bins[runs[best]], 1)
    return np.sort(runs[taken].ravel())


def _bins(shapes: Floats) -> NDArray[np.intp]:
    numbers = []
    for column, count in ((OPENING, BINS[0]), (WIDTH, BINS[1])):
        values = shapes[:, column]
        low, high = values.min(), values.max()
        parts = (values - low) / max(high - low, 1e-6)
        numbers.append(np.clip((parts * count).astype(np.intp), 0, count - 1))
    return np.asarray(numbers[0] * BINS[1] + numbers[1], np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """A speaker's mouths: frame numbers (m,), shapes (m, 4), yaw (m,), and looks (m, p), a few
    brightnesses of the aligned mouth."""

    frames: NDArray[np.int32]
    shapes: Floats
    yaw: Floats
    looks: Floats

    def path(self, wanted: Floats, yaw: Floats) -> NDArray[np.intp]:
        """Which mouth to show for each of `wanted` (n, 4), by Viterbi's algorithm: (n,).

        Settled block by block, so that memory does not grow with n.
        """
        spread = np.maximum(self.shapes.std(axis=0), np.array([0.03, 0.03, 0.03, 0.03]))
        scale = (WEIGHTS / spread).astype(np.float32)
        prices = self._joins(scale)
        rows: list[NDArray[np.intp]] = []
        state: Floats | None = None
        for first in range(0, len(wanted), BLOCK):
            part = slice(first, first + BLOCK)
            local = self._misfit(wanted[part], yaw[part], scale)
            if state is not None:
                local[0] += state
            rows.append(_best_path(local, prices))
            state = prices[rows[-1][-1]]
        return np.concatenate(rows) if rows else np.zeros(0, np.intp)

    def _misfit(self, wanted: Floats, yaw: Floats, scale: Floats) -> Floats:
        off = np.abs(wanted[:, None] - self.shapes[None]) * scale
        turned = np.abs(yaw[:, None] - self.yaw[None]) * np.float32(YAW_PRICE)
        return np.asarray(np.sqrt((off**2).sum(axis=2)) + turned, np.float32)

    def _joins(self, scale: Floats) -> Floats:
        """The price of showing mouth j after mouth i, (m, m)."""
        count = len(self.frames)
        price = np.full((count, count), JUMP, np.float32)
        for row in range(count):
            off = (self.shapes - self.shapes[row]) * scale
            look = np.abs(self.looks - self.looks[row]).mean(axis=1)
            price[row] += JUMP_SHAPE * np.sqrt((off**2).sum(axis=1)) + JUMP_LOOK * look
        ahead = self.frames[None] - self.frames[:, None]
        price[ahead == 0] = HOLD
        price[ahead == 1] = 0
        price[ahead == 2] = SKIP
        return price


def _best_path(local: Floats, prices: Floats) -> NDArray[np.intp]:
    """The cheapest path: local (n, m) plus prices (m, m) from each to the next."""
    count = len(local)
    back = np.zeros((count, local.shape[1]), np.int16 if local.shape[1] < 2**15 else np.int32)
    cost = local[0]
    for step in range(1, count):
        total = cost[:, None] + prices
        back[step] = total.argmin(axis=0)
        cost = total[back[step], np.arange(local.shape[1])] + local[step]
    path = np.zeros(count, np.intp)
    path[-1] = int(cost.argmin())
    for step in range(count - 1, 0, -1):
        path[step - 1] = back[step][path[step]]
    return path
