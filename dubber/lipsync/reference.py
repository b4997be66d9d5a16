"""The faces a renderer wants to see before it draws: read from the film a little ahead.

A person is met in all their shots, in parts of the film of about two minutes, and forgotten after
their last role in each: memory depends on how many people are seen at once, not on the film's
length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.blend import rectangle
from dubber.lipsync.roles import Role
from dubber.lipsync.shape import MouthRange, measure
from dubber.lipsync.tracks import FaceTrack, FaceTracks, footage
from dubber.lipsync.warp import steady
from dubber.media.cut import Film, open_film
from dubber.protocols import FacePatch, HearingRenderer, LipRenderer, MouthPainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.media.video import Frame
    from dubber.protocols import Image, Points

PART = 3000  # frames of the film in which a person is met at once
MOST = 600  # faces kept of PART frames
LEAST = 40  # … and of any person
CLEAR = 0.9  # how free of hands a mouth must be to be learnt from
SIDE = 256  # pixels: larger cuts are made smaller

_Key = tuple[int, int]


class References:
    """Painters for the roles of a film, in their order. Use as a context manager."""

    def __init__(
        self, video: Film, tracks: FaceTracks, roles: Sequence[Role], renderer: LipRenderer
    ) -> None:
        self._renderer = renderer
        self._whole = min(PART, max(1, len(tracks.times)))
        shots: dict[int, list[FaceTrack]] = {}
        for track in tracks.tracks:
            shots.setdefault(track.person, []).append(track)
        cast = {role.track.person for role in roles}
        self._seen = {person: footage(shots[person]) for person in sorted(cast)}
        self._last_use = {self._key(role): role.last for role in roles}
        keys = sorted(self._last_use, key=lambda key: (self._bounds(key)[0], key))
        self._coming = keys[::-1]
        self._known: dict[_Key, Person] = {}
        self._reader = open_film(video)
        self._frames: Iterator[Frame] = iter(self._reader)
        self._at = -1

    def __enter__(self) -> References:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.close()

    def painter(self, role: Role) -> tuple[MouthPainter, MouthRange] | None:
        """Who paints the role, and the range of its mouth; None if its face was never whole.

        Reads on as far as that needs.
        """
        key = self._key(role)
        self._meet_until(self._bounds(key)[0])
        person = self._known[key]
        while self._at < person.last:
            frame = next(self._frames, None)
            if frame is None:
                break
            self._at = frame.index
            self._meet_until(frame.index)
            for other in self._known.values():
                other.see(frame)
        return person.painted()

    def release(self, frame: int) -> None:
        """Forget everyone whose last role ended before `frame`."""
        for key in [key for key in self._known if self._last_use[key] < frame]:
            del self._known[key]

    def _meet_until(self, frame: int) -> None:
        while self._coming and self._bounds(self._coming[-1])[0] <= frame:
            key = self._coming.pop()
            track, apart = self._seen[key[0]]
            low, high = np.searchsorted(track.frames, self._bounds(key))
            part = track.pick(np.arange(low, high))
            most = max(LEAST, round(MOST * min(1.0, len(part) / self._whole)))
            self._known[key] = Person(part, self._renderer, most, apart=apart[low:high])

    def _key(self, role: Role) -> _Key:
        track, _ = self._seen[role.track.person]
        number = (role.first - int(track.frames[0])) // _part_size(track)
        return role.track.person, min(number, _parts(track) - 1)

    def _bounds(self, key: _Key) -> tuple[int, int]:
        """The frames of a part: first, and the one after the last."""
        track, _ = self._seen[key[0]]
        first, size = int(track.frames[0]), _part_size(track)
        last = key[1] == _parts(track) - 1
        end = int(track.frames[-1]) + 1 if last else first + (key[1] + 1) * size
        return first + key[1] * size, end


def _span(track: FaceTrack) -> int:
    return int(track.frames[-1]) + 1 - int(track.frames[0])


def _parts(track: FaceTrack) -> int:
    return max(1, round(_span(track) / PART))


def _part_size(track: FaceTrack) -> int:
    return max(1, _span(track) // _parts(track))


class Person:
    """A track, or a part of one, and the faces cut out of it that the renderer wants to see."""

    def __init__(
        self,
        track: FaceTrack,
        renderer: LipRenderer,
        most: int,
        *,
        apart: NDArray[np.int32] | None = None,
    ) -> None:
        """`apart` numbers the rows as `tracks.footage` does, where they are of several shots."""
        self._renderer = renderer
        self._whole = isinstance(renderer, HearingRenderer)
        self._points: Points = steady(track.points)
        free = np.flatnonzero(track.clear > CLEAR)
        rows = free if len(free) else np.arange(len(track))
        self._track = track
        self._apart = track.frames if apart is None else apart
        self._shapes = measure(track.points)
        self._range = MouthRange.of(self._shapes[rows])
        chosen = renderer.choose(self._apart[rows], self._shapes[rows], track.yaw[rows], most=most)
        self._rows = rows[chosen]
        self._wanted = set(self._rows.tolist())
        self.last = int(track.frames[self._rows].max()) if len(self._rows) else -1
        self._faces: list[FacePatch] = []
        self._seen: list[int] = []
        self._painter: MouthPainter | None = None

    def see(self, frame: Frame) -> None:
        """Cut the face out of `frame` if it is one that is wanted."""
        row = int(np.searchsorted(self._track.frames, frame.index))
        if row not in self._wanted or self._track.frames[row] != frame.index:
            return
        place = rectangle(self._points[row], frame.width, frame.height, whole=self._whole)
        if place is None:
            return
        x, y, w, h = place
        image = frame.crop(x, y, w, h)
        self._faces.append(_bounded(image, self._points[row] - np.array([x, y], np.float32)))
        self._seen.append(row)

    def painted(self) -> tuple[MouthPainter, MouthRange] | None:
        """Their painter and the range of their mouth; None if no face was seen whole."""
        if self._painter is None:
            if not self._faces:
                return None
            rows: NDArray[np.intp] = np.array(self._seen, np.intp)
            self._painter = self._renderer.meet(
                self._faces, self._apart[rows], self._shapes[rows], self._track.yaw[rows]
            )
        return self._painter, self._range


def _bounded(image: Image, points: Points) -> FacePatch:
    import cv2

    scale = SIDE / max(image.shape[:2])
    if scale >= 1:
        return FacePatch(image, points)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ratio = np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
    return FacePatch(np.asarray(small, np.uint8), points * ratio)
