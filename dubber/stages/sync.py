"""Re-draw the mouths that speak so that they follow the new voice; everything else passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.config import LipOptions
from dubber.languages import Language
from dubber.lipsync.blend import Blender, rectangle
from dubber.lipsync.reference import References
from dubber.lipsync.roles import Role, plan_roles
from dubber.lipsync.shape import MouthRange, measure
from dubber.lipsync.tracks import FaceTracks
from dubber.lipsync.visemes import trajectory
from dubber.lipsync.warp import steady
from dubber.media.video import VideoReader, VideoWriter
from dubber.protocols import FacePatch, LipRenderer, MouthPainter, Progress, silent
from dubber.schema import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.media.video import Frame
    from dubber.protocols import Points

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What was drawn. `changed` False: nothing was, and no file was written."""

    changed: bool
    frames: int = 0  # of the film
    drawn: int = 0  # of them with a mouth of ours
    faces: int = 0  # tracks whose mouths were drawn
    shown: float = 0.0  # part of the drawn stretches in which our mouth could be shown


def sync(  # noqa: PLR0913  what is drawn, from what, how: no fewer
    video: Path,
    faces: Path,
    timeline: Timeline,
    renderer: LipRenderer,
    *,
    language: Language,
    target: Path,
    speech: Sequence[tuple[float, float]] = (),
    options: LipOptions,
    progress: Progress = silent,
) -> SyncReport:
    """Write `video`'s picture to `target` with the mouths of `timeline`'s speakers re-drawn.

    `faces` is what `find_faces` wrote; `speech` the spans of the original talk, ascending. Reads
    the film twice, frame by frame. Progress in frames of both readings.
    """
    tracks = FaceTracks.load(faces)
    roles = plan_roles(tracks, timeline, speech, options)
    if not roles:
        return SyncReport(changed=False)
    whole = 2.0 * len(tracks.times)
    references = References(tracks, roles, renderer)
    with VideoReader(video) as reader:
        for frame in reader:
            if frame.index > references.last:
                break
            references.see(frame)
            progress(float(frame.index), whole)
    cast = _Cast(tracks, timeline, roles, references.painters(), language)
    frames = 0
    with VideoReader(video) as reader, VideoWriter(target, reader.stream) as writer:
        for frame in reader:
            writer.write(cast.redraw(frame))
            frames += 1
            progress(min(whole, whole / 2 + frames), whole)
    progress(whole, whole)
    weights = np.concatenate([role.weight for role in roles])
    return SyncReport(
        changed=True,
        frames=frames,
        drawn=cast.drawn,
        faces=len({role.track.id for role in roles}),
        shown=round(float((weights > 0.5).mean()), 4),
    )


class _Cast:
    """The roles as the film runs: each is planned when it begins and let go when it ends."""

    def __init__(
        self,
        tracks: FaceTracks,
        timeline: Timeline,
        roles: Sequence[Role],
        painters: dict[int, tuple[MouthPainter, MouthRange]],
        language: Language,
    ) -> None:
        self._tracks, self._timeline, self._language = tracks, timeline, language
        self._painters = painters
        self._coming = [role for role in reversed(roles) if role.track.id in painters]
        self._on: list[_Playing] = []
        self.drawn = 0

    def redraw(self, frame: Frame) -> Frame:
        """The frame with every mouth of ours in it."""
        while self._coming and self._coming[-1].first <= frame.index:
            self._on.append(self._begin(self._coming.pop()))
        self._on = [playing for playing in self._on if playing.role.last >= frame.index]
        result = frame
        for playing in self._on:
            result = playing.redraw(result)
        self.drawn += result is not frame
        return result

    def _begin(self, role: Role) -> _Playing:
        painter, usual = self._painters[role.track.id]
        times = self._tracks.times[role.track.frames]
        asked = trajectory(self._timeline.clips, times, language=self._language)
        wanted = usual.shapes(asked)
        # where our mouth fades in and out it starts from the film's own shape
        own = measure(role.track.points)
        share = role.weight[:, None]
        points = steady(role.track.points)
        painter.plan(points, wanted * share + own * (1 - share), role.track.yaw)
        return _Playing(role, painter, points)


class _Playing:
    """A role that is on."""

    def __init__(self, role: Role, painter: MouthPainter, points: Points) -> None:
        self.role, self._painter, self._points = role, painter, points
        self._blender = Blender()

    def redraw(self, frame: Frame) -> Frame:
        frames = self.role.track.frames
        number = int(np.searchsorted(frames, frame.index))
        if number >= len(frames) or frames[number] != frame.index:
            return frame
        weight = float(self.role.weight[number])
        place = rectangle(self._points[number], frame.width, frame.height)
        if weight <= 0.01 or place is None:
            return frame
        x, y, w, h = place
        points = self._points[number] - np.array([x, y], np.float32)
        face = FacePatch(frame.crop(x, y, w, h), points)
        drawn = self._painter.paint(number, face)
        mixed = self._blender.blend(face.image, points, drawn.image, drawn.points, weight=weight)
        return frame.with_patch(x, y, mixed)
