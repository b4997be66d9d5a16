"""What the generators learn from: clips of one face each, and the manifest that says whence.

A data set is a folder: `manifest.json`, `films/SHA.json` (what became of each film) and
`clips/NAME.npz`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError, NoInputError
from dubber.lipsync.arrays import save_arrays
from dubber.lipsync.gan.canvas import WIDTH, in_pixels, times_of
from dubber.lipsync.points import KEPT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

MANIFEST = "manifest.json"
SCHEMA = "lips-data/1"
RATE = 16_000  # samples a second of the kept sound
TRAIN, KNOWN, UNSEEN = "train", "known", "unseen"


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One unbroken view of a face: pictures on the canvas or `times` as large (n, H, W, 3), their
    landmarks on the canvas (n, len(KEPT), 2), whole faces (n, SIDE, SIDE, 3), and its 16 kHz sound,
    int16."""

    name: str
    speaker: str
    faces: Pictures
    points: Floats
    whole: Pictures
    sound: NDArray[np.int16]
    fps: float

    def save(self, path: Path) -> None:
        """Write an npz beside `path` and rename it into place; StorageError."""
        arrays: dict[str, NDArray[Any]] = {
            "faces": self.faces,
            "points": self.points,
            "whole": self.whole,
            "sound": self.sound,
            "fps": np.array(self.fps),
            "speaker": np.array(self.speaker),
        }
        save_arrays(path, arrays)

    @staticmethod
    def load(path: Path) -> Clip:
        """DataError if it is damaged."""
        try:
            with path.open("rb") as file, np.load(file) as packed:
                clip = Clip(
                    path.stem,
                    str(packed["speaker"]),
                    packed["faces"],
                    packed["points"],
                    packed["whole"],
                    packed["sound"],
                    float(packed["fps"]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError("not a clip", subject=path, cure="prepare the data again") from error
        if clip.points.shape != (len(clip.faces), len(KEPT), 2):
            raise DataError("a clip of other landmarks", subject=path, cure="prepare it again")
        return clip

    @property
    def times(self) -> int:
        return times_of(self.faces[0])

    def film(self) -> Clip:
        """As a film shows it: with landmarks in pixels of the pictures."""
        return replace(self, points=in_pixels(self.points, self.times))

    def part(self, low: int, high: int) -> Clip:
        """The frames from `low` up to `high`, without their sound."""
        return Clip(
            f"{self.name}[{low}:{high}]",
            self.speaker,
            self.faces[low:high],
            self.points[low:high],
            self.whole[low:high],
            self.sound[:0],
            self.fps,
        )


def read_manifest(data: Path) -> dict[str, Any]:
    """What `prepare` noted; `size` is the pictures' width. NoInputError if it did not run,
    DataError if it is of another kind."""
    path = data / MANIFEST
    if not path.is_file():
        raise NoInputError(
            "no prepared faces", subject=data, cure="first: dub train lips prepare VIDEOS -o FOLDER"
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError("not a manifest", subject=path, cure="prepare the data again") from error
    if manifest.get("schema") != SCHEMA:
        raise DataError(f"not a manifest of {SCHEMA}", subject=path, cure="prepare the data again")
    return {"size": WIDTH, **manifest}


def read_clips(data: Path, split: str, *, most: int = 0) -> list[Clip]:
    """The clips of a split, in the manifest's order; at most `most` a speaker, evenly chosen,
    unless it is 0."""
    return list(each_clip(data, split, most=most))


def each_clip(data: Path, split: str, *, most: int = 0) -> Iterator[Clip]:
    """`read_clips`, one after the other."""
    by_speaker: dict[str, list[str]] = {}
    for fact in read_manifest(data)["clips"]:
        if fact["split"] == split:
            by_speaker.setdefault(fact["speaker"], []).append(fact["name"])
    names: list[str] = []
    for own in by_speaker.values():
        count = min(most or len(own), len(own))
        names += [own[i * len(own) // count] for i in range(count)]
    for name in names:
        yield Clip.load(data / "clips" / f"{name}.npz")
