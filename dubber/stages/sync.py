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
from dubber.lipsync.shape import measure
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
    the film twice at once, one reading ahead of the other. Progress in frames.
    """
    tracks = FaceTracks.load(faces)
    roles = plan_roles(tracks, timeline, speech, options)
    if not roles:
        return SyncReport(changed=False)
    whole = float(len(tracks.times))
    frames = 0
    with (
        References(video, tracks, roles, renderer) as references,
        VideoReader(video) as reader,
        VideoWriter(target, reader.stream) as writer,
    ):
        cast = _Cast(tracks, timeline, roles, references, language)
        for frame in reader:
            writer.write(cast.redraw(frame))
            frames += 1
            progress(min(whole, frames), whole)
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
        references: References,
        language: Language,
    ) -> None:
        self._tracks, self._timeline, self._language = tracks, timeline, language
        self._references = references
        self._coming = list(reversed(roles))
        self._on: list[_Playing] = []
        self.drawn = 0

    def redraw(self, frame: Frame) -> Frame:
        """The frame with every mouth of ours in it."""
        while self._coming and self._coming[-1].first <= frame.index:
            playing = self._begin(self._coming.pop())
            if playing is not None:
                self._on.append(playing)
        if any(playing.role.last < frame.index for playing in self._on):
            self._on = [playing for playing in self._on if playing.role.last >= frame.index]
            self._references.release(frame.index)
        result = frame
        for playing in self._on:
            result = playing.redraw(result)
        self.drawn += result is not frame
        return result

    def _begin(self, role: Role) -> _Playing | None:
        met = self._references.painter(role)
        if met is None:
            return None
        painter, usual = met
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
