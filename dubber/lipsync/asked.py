"""What the mouths of a film were asked to do, written down so that the result can be measured."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.arrays import joined, save_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Times = NDArray[np.float64]

SCHEMA = "asked-mouths/1"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One role: the track it was drawn on, its frames (n,), the wanted shapes (n, 4) in face units
    (`lipsync.shape`), how far each was shown (n,) 0..1, and the speaker's range (closed, open)."""

    track: int
    frames: NDArray[np.int32]
    wanted: Floats
    weight: Floats
    usual: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class AskedMouths:
    """Every role of a film; `closed_at` and `open_at` (seconds) are when its sounds close the lips
    and open them wide; `spoken` (k, 2) are the spans in which the new voice sounds."""

    roles: tuple[Asked, ...]
    closed_at: Times
    open_at: Times
    spoken: Times

    def save(self, path: Path) -> None:
        """Write an npz beside `path` and rename it into place; StorageError."""
        arrays: dict[str, NDArray[Any]] = {
            "schema": np.array(SCHEMA),
            "tracks": np.array([role.track for role in self.roles], np.int32),
            "lengths": np.array([len(role.frames) for role in self.roles], np.int32),
            "usual": np.array([role.usual for role in self.roles], np.float32).reshape(-1, 2),
            "frames": joined([role.frames for role in self.roles], (0,), np.int32),
            "wanted": joined([role.wanted for role in self.roles], (0, 4), np.float32),
            "weight": joined([role.weight for role in self.roles], (0,), np.float32),
            "closed_at": self.closed_at,
            "open_at": self.open_at,
            "spoken": self.spoken,
        }
        save_arrays(path, arrays)

    @staticmethod
    def load(path: Path) -> AskedMouths:
        """DataError if it is not such a file."""
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                if str(file["schema"]) != SCHEMA:
                    raise DataError("another version of what was asked", subject=path)
                return _unpacked({name: file[name] for name in file.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"does not say what was asked ({str(error)[:80]})",
                subject=path,
                cure="give the file that `dub lipsync --keep-asked` wrote",
            ) from error


def _unpacked(arrays: dict[str, NDArray[Any]]) -> AskedMouths:
    ends = np.cumsum([0, *arrays["lengths"].tolist()])
    if not len(arrays["frames"]) == len(arrays["wanted"]) == len(arrays["weight"]) == ends[-1]:
        raise ValueError("the arrays do not fit each other")
    roles = tuple(
        Asked(
            int(track),
            np.asarray(arrays["frames"][low:high], np.int32),
            np.asarray(arrays["wanted"][low:high], np.float32).reshape(-1, 4),
            np.asarray(arrays["weight"][low:high], np.float32),
            (float(usual[0]), float(usual[1])),
        )
        for track, usual, low, high in zip(
            arrays["tracks"], arrays["usual"], ends, ends[1:], strict=False
        )
    )
    times = [np.asarray(arrays[name], np.float64) for name in ("closed_at", "open_at", "spoken")]
    return AskedMouths(roles, times[0], times[1], times[2].reshape(-1, 2))
