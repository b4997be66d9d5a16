"""The shape of a mouth in numbers, and what is usual for one speaker.

Lengths are in the speaker's own face unit: the RMS distance of the points that do not move with
the mouth from their middle. It follows the face's distance and hardly its turning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.points import RIGID, place, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Points

    Floats = NDArray[np.float32]

OPENING, WIDTH, OUTER, CHIN = range(4)
_RIGID = places(RIGID)
_UPPER, _LOWER = places((13, 82, 312)), places((14, 87, 317))
SEALED = 0.012  # of the face unit: lips closer than this are closed (measured noise 0.004)
SMALL_RANGE = 0.22  # opening of a speaker who never opens the mouth
NARROW, SPREAD = 0.06, 0.05  # changes of width of a speaker who never shows any
STILL = 0.06  # of the face unit: an opening that changes by less was seen in one shape
#: What is guessed of a mouth that was: how far it opens, and its narrowest and most spread width,
#: as parts of the width it has at rest. (Seven speakers of GRID: 0.30 to 0.55, 0.90 to 0.98, 1.02
#: to 1.14; their sentences have few round vowels.)
GUESSED_OPEN, GUESSED_NARROW, GUESSED_SPREAD = 0.36, 0.88, 1.06
SMILE, RELAXED = 0.12, 0.92  # a mouth that is open in a photo smiles: at rest it is narrower


def units(points: Points) -> Floats:
    """The face unit in pixels for each of (n, len(KEPT), 2)."""
    rigid = points[:, _RIGID]
    off = rigid - rigid.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((off**2).sum(axis=2).mean(axis=1)), np.float32)


def measure(points: Points) -> Floats:
    """Opening between the lips, width, height of both lips, and chin below the nose: (n, 4)."""
    unit = units(points)
    opening = np.linalg.norm(points[:, _UPPER] - points[:, _LOWER], axis=2).mean(axis=1)
    return np.stack(
        [
            opening / unit,
            _distance(points, 61, 291) / unit,
            _distance(points, 0, 17) / unit,
            _distance(points, 4, 152) / unit,
        ],
        axis=1,
    ).astype(np.float32)


def is_still(shapes: Floats) -> bool:
    """Whether a mouth hardly changes its opening in all its shapes (n, 4)."""
    low, high = np.percentile(shapes[:, OPENING], (3, 97))
    return bool(high - low < STILL)


def _distance(points: Points, one: int, other: int) -> Floats:
    return np.asarray(
        np.linalg.norm(points[:, place(one)] - points[:, place(other)], axis=1), np.float32
    )


@dataclass(frozen=True, slots=True, eq=False)
class MouthRange:
    """What one speaker's mouth does: closed and widest opening, resting, narrowest and most
    spread width; and how lips and chin follow (`follow` (2, 3): outer height and chin from
    1, opening and width)."""

    closed: float
    open: float
    rest_width: float
    narrow: float
    spread: float
    follow: Floats

    @staticmethod
    def of(shapes: Floats) -> MouthRange:
        """From every shape (n, 4) seen of the speaker, n >= 1. What one does who was seen with a
        still mouth is a guess."""
        if is_still(shapes):
            return _guessed(np.median(shapes, axis=0))
        opening, width = shapes[:, OPENING], shapes[:, WIDTH]
        # who was never seen with closed lips can close them all the same
        closed = min(float(np.percentile(opening, 3)), SEALED)
        still = width[opening <= np.percentile(opening, 30)]
        rest = float(np.median(still))
        spread = max(float(np.percentile(width, 96)), rest + SPREAD)
        narrow = min(float(np.percentile(width, 4)), rest - NARROW)
        known = np.column_stack([np.ones(len(shapes)), opening, width])
        ridge = 1e-4 * len(shapes) * np.diag([0.0, 1.0, 1.0])
        follow = np.linalg.solve(
            known.T @ known + ridge + 1e-9 * np.eye(3), known.T @ shapes[:, [OUTER, CHIN]]
        ).T
        widest = max(float(np.percentile(opening, 97)), closed + SMALL_RANGE)
        return MouthRange(closed, widest, rest, narrow, spread, follow.astype(np.float32))

    def shapes(self, asked: Floats) -> Floats:
        """From parts of the range, (n, 2) opening 0..1 and width -1..1, to shapes (n, 4)."""
        opening = self.closed + np.clip(asked[:, 0], 0, 1.1) * (self.open - self.closed)
        sway = np.clip(asked[:, 1], -1, 1)
        width = self.rest_width + np.where(
            sway > 0, sway * (self.spread - self.rest_width), sway * (self.rest_width - self.narrow)
        )
        known = np.column_stack([np.ones(len(asked)), opening, width])
        return np.column_stack([opening, width, known @ self.follow.T]).astype(np.float32)

    def parts(self, shapes: Floats) -> Floats:
        """The way back: from shapes (n, 4) to parts of the range (n, 2), not bounded."""
        opening = (shapes[:, OPENING] - self.closed) / (self.open - self.closed)
        sway = shapes[:, WIDTH] - self.rest_width
        reach = np.where(sway > 0, self.spread - self.rest_width, self.rest_width - self.narrow)
        return np.column_stack([opening, sway / reach]).astype(np.float32)


def _guessed(shape: Floats) -> MouthRange:
    """What a mouth may do of which one shape is known; lips and chin follow as `warp.bent` moves
    them."""
    opening, width = float(shape[OPENING]), float(shape[WIDTH])
    rest = width * (RELAXED if opening > SMILE else 1.0)
    follow = np.array([[shape[OUTER] - opening, 1, 0], [shape[CHIN] - opening / 2, 0.5, 0]])
    return MouthRange(
        min(opening, SEALED),
        max(opening, GUESSED_OPEN),
        rest,
        rest * GUESSED_NARROW,
        rest * GUESSED_SPREAD,
        follow.astype(np.float32),
    )
