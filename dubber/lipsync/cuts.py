"""Scene cuts, seen as the pictures go by."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image

COLUMNS = 48  # of the small picture that is compared
LEAST = 14.0  # mean difference of a cut, of 255
TIMES = 4.0  # how much more than what the last frames changed
UNKNOWN = 8.0  # what is taken for usual at the beginning of a scene
MEMORY = 12  # frames


class CutDetector:
    """Says of each picture in turn whether a new scene begins with it.

    A cut differs from the picture before by far more than the pictures before it did from each
    other; a pan or a flash-free motion does not.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._changes: deque[float] = deque(maxlen=MEMORY)

    def is_cut(self, image: Image) -> bool:
        """Whether `image` begins a new scene; the first picture does not."""
        step = max(1, image.shape[1] // COLUMNS)
        small = image[step // 2 :: step, step // 2 :: step].astype(np.float32)
        last, self._last = self._last, small
        if last is None or last.shape != small.shape:
            return False
        change = float(np.abs(small - last).mean())
        usual = float(np.median(self._changes)) if self._changes else UNKNOWN
        cut = change > LEAST and change > TIMES * usual
        if cut:
            self._changes.clear()
        else:
            self._changes.append(change)
        return cut
