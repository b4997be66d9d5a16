"""lips.gan: mouths drawn by a generator that is fitted to each face it meets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.config import LipOptions
from dubber.lipsync.gan.fitting import Fitter
from dubber.lipsync.gan.model import MouthModel
from dubber.lipsync.gan.painter import GanPainter
from dubber.lipsync.reuse import choose_runs
from dubber.protocols import EngineContext, FacePatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Points

    Ints = NDArray[np.int32]

CARD = "lips-gan"
SEEN = 120  # faces of a person it wants to see


class Gan:
    """A LipRenderer."""

    name = "lips.gan"

    @classmethod
    def open(cls, context: EngineContext) -> Gan:
        """EngineError if the generator cannot be read."""
        folder = context.weights(context.model or CARD)
        return cls(MouthModel(folder, threads=context.threads)).adapting(LipOptions().adapt, None)

    def __init__(self, model: MouthModel, fitter: Fitter | None = None) -> None:
        self._model, self._fitter = model, fitter

    def adapting(self, way: str, keep: Path | None) -> Gan:
        return Gan(self._model, None if way == "off" else Fitter(self._model, way, keep))

    def choose(self, frames: Ints, shapes: Points, yaw: Points, *, most: int) -> NDArray[np.intp]:
        return choose_runs(frames, shapes, most=min(most, SEEN))

    def meet(
        self, faces: Sequence[FacePatch], frames: Ints, shapes: Points, yaw: Points
    ) -> GanPainter:
        return GanPainter(self._model, faces, frames, yaw, fitter=self._fitter)
