"""Following faces from frame to frame: from what is found in each to tracks of one face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.identity import LEAST_PIXELS, TURNED, Sighting, look, people
from dubber.lipsync.points import KEPT
from dubber.lipsync.skin import clearness, colours
from dubber.lipsync.tracks import FaceTrack, FaceTracks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import FaceObservation, FramePicture, Image, Points

    Floats = NDArray[np.float32]

LONGEST_GAP = 8  # frames a face may be lost and still be the same track
REACH = 0.6  # of its size that a face may move between two frames it is seen in
CROWDED = 0.4  # of its size: nearer to two tracks than this, a face may be either
ROOM = 0.15  # of its width around a face that is looked at
LOOK_EVERY = 10  # frames of a track between two looks at who it is
RIGHT_EDGE, LEFT_EDGE = 234, 454  # landmarks in front of the ears


@dataclass(slots=True)
class _Growing:
    """A track that is being followed."""

    id: int
    frames: list[int] = field(default_factory=list)
    points: list[Points] = field(default_factory=list)
    yaw: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    skin: list[NDArray[np.uint8]] = field(default_factory=list)
    looks: list[Floats] = field(default_factory=list)

    @property
    def middle(self) -> Floats:
        return np.asarray(self.points[-1].mean(axis=0), np.float32)

    def see(self, frame: FramePicture, landmarks: Points) -> None:
        """What the picture tells of the face, beyond its landmarks."""
        image, landmarks = _face_of(frame, landmarks)
        self.skin.append(np.rint(colours(image, landmarks)).astype(np.uint8))
        due = len(self.frames) > len(self.looks) * LOOK_EVERY
        if due and abs(self.yaw[-1]) < TURNED and self.size[-1] >= LEAST_PIXELS:
            self.looks.append(look(image, landmarks))

    def sighting(self) -> Sighting:
        mean = np.mean(self.looks, axis=0).astype(np.float32) if self.looks else None
        return Sighting(self.frames[0], self.frames[-1], len(self.frames), mean)


class TrackBuilder:
    """Takes the faces of frame after frame, and gives the tracks at the end."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._cuts: list[int] = []
        self._open: list[_Growing] = []
        self._done: list[tuple[FaceTrack, Sighting]] = []
        self._born = 0

    def add(
        self,
        time: float,
        faces: Sequence[FaceObservation],
        *,
        cut: bool,
        picture: FramePicture | None = None,
    ) -> None:
        """The next frame: when it is seen, its faces, whether a scene begins with it, and its
        picture (without one, nobody is known again and nothing covers a mouth)."""
        frame = len(self._times)
        self._times.append(time)
        if cut:
            self._cuts.append(frame)
        self._close(lambda track: cut or frame - track.frames[-1] > LONGEST_GAP)
        free = list(self._open)
        for face in faces:
            points = np.asarray(face.landmarks[list(KEPT), :2], np.float32)
            track = self._followed(points, face_pixels(face.landmarks), free)
            track.frames.append(frame)
            track.points.append(points)
            track.yaw.append(yaw_degrees(face.landmarks))
            track.size.append(face_pixels(face.landmarks))
            if picture is not None:
                track.see(picture, face.landmarks)

    def finish(self) -> FaceTracks:
        """Every face followed, with short gaps filled in, and who is who."""
        self._close(lambda track: True)
        self._done.sort(key=lambda done: done[0].id)
        persons = people([sighting for _, sighting in self._done])
        return FaceTracks(
            np.array(self._times, np.float64),
            np.array(self._cuts, np.int32),
            tuple(
                replace(track, person=person)
                for (track, _), person in zip(self._done, persons, strict=True)
            ),
        )

    def _followed(self, points: Points, size: float, free: list[_Growing]) -> _Growing:
        """The track that the face goes on with, taken from `free`, or a new one. Where faces cross
        all of theirs end: who is who is told later, by how they look."""
        near = _near(points.mean(axis=0), size, free)
        if len(near) > 1 and near[1][0] < CROWDED:
            crossing = [track for far, track in near if far < CROWDED]
            self._close(lambda track: any(track is other for other in crossing))
            free[:] = [track for track in free if not any(track is other for other in crossing)]
            near = []
        if near:
            free.remove(near[0][1])
            return near[0][1]
        track = _Growing(self._born)
        self._born += 1
        self._open.append(track)
        return track

    def _close(self, over: Callable[[_Growing], bool]) -> None:
        self._done += [(_filled(track), track.sighting()) for track in self._open if over(track)]
        self._open = [track for track in self._open if not over(track)]


def _face_of(frame: FramePicture, landmarks: Points) -> tuple[Image, Points]:
    """The part of the frame with the face and a little around it, and its landmarks there."""
    flat = landmarks[:, :2]
    room = ROOM * face_pixels(landmarks)
    most = np.array([frame.width, frame.height])
    low = np.clip(flat.min(axis=0) - room, 0, most - 2).astype(int)
    high = np.clip(flat.max(axis=0) + room, low + 2, most).astype(int)
    x, y, w, h = (int(v) for v in (*low, *(high - low)))
    return frame.crop(x, y, w, h), landmarks - np.array([x, y, 0], np.float32)


def _near(middle: Floats, size: float, tracks: Sequence[_Growing]) -> list[tuple[float, _Growing]]:
    """The tracks that a face may go on with, the nearest first, with how far each is."""
    found = []
    for track in tracks:
        scale = max(size, track.size[-1], 1.0)
        far = float(np.linalg.norm(middle - track.middle)) / scale
        if far < REACH and 0.5 < size / max(track.size[-1], 1.0) < 2:
            found.append((far, track))
    return sorted(found, key=lambda entry: entry[0])


def _filled(track: _Growing) -> FaceTrack:
    """The track with the frames in its gaps interpolated."""
    seen = np.array(track.frames)
    frames = np.arange(seen[0], seen[-1] + 1)
    points = np.stack(track.points)
    flat = points.reshape(len(points), -1)
    if len(frames) > len(seen):
        right = np.clip(np.searchsorted(seen, frames), 1, len(seen) - 1)
        share = (frames - seen[right - 1]) / (seen[right] - seen[right - 1])
        flat = flat[right - 1] * (1 - share[:, None]) + flat[right] * share[:, None]
    clear = np.ones(len(seen), np.float32)
    if track.skin:
        clear = clearness(np.stack(track.skin).astype(np.float32))
    return FaceTrack(
        id=track.id,
        person=track.id,
        frames=frames.astype(np.int32),
        points=flat.reshape(len(frames), *points.shape[1:]).astype(np.float32),
        yaw=np.interp(frames, seen, track.yaw).astype(np.float32),
        size=np.interp(frames, seen, track.size).astype(np.float32),
        clear=np.interp(frames, seen, clear).astype(np.float32),
    )


def yaw_degrees(landmarks: Points) -> float:
    """How far the face (478, 3) is turned to the side; 0: it looks at us."""
    across = landmarks[LEFT_EDGE] - landmarks[RIGHT_EDGE]
    return float(np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1]))))


def face_pixels(landmarks: Points) -> float:
    """The face's width in pixels as if it looked at us, from all its landmarks (478, 3)."""
    return float(np.linalg.norm(landmarks[LEFT_EDGE] - landmarks[RIGHT_EDGE]))
