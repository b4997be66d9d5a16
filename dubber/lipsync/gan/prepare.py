"""From films of people who talk to a data set: find, cut and align faces; split by speaker."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError, DubError, NoInputError
from dubber.lipsync.cuts import CutDetector
from dubber.lipsync.gan.canvas import WIDTH, on_canvas, on_whole
from dubber.lipsync.gan.clips import (
    KNOWN,
    MANIFEST,
    RATE,
    SCHEMA,
    TRAIN,
    UNSEEN,
    Clip,
)
from dubber.lipsync.points import KEPT, place
from dubber.media import audio, probe
from dubber.media.video import VideoReader
from dubber.protocols import FaceFinder, Progress, silent
from dubber.weights import sha256_of

if TYPE_CHECKING:
    from dubber.protocols import FaceObservation, Image, Points

VIDEO_SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg"}
LEAST, MOST = 25, 500  # frames of a clip
SMALL = 48  # pixels: a face narrower than that is left out
JUMP = 0.35  # of its width that a face moves from one frame to the next: another face
_EDGES = (place(234), place(454))


@dataclass(frozen=True, slots=True)
class Source:
    """A film, who talks in it, and the split it belongs to: "train", "known" (a speaker who is
    trained on, a clip that is not) or "unseen" (a speaker who is not)."""

    path: Path
    speaker: str
    split: str


def find_sources(
    paths: Sequence[Path], *, by_file: bool, unseen: Sequence[str] = (), known_every: int = 10
) -> list[Source]:
    """The films in `paths` (files or folders), sorted; a speaker is a folder, or a file with
    `by_file`. Of a speaker who is not `unseen` every `known_every`th film is held out, 0: none.

    NoInputError if there is no film, DataError if an unseen name is nobody's.
    """
    films: dict[str, list[Path]] = {}
    for path in paths:
        for film in sorted(path.iterdir()) if path.is_dir() else [path]:
            if film.suffix.lower() in VIDEO_SUFFIXES:
                speaker = film.stem if by_file else film.absolute().parent.name
                films.setdefault(speaker, []).append(film)
    if not films:
        raise NoInputError("no videos", subject=", ".join(str(path) for path in paths))
    nobody = sorted(set(unseen) - set(films))
    if nobody:
        raise DataError(f"no such speaker: {', '.join(nobody)}", cure="see their names in --help")
    sources = []
    for speaker, own in sorted(films.items()):
        for number, film in enumerate(own):
            held = known_every and number % known_every == known_every - 1
            split = UNSEEN if speaker in unseen else KNOWN if held else TRAIN
            sources.append(Source(film, speaker, split))
    return sources


def prepare(
    sources: Sequence[Source],
    out: Path,
    *,
    open_finder: Callable[[], FaceFinder],
    licence: str,
    credit: str = "",
    size: int = WIDTH,
    workers: int = 1,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fill the data set `out` with the clips of `sources`, and return its manifest.

    What stands there already is kept. A film that cannot be used is listed with the reason.
    `open_finder` is called once a worker; with more than one it must be a function of a module.
    Pictures are `size` wide, WIDTH or LARGE times that. Progress in films. DataError if no film has
    a face.
    """
    (out / "clips").mkdir(parents=True, exist_ok=True)
    (out / "films").mkdir(exist_ok=True)
    tasks = [(source, out, size // WIDTH) for source in sources]
    films: list[dict[str, Any]] = []
    if workers > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _begin, (open_finder,)) as pool:
            for film in pool.map(_in_worker, tasks):
                films.append(film)
                progress(len(films), len(tasks))
    else:
        finder = open_finder()
        for task in tasks:
            films.append(_film(*task, finder))
            progress(len(films), len(tasks))
    splits = {str(source.path): source.split for source in sources}
    clips = [
        {"name": clip, "speaker": film["speaker"], "split": splits[film["path"]]}
        for film in films
        for clip in film["clips"]
    ]
    if not clips:
        reason = films[0]["reason"] if films else "no films"
        raise DataError(f"no film with a face that can be used ({reason})", subject=out)
    manifest = {
        "schema": SCHEMA,
        "licence": licence,
        "credit": credit,
        "size": size,
        "films": [
            {"name": Path(f["path"]).name, "sha256": f["sha256"], "speaker": f["speaker"]}
            for f in films
        ],
        "left_out": [
            {"name": Path(film["path"]).name, "reason": film["reason"]}
            for film in films
            if film["reason"]
        ],
        "clips": clips,
    }
    _write(out / MANIFEST, manifest)
    return manifest


_finder: FaceFinder | None = None  # one a worker process


def _begin(open_finder: Callable[[], FaceFinder]) -> None:
    global _finder
    _finder = open_finder()


def _in_worker(task: tuple[Source, Path, int]) -> dict[str, Any]:
    assert _finder is not None
    return _film(*task, _finder)


def _film(source: Source, out: Path, times: int, finder: FaceFinder) -> dict[str, Any]:
    """What became of a film: its clips' names, and the reason if there are none."""
    digest = sha256_of(source.path)
    note = out / "films" / f"{digest}.json"
    if note.is_file():
        known: dict[str, Any] = json.loads(note.read_text("utf-8"))
        if (known["speaker"], known.get("times", 1)) == (source.speaker, times):
            return known | {"path": str(source.path)}
    film = {
        "path": str(source.path),
        "sha256": digest,
        "speaker": source.speaker,
        "times": times,
        "clips": [],
        "reason": "",
    }
    try:
        for clip in _clips(source, times, finder, digest):
            clip.save(out / "clips" / f"{clip.name}.npz")
            film["clips"].append(clip.name)  # type: ignore[attr-defined]
        if not film["clips"]:
            film["reason"] = f"no face of {SMALL} pixels for {LEAST} frames"
    except DubError as error:
        film["reason"] = error.what
    _write(note, film)
    return film


def _clips(source: Source, times: int, finder: FaceFinder, digest: str) -> Iterator[Clip]:
    media = probe.probe(source.path)
    track = media.audio[0] if media.audio else None
    sound = np.zeros(0, np.int16)
    if track is not None:
        blocks = list(audio.blocks(source.path, audio=track, rate=RATE, channels=1))
        whole = np.concatenate([block[:, 0] for block in blocks]) if blocks else sound
        sound = np.rint(np.clip(whole, -1, 1) * 32767).astype(np.int16)
    number = 0
    with VideoReader(source.path) as reader:
        fps = float(reader.stream.frame_rate)
        for start, images, points in _views(reader, finder):
            placed = [
                on_canvas(image, own, times=times)
                for image, own in zip(images, points, strict=True)
            ]
            begin = round(start * RATE)
            end = round((start + len(images) / fps) * RATE)
            yield Clip(
                f"{source.path.stem}-{digest[:6]}-{number}",
                source.speaker,
                np.stack([face for face, _, _ in placed]),
                np.stack([own for _, own, _ in placed]),
                np.stack([on_whole(i, p) for i, p in zip(images, points, strict=True)]),
                sound[begin:end],
                fps,
            )
            number += 1


def _views(
    reader: VideoReader, finder: FaceFinder
) -> Iterator[tuple[float, list[Image], list[Points]]]:
    """The unbroken views of the largest face: when each begins, its frames and landmarks."""
    cuts = CutDetector()
    frames, again = tee(reader)
    start, images, points = 0.0, list[Any](), list[Any]()
    for frame, found in zip(frames, finder.find(again), strict=True):
        own = _usable(found)
        cut = cuts.is_cut(frame.bgr())
        apart = cut or own is None or (points and _jumps(points[-1], own)) or len(images) >= MOST
        if apart and images:
            if len(images) >= LEAST:
                yield start, images, points
            images, points = [], []
        if own is not None:
            start = start if images else frame.time
            images.append(frame.bgr())
            points.append(own)
    if len(images) >= LEAST:
        yield start, images, points


def _usable(found: Iterable[FaceObservation]) -> Points | None:
    """The landmarks (len(KEPT), 2) of the first, which is the largest; None if it is too small."""
    for face in found:
        points: Points = face.landmarks[list(KEPT), :2]
        return points if _width(points) >= SMALL else None
    return None


def _width(points: Points) -> float:
    return float(np.linalg.norm(points[_EDGES[0]] - points[_EDGES[1]]))


def _jumps(before: Points, now: Points) -> bool:
    moved = np.linalg.norm(now.mean(axis=0) - before.mean(axis=0))
    return bool(moved > JUMP * _width(before))


def _write(path: Path, value: dict[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)
