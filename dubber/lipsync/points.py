"""The landmarks that are kept of MediaPipe's 478, and where each lies in what is kept.

"Right" and "left" are the face's own. Numbers are MediaPipe's face mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Points that do not move when the mouth does: eye corners, nose, temples.
RIGID = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 127, 356)
LIPS_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375,
              291, 409, 270, 269, 267, 0, 37, 39, 40, 185)  # fmt: skip
LIPS_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324,
              308, 415, 310, 311, 312, 13, 82, 81, 80, 191)  # fmt: skip
#: Along the jaw from the right ear over the chin to the left ear.
JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
       377, 400, 378, 379, 365, 397, 288, 361, 323, 454)  # fmt: skip
CHEEKS = (50, 205, 187, 280, 425, 411)
MIDLINE = (164, 18, 200, 199, 175)  # philtrum, then lower lip to chin

KEPT = tuple(dict.fromkeys((*RIGID, *LIPS_OUTER, *LIPS_INNER, *JAW, *CHEEKS, *MIDLINE)))
_PLACE = {number: place for place, number in enumerate(KEPT)}


def places(numbers: Sequence[int]) -> NDArray[np.intp]:
    """Where the landmarks `numbers` of MediaPipe lie along KEPT."""
    return np.array([_PLACE[number] for number in numbers], np.intp)


def place(number: int) -> int:
    return _PLACE[number]
