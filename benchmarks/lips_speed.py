"""What the lip stage costs, beside what no stage that writes a film can do without.

    python -m benchmarks lips_speed CLIP [--loop MINUTES]

Each row is a process of its own: `floor` decodes and encodes (x264 veryfast), `faces` finds and
follows faces, `stage` is the lip stage with a renderer that paints nothing new (every frame of the
film drawn and blended), `reuse` the same with lips.reuse. Processor time and peak memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import measure, signature
from benchmarks.dub import loop
from dubber import languages
from dubber.config import LipOptions
from dubber.lipsync.tracks import FaceTracks
from dubber.media.video import VideoReader, VideoWriter
from dubber.protocols import FacePatch
from dubber.registry import choose, open_engine
from dubber.schema import Clip, Phoneme, Take, Timeline
from dubber.stages.find_faces import find_faces
from dubber.stages.sync import sync

SOUND = 0.1  # seconds of each sound that is asked for
ALLOWED, PER_FRAME = 1.3, 0.008  # what the stage may cost: so many floors, and seconds a frame


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks lips_speed", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--loop", type=float, default=0.0, metavar="MINUTES")
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.part:
        PARTS[options.part](options.clip, options.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder, clip = Path(name), options.clip
        if options.loop:
            clip = folder / "looped.mp4"
            loop(options.clip, clip, seconds=options.loop * 60)
        print(signature())
        print("| part | wall s | CPU s | CPU ms a frame | peak MB |")
        print("|---|---|---|---|---|")
        costs = {}
        for part in ("floor", "faces", "stage", "reuse"):
            command = [sys.executable, "-m", "benchmarks", "lips_speed", str(clip)]
            cost = measure([*command, "--part", part, "--folder", name])
            if cost.code:
                sys.exit(f"{part} failed")
            if not costs:
                frames = _frames(folder / "floor.mp4")
            costs[part] = cost
            print(
                f"| {part} | {cost.wall:.1f} | {cost.cpu:.1f} | {1000 * cost.cpu / frames:.1f} | "
                f"{cost.peak:.0f} |"
            )
        allowed = ALLOWED * costs["floor"].cpu + PER_FRAME * frames
        print(f"stage allowed {allowed:.1f} CPU s, took {costs['stage'].cpu:.1f}; {frames} frames")


def floor(clip: Path, folder: Path) -> None:
    with VideoReader(clip) as reader, VideoWriter(folder / "floor.mp4", reader.stream) as writer:
        for frame in reader:
            writer.write(frame)


def faces(clip: Path, folder: Path) -> None:
    find_faces(clip, open_engine(choose("faces", "", "auto")), target=folder / "faces.npz")


def stage(clip: Path, folder: Path) -> None:
    _synced(clip, folder, Mirror(), "stage.mp4")


def reuse(clip: Path, folder: Path) -> None:
    _synced(clip, folder, open_engine(choose("lips", "reuse", "auto")), "reuse.mp4")


PARTS: dict[str, Callable[[Path, Path], None]] = {
    "floor": floor, "faces": faces, "stage": stage, "reuse": reuse,
}  # fmt: skip


class Mirror:
    """A renderer that paints the face as it is, a level lighter so that it counts as drawn."""

    name = "lips.mirror"

    def choose(self, frames: Any, shapes: Any, yaw: Any, *, most: int) -> Any:
        return np.arange(min(1, len(frames)))

    def meet(self, faces: Sequence[FacePatch], frames: Any, shapes: Any, yaw: Any) -> Mirror:
        return self

    def plan(self, points: Any, wanted: Any, yaw: Any) -> None:
        """Nothing to plan."""

    def paint(self, number: int, face: FacePatch) -> FacePatch:
        lighter = np.minimum(face.image, 254) + np.uint8(1)
        return FacePatch(lighter, face.points)


def _synced(clip: Path, folder: Path, renderer: Any, name: str) -> None:
    length = float(FaceTracks.load(folder / "faces.npz").times[-1])
    count = int(length / SOUND)
    sounds = tuple(Phoneme("amapitu"[n % 7], n * SOUND, (n + 1) * SOUND) for n in range(count))
    take = Take("1", "", "1.wav", length, 1.0, sounds)
    sync(
        clip,
        folder / "faces.npz",
        Timeline("hi", length, (Clip(take, 0.0, length),)),
        renderer,
        language=languages.get("hi"),
        target=folder / name,
        speech=[(0.0, length)],
        options=LipOptions(listeners=True),
    )


def _frames(film: Path) -> int:
    with VideoReader(film) as reader:
        return sum(1 for _ in reader)
