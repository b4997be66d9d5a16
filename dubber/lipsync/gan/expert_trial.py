"""How well the expert tells lips that belong to a sound from lips that do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.gan.agreement import REACH, Expert, shifted
from dubber.lipsync.gan.expert_rows import Talk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

APART = 5  # frames, from which on two do not belong together
LONG = 25  # windows that are heard together in the second figure: a second


@dataclass(frozen=True, slots=True)
class Trial:
    """Of windows, and of seconds: the mean of how many true ones it takes for true and how many
    shifted by APART to REACH frames for false (half is chance); in how many pairs of both it finds
    the true one more alike; and of how many clips it finds the offset within a frame."""

    clips: int
    told: float
    paired: float
    told_second: float
    paired_second: float
    placed: float

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each figure, for a table."""
        return [
            ("clips", str(self.clips)),
            ("a window told synced from shifted", f"{self.told:.3f}"),
            ("the same, of a pair", f"{self.paired:.3f}"),
            ("a second told synced from shifted", f"{self.told_second:.3f}"),
            ("the same, of a pair", f"{self.paired_second:.3f}"),
            ("clips whose offset is found within a frame", f"{self.placed:.3f}"),
        ]


def trial(expert: Expert, talks: Iterable[Talk]) -> Trial:
    """DataError if there is no clip."""
    found = [shifted(expert.look(t.mouths), expert.listen(t.mel)) for t in talks]
    if not found:
        raise DataError("no clips to try the expert on", cure="prepare some that are held out")
    best = [int(np.nanargmax(np.nanmean(alike, axis=0))) - REACH for alike in found]
    windows = _figures(expert, found)
    seconds = _figures(expert, [_smooth(alike) for alike in found if len(alike) >= LONG])
    return Trial(len(found), *windows, *seconds, placed=float(np.mean(np.abs(best) <= 1)))


def _figures(expert: Expert, found: list[Floats]) -> tuple[float, float]:
    if not found:
        return float("nan"), float("nan")
    whole = np.concatenate(found)
    true, false = whole[:, REACH], np.delete(whole, range(REACH - APART + 1, REACH + APART), axis=1)
    there = np.isfinite(false)
    taken = float((expert.odds(true) > 0).mean())
    refused = float((expert.odds(false[there]) <= 0).mean())
    return (taken + refused) / 2, float((true[:, None] > false)[there].mean())


def _smooth(alike: Floats) -> Floats:
    """The means of LONG windows in a row."""
    views = np.lib.stride_tricks.sliding_window_view(alike, LONG, axis=0)
    return np.asarray(views.mean(axis=2), np.float32)
