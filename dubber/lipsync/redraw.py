"""The roles of a film, played: every mouth that is ours is drawn into its frames as they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dubber.lipsync.asked import Asked, AskedMouths
from dubber.lipsync.blend import Blender, rectangle
from dubber.lipsync.drive import Drive
from dubber.lipsync.roles import Role
from dubber.lipsync.shape import MouthRange, measure
from dubber.lipsync.tracks import FaceTracks
from dubber.lipsync.warp import steady
from dubber.protocols import FacePatch, Fitting, HearingPainter, MouthPainter, Sound

if TYPE_CHECKING:
    from dubber.media.video import Frame
    from dubber.protocols import Points


class Painters(Protocol):
    """Where a role's painter comes from; `lipsync.reference.References` reads the film ahead."""

    def painter(self, role: Role) -> tuple[MouthPainter, MouthRange] | None:
        """Who paints the role, and the range of its mouth; None if it cannot be painted."""
        ...

    def release(self, frame: int) -> None:
        """No role that ended before `frame` is asked for again."""
        ...


class Cast:
    """The roles as the film runs: each is planned when it begins and let go when it ends."""

    def __init__(
        self,
        tracks: FaceTracks,
        roles: Sequence[Role],
        painters: Painters,
        drive: Drive,
        sound: Sound | None = None,
    ) -> None:
        """`sound` is what painters hear who draw what they hear."""
        self._tracks, self._painters, self._drive = tracks, painters, drive
        self._sound = sound
        self._coming = list(reversed(roles))
        self._on: list[_Playing] = []
        self._asked: list[Asked] = []
        self.fits: list[dict[str, Any]] = []  # how painters were fitted, each once
        self.drawn = 0  # frames with a mouth of ours

    def play(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Every frame in order, with the mouths of ours in it; the others as they came."""
        for frame in frames:
            yield self._redraw(frame)

    def asked(self, spoken: Sequence[tuple[float, float]]) -> AskedMouths:
        """What was asked of the roles that began so far; `spoken` is when the new voice sounds."""
        return AskedMouths(
            tuple(self._asked),
            self._drive.closed_at(),
            self._drive.open_at(),
            np.array(spoken, np.float64).reshape(-1, 2),
        )

    def _redraw(self, frame: Frame) -> Frame:
        while self._coming and self._coming[-1].first <= frame.index:
            playing = self._begin(self._coming.pop())
            if playing is not None:
                self._on.append(playing)
        if any(playing.role.last < frame.index for playing in self._on):
            self._on = [playing for playing in self._on if playing.role.last >= frame.index]
            self._painters.release(frame.index)
        result = frame
        for playing in self._on:
            result = playing.redraw(result)
        self.drawn += result is not frame
        return result

    def _begin(self, role: Role) -> _Playing | None:
        met = self._painters.painter(role)
        if met is None:
            return None
        painter, usual = met
        if isinstance(painter, Fitting):
            told = {"person": role.track.person, **painter.fit()}
            self.fits += [told] if told not in self.fits else []
        wanted = self._drive.shapes(self._tracks.times[role.track.frames], usual)
        # where our mouth fades in and out it starts from the film's own shape
        own = measure(role.track.points)
        share = role.weight[:, None]
        wanted = wanted * share + own * (1 - share)
        points = steady(role.track.points)
        if isinstance(painter, HearingPainter):
            if self._sound is None:
                raise ValueError("a painter that hears, and no sound")
            painter.hear(self._sound, self._tracks.times[role.track.frames])
        painter.plan(points, wanted, role.track.yaw)
        self._asked.append(
            Asked(role.track.id, role.track.frames, wanted, role.weight, (usual.closed, usual.open))
        )
        return _Playing(role, painter, points)


class _Playing:
    """A role that is on."""

    def __init__(self, role: Role, painter: MouthPainter, points: Points) -> None:
        self.role, self._painter, self._points = role, painter, points
        self._whole = isinstance(painter, HearingPainter)
        self._blender = Blender()

    def redraw(self, frame: Frame) -> Frame:
        frames = self.role.track.frames
        number = int(np.searchsorted(frames, frame.index))
        if number >= len(frames) or frames[number] != frame.index:
            return frame
        weight = float(self.role.weight[number])
        place = rectangle(self._points[number], frame.width, frame.height, whole=self._whole)
        if weight <= 0.01 or place is None:
            return frame
        x, y, w, h = place
        points = self._points[number] - np.array([x, y], np.float32)
        face = FacePatch(frame.crop(x, y, w, h), points)
        drawn = self._painter.paint(number, face)
        mixed = self._blender.blend(face.image, points, drawn.image, drawn.points, weight=weight)
        return frame.with_patch(x, y, mixed)
