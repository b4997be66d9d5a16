"""What drawn mouths must not do: become another's, move in silence, leave their sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.gan.agreement import FRAMES, PACE, REACH, Expert, mouths, shifted, sound_of
from dubber.lipsync.gan.canvas import openness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.lipsync.gan.clips import Clip

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]


def drift(shown: Floats, real: Floats, masks: NDArray[np.bool_]) -> float:
    """How far the mean of what is `shown` (n, H, W, 3) is off the mean of what is `real`, where
    any of `masks` is: skin, lips and beard that are another's stay so however the mouth moves."""
    off = np.abs(shown.mean(axis=0) - real.mean(axis=0)).mean(axis=2)
    return float(off[masks.any(axis=0)].mean())


def resting(points: Floats) -> Floats:
    """The landmarks (k, 2) of the frame whose mouth is most closed, of (n, k, 2)."""
    return np.asarray(points[int(np.argmin([openness(own) for own in points]))], np.float32)


class Listener:
    """A clip of which the frames from `first` on are drawn again, beside its sound."""

    def __init__(self, clip: Clip, first: int, expert: Expert) -> None:
        self._first, self._expert = first, expert
        self._cut = mouths(clip.faces)
        samples = clip.sound.astype(np.float32) / np.float32(32768)
        self._heard = expert.listen(sound_of(samples, len(clip.faces)))

    @staticmethod
    def able(clip: Clip) -> bool:
        """Whether the clip has a sound, and the pace at which the expert looks."""
        return abs(clip.fps - PACE) < 0.05 and len(clip.sound) > 0

    def sync(self, drawn: Pictures) -> tuple[float, float]:
        """How alike the drawn lips and the sound are, -1..1, and by how many seconds the lips are
        late where they are most alike."""
        whole = self._cut.copy()
        whole[self._first : self._first + len(drawn)] = mouths(drawn)
        alike = shifted(self._expert.look(whole), self._heard)
        means = alike[self._first : self._first + len(drawn) - FRAMES + 1].mean(axis=0)
        return float(means[REACH]), -(int(np.nanargmax(means)) - REACH) / PACE
