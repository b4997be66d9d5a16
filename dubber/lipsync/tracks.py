"""Faces through a film: who is where in which frame, kept small and written down.

A track is one face without a scene cut in it (`follow` makes them). Everything lies in a few flat
arrays, about 0.7 KB for each face in each frame, so that a long film's tracks fit in memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.arrays import joined, save_arrays
from dubber.lipsync.points import KEPT, place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Points

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

SCHEMA = "face-tracks/2"
SHOT_GAP = 16  # frames by which two shots of a person are told apart


@dataclass(frozen=True, slots=True, eq=False)
class FaceTrack:
    """One face in the frames it is seen in.

    frames (n,) ascending; points (n, len(KEPT), 2) in upright pixels; yaw (n,) degrees, positive
    to the picture's right; size (n,) the face's width in pixels as if it looked at us; clear (n,)
    how far nothing covers its mouth, 0..1. `person` is equal for the tracks of one person.
    """

    id: int
    person: int
    frames: Ints
    points: Points
    yaw: Floats
    size: Floats
    clear: Floats

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
            clear=self.clear[rows],
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
        arrays: dict[str, NDArray[Any]] = {
            "schema": np.array(SCHEMA),
            "kept": np.array(KEPT, np.int32),
            "times": self.times,
            "cuts": self.cuts,
            "ids": np.array([track.id for track in self.tracks], np.int32),
            "lengths": np.array([len(track) for track in self.tracks], np.int32),
            "frames": joined([t.frames for t in self.tracks], (0,), np.int32),
            "points": joined([t.points for t in self.tracks], (0, len(KEPT), 2), np.float32),
            "yaw": joined([t.yaw for t in self.tracks], (0,), np.float32),
            "size": joined([t.size for t in self.tracks], (0,), np.float32),
            "clear": joined([t.clear for t in self.tracks], (0,), np.float32),
            "persons": np.array([track.person for track in self.tracks], np.int32),
        }
        save_arrays(path, arrays)

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


def _unpacked(arrays: dict[str, NDArray[np.generic]]) -> FaceTracks:
    lengths = [int(length) for length in arrays["lengths"]]
    ends = np.cumsum([0, *lengths])
    if not len(arrays["frames"]) == len(arrays["points"]) == ends[-1]:
        raise ValueError("the arrays do not fit each other")
    tracks = tuple(
        FaceTrack(
            id=int(number),
            person=int(person),
            frames=np.asarray(arrays["frames"][low:high], np.int32),
            points=np.asarray(arrays["points"][low:high], np.float32),
            yaw=np.asarray(arrays["yaw"][low:high], np.float32),
            size=np.asarray(arrays["size"][low:high], np.float32),
            clear=np.asarray(arrays["clear"][low:high], np.float32),
        )
        for number, person, low, high in zip(
            arrays["ids"], arrays["persons"], ends, ends[1:], strict=False
        )
    )
    return FaceTracks(
        np.asarray(arrays["times"], np.float64), np.asarray(arrays["cuts"], np.int32), tracks
    )


def mouth_middle(points: Points) -> Points:
    """The middle of the mouth in each of (n, len(KEPT), 2)."""
    return np.asarray((points[:, place(61)] + points[:, place(291)]) / 2, np.float32)


def footage(tracks: Sequence[FaceTrack]) -> tuple[FaceTrack, Ints]:
    """All that is seen of one person, as one track, and a frame number for each row in which only
    rows that follow each other in one shot are neighbours. At least one track."""
    ordered = sorted(tracks, key=lambda track: int(track.frames[0]))
    whole = replace(
        ordered[0],
        frames=np.concatenate([track.frames for track in ordered]),
        points=np.concatenate([track.points for track in ordered]),
        yaw=np.concatenate([track.yaw for track in ordered]),
        size=np.concatenate([track.size for track in ordered]),
        clear=np.concatenate([track.clear for track in ordered]),
    )
    apart = [np.full(len(track), SHOT_GAP * n, np.int32) for n, track in enumerate(ordered)]
    return whole, (whole.frames + np.concatenate(apart)).astype(np.int32)
