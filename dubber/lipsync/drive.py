"""What asks a mouth for its shapes: sounds with times, or shapes that are known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dubber.lipsync.shape import MouthRange
from dubber.lipsync.visemes import moments, trajectory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.languages import Language
    from dubber.schema import Clip

    Floats = NDArray[np.float32]
    Times = NDArray[np.float64]


class Drive(Protocol):
    """The wanted mouth of whoever speaks, on the film's clock."""

    def shapes(self, times: Times, usual: MouthRange) -> Floats:
        """At each of `times` (n,), ascending, the wanted shape (n, 4) for a speaker whose mouth
        does what `usual` says."""
        ...

    def closed_at(self) -> Times:
        """Seconds at which the lips must be closed (p, b, m), ascending."""
        ...

    def open_at(self) -> Times:
        """Seconds in the middle of the open vowels, ascending."""
        ...


class Spoken:
    """Driven by the sounds of a timeline's clips."""

    def __init__(self, clips: Sequence[Clip], language: Language) -> None:
        self._clips, self._language = clips, language

    def shapes(self, times: Times, usual: MouthRange) -> Floats:
        return usual.shapes(trajectory(self._clips, times, language=self._language))

    def closed_at(self) -> Times:
        return moments(self._clips, "bilabial", language=self._language)

    def open_at(self) -> Times:
        return moments(self._clips, "open", language=self._language)


class Seen:
    """Driven by shapes (m, 4) seen at `times` (m,), ascending: what a face really did."""

    def __init__(
        self,
        times: Times,
        shapes: Floats,
        *,
        closed: Sequence[float] = (),
        opened: Sequence[float] = (),
    ) -> None:
        self._times, self._shapes = times, shapes
        self._closed, self._opened = closed, opened

    def shapes(self, times: Times, usual: MouthRange) -> Floats:
        columns = [np.interp(times, self._times, column) for column in self._shapes.T]
        return np.column_stack(columns).astype(np.float32)

    def closed_at(self) -> Times:
        return np.array(sorted(self._closed), np.float64)

    def open_at(self) -> Times:
        return np.array(sorted(self._opened), np.float64)
