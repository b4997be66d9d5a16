"""Faces through a film: who is where in which frame, kept small and written down.

A track is one face without a scene cut in it. Everything lies in a few flat arrays, about 0.7 KB
for each face in each frame, so that a long film's tracks fit in memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError, StorageError
from dubber.lipsync.points import KEPT, place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import FaceObservation, Points

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

SCHEMA = "face-tracks/1"
LONGEST_GAP = 8  # frames a face may be lost and still be the same track
REACH = 0.6  # of its size that a face may move between two frames it is seen in
RIGHT_EDGE, LEFT_EDGE = 234, 454  # landmarks in front of the ears


@dataclass(frozen=True, slots=True, eq=False)
class FaceTrack:
    """One face in the frames it is seen in.

    frames (n,) ascending; points (n, len(KEPT), 2) in upright pixels; yaw (n,) degrees, positive
    to the picture's right; size (n,) the face's width in pixels as if it looked at us.
    """

    id: int
    frames: Ints
    points: Points
    yaw: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.frames)

    def part(self, first: int, last: int) -> FaceTrack:
        """What lies in the frames first <= frame < last."""
        low, high = np.searchsorted(self.frames, (first, last))
        return self.pick(np.arange(low, high))

    def pick(self, rows: NDArray[np.intp]) -> FaceTrack:
        """Only these rows."""
        return replace(
            self,
            frames=self.frames[rows],
            points=self.points[rows],
            yaw=self.yaw[rows],
            size=self.size[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class FaceTracks:
    """All faces of a film. times (frames,) seconds of each frame; cuts: frames that begin a scene;
    tracks in order of their first frame."""

    times: NDArray[np.float64]
    cuts: Ints
    tracks: tuple[FaceTrack, ...]

    def save(self, path: Path) -> None:
        """Write an npz beside `path` and rename it into place; StorageError."""
        draft = path.with_name(f".{path.name}.part")
        arrays: dict[str, NDArray[Any]] = {
            "schema": np.array(SCHEMA),
            "kept": np.array(KEPT, np.int32),
            "times": self.times,
            "cuts": self.cuts,
            "ids": np.array([track.id for track in self.tracks], np.int32),
            "lengths": np.array([len(track) for track in self.tracks], np.int32),
            "frames": _joined([t.frames for t in self.tracks], (0,), np.int32),
            "points": _joined([t.points for t in self.tracks], (0, len(KEPT), 2), np.float32),
            "yaw": _joined([t.yaw for t in self.tracks], (0,), np.float32),
            "size": _joined([t.size for t in self.tracks], (0,), np.float32),
        }
        try:
            with draft.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StorageError(f"cannot write ({error.strerror})", subject=path) from error

    @staticmethod
    def load(path: Path) -> FaceTracks:
        """DataError if it is not such a file, or was made with other landmarks."""
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                if str(file["schema"]) != SCHEMA or tuple(file["kept"]) != KEPT:
                    raise DataError(
                        "face tracks of another version", subject=path, cure="delete it"
                    )
                return _unpacked({name: file[name] for name in file.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"not face tracks ({str(error)[:80]})", subject=path) from error


def _joined(
    parts: Sequence[NDArray[np.generic]], empty: tuple[int, ...], kind: type
) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(empty, kind)


def _unpacked(arrays: dict[str, NDArray[np.generic]]) -> FaceTracks:
    lengths = [int(length) for length in arrays["lengths"]]
    ends = np.cumsum([0, *lengths])
    if not len(arrays["frames"]) == len(arrays["points"]) == ends[-1]:
        raise ValueError("the arrays do not fit each other")
    tracks = tuple(
        FaceTrack(
            id=int(number),
            frames=np.asarray(arrays["frames"][low:high], np.int32),
            points=np.asarray(arrays["points"][low:high], np.float32),
            yaw=np.asarray(arrays["yaw"][low:high], np.float32),
            size=np.asarray(arrays["size"][low:high], np.float32),
        )
        for number, low, high in zip(arrays["ids"], ends, ends[1:], strict=False)
    )
    return FaceTracks(
        np.asarray(arrays["times"], np.float64), np.asarray(arrays["cuts"], np.int32), tracks
    )


@dataclass(slots=True)
class _Growing:
    """A track that is being followed."""

    id: int
    frames: list[int]
    points: list[Points]
    yaw: list[float]
    size: list[float]

    @property
    def middle(self) -> Floats:
        return np.asarray(self.points[-1].mean(axis=0), np.float32)


class TrackBuilder:
    """Takes the faces of frame after frame, and gives the tracks at the end."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._cuts: list[int] = []
        self._open: list[_Growing] = []
        self._done: list[FaceTrack] = []
        self._born = 0

    def add(self, time: float, faces: Sequence[FaceObservation], *, cut: bool) -> None:
        """The next frame: when it is seen, its faces, and whether a scene begins with it."""
        frame = len(self._times)
        self._times.append(time)
        if cut:
            self._cuts.append(frame)
        self._close(lambda track: cut or frame - track.frames[-1] > LONGEST_GAP)
        free = list(self._open)
        for face in faces:
            points = np.asarray(face.landmarks[list(KEPT), :2], np.float32)
            size = _width(face.landmarks)
            track = _nearest(points.mean(axis=0), size, free)
            if track is None:
                track = _Growing(self._born, [], [], [], [])
                self._born += 1
                self._open.append(track)
            else:
                free.remove(track)
            track.frames.append(frame)
            track.points.append(points)
            track.yaw.append(yaw_degrees(face.landmarks))
            track.size.append(size)

    def finish(self) -> FaceTracks:
        """Every face followed, with short gaps filled in."""
        self._close(lambda track: True)
        return FaceTracks(
            np.array(self._times, np.float64),
            np.array(self._cuts, np.int32),
            tuple(sorted(self._done, key=lambda track: track.id)),
        )

    def _close(self, over: _Test) -> None:
        self._done += [_filled(track) for track in self._open if over(track)]
        self._open = [track for track in self._open if not over(track)]


if TYPE_CHECKING:
    from collections.abc import Callable

    _Test = Callable[[_Growing], bool]


def _nearest(middle: Floats, size: float, tracks: Sequence[_Growing]) -> _Growing | None:
    best, least = None, REACH
    for track in tracks:
        scale = max(size, track.size[-1], 1.0)
        far = float(np.linalg.norm(middle - track.middle)) / scale
        if far < least and 0.5 < size / max(track.size[-1], 1.0) < 2:
            best, least = track, far
    return best


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
    return FaceTrack(
        track.id,
        frames.astype(np.int32),
        flat.reshape(len(frames), *points.shape[1:]).astype(np.float32),
        np.interp(frames, seen, track.yaw).astype(np.float32),
        np.interp(frames, seen, track.size).astype(np.float32),
    )


def yaw_degrees(landmarks: Points) -> float:
    """How far the face (478, 3) is turned to the side; 0: it looks at us."""
    across = landmarks[LEFT_EDGE] - landmarks[RIGHT_EDGE]
    return float(np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1]))))


def _width(landmarks: Points) -> float:
    return float(np.linalg.norm(landmarks[LEFT_EDGE] - landmarks[RIGHT_EDGE]))


def mouth_middle(points: Points) -> Points:
    """The middle of the mouth in each of (n, len(KEPT), 2)."""
    return np.asarray((points[:, place(61)] + points[:, place(291)]) / 2, np.float32)
