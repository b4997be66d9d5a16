"""The faces a renderer wants to see before it draws: cut out in one reading of the film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dubber.lipsync.blend import rectangle
from dubber.lipsync.roles import Role
from dubber.lipsync.shape import MouthRange, measure
from dubber.lipsync.tracks import FaceTrack, FaceTracks
from dubber.lipsync.warp import steady
from dubber.protocols import FacePatch, FramePicture, LipRenderer, MouthPainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

MOST = 600  # faces kept of all people together: it bounds the memory
LEAST = 40  # … but as many of each
SIDE = 288  # pixels: larger cuts are made smaller


class _Cuttable(FramePicture, Protocol):
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    def crop(self, x: int, y: int, w: int, h: int) -> Image: ...


class References:
    """Collects the faces that a renderer chose, of every track that has a role."""

    def __init__(self, tracks: FaceTracks, roles: Sequence[Role], renderer: LipRenderer) -> None:
        self._renderer = renderer
        wanted = {role.track.id for role in roles}
        self._people = [_Person(track) for track in tracks.tracks if track.id in wanted]
        share = max(LEAST, MOST // max(1, len(self._people)))
        for person in self._people:
            person.choose(renderer, share)
        self._by_frame: dict[int, list[_Person]] = {}
        for person in self._people:
            for frame in person.track.frames[person.rows]:
                self._by_frame.setdefault(int(frame), []).append(person)
        self.last = max(self._by_frame, default=-1)

    def see(self, frame: _Cuttable) -> None:
        """Look at the next frame of the film."""
        for person in self._by_frame.get(frame.index, ()):
            person.see(frame)

    def painters(self) -> dict[int, tuple[MouthPainter, MouthRange]]:
        """For each track a painter who has met the face, and the range of its mouth."""
        return {
            person.track.id: (person.meet(self._renderer), person.range)
            for person in self._people
            if person.faces
        }


class _Person:
    def __init__(self, track: FaceTrack) -> None:
        self.track = track
        self.shapes = measure(track.points)
        self.range = MouthRange.of(self.shapes)
        self.points: Points = steady(track.points)
        self.rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self.faces: list[FacePatch] = []
        self._seen: list[int] = []

    def choose(self, renderer: LipRenderer, most: int) -> None:
        self.rows = renderer.choose(self.track.frames, self.shapes, self.track.yaw, most=most)

    def see(self, frame: _Cuttable) -> None:
        row = int(np.searchsorted(self.track.frames, frame.index))
        place = rectangle(self.points[row], frame.width, frame.height)
        if place is None:
            return
        x, y, w, h = place
        image = frame.crop(x, y, w, h)
        self.faces.append(_bounded(image, self.points[row] - np.array([x, y], np.float32)))
        self._seen.append(row)

    def meet(self, renderer: LipRenderer) -> MouthPainter:
        rows = np.array(self._seen, np.intp)
        return renderer.meet(
            self.faces, self.track.frames[rows], self.shapes[rows], self.track.yaw[rows]
        )


def _bounded(image: Image, points: Points) -> FacePatch:
    import cv2

    scale = SIDE / max(image.shape[:2])
    if scale >= 1:
        return FacePatch(image, points)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ratio = np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
    return FacePatch(np.asarray(small, np.uint8), points * ratio)
