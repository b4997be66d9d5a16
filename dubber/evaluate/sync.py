"""Whether a film's lips belong to its sound, heard and seen by the project's own expert.

The protocol is that of LSE-D and LSE-C (Prajwal et al. 2020, with Chung and Zisserman's SyncNet):
each window of a face's frames is compared with the sound 15 frames to either side. The expert is
another, so the figures are NOT comparable with published ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.gan.agreement import (
    FRAMES,
    PACE,
    REACH,
    Expert,
    mouths,
    shifted,
    sound_of,
)
from dubber.lipsync.gan.canvas import on_canvas
from dubber.lipsync.mel import RATE
from dubber.lipsync.tracks import FaceTrack, FaceTracks
from dubber.protocols import Progress, silent
from dubber.version import VERSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import FramePicture

    Floats = NDArray[np.float32]

LEAST = 1.0  # seconds of an unbroken view that are judged
BREAK = 0.1  # seconds without the face at which a view is broken


@dataclass(frozen=True, slots=True)
class View:
    """An unbroken view of one face. `alike` (windows, 2 * REACH + 1): the product of what is seen
    with what is heard, by offset."""

    person: int
    start: float
    end: float
    alike: Floats


@dataclass(frozen=True, slots=True)
class SyncScores:
    """`lse_d`: the mean distance of seen from heard at the best offset, 0 (the same) to 2; `lse_c`:
    by how much it is less than at the median offset: how sure that is; `offset` in seconds,
    positive where the mouth is late; `together` how many windows the expert takes for true as
    they stand. Of the views of one face, or of all together."""

    what: str
    seconds: float
    windows: int
    lse_d: float
    lse_c: float
    offset: float
    together: float

    def row(self) -> str:
        return (
            f"{self.what:<10}{self.seconds:7.1f} s  LSE-D(dub) {self.lse_d:.3f}  "
            f"LSE-C(dub) {self.lse_c:.3f}  offset {self.offset * 1000:+5.0f} ms  "
            f"together {self.together:.2f}"
        )


def views(
    tracks: FaceTracks,
    frames: Iterable[FramePicture],
    sound: NDArray[np.int16],
    expert: Expert,
    *,
    progress: Progress = silent,
) -> list[View]:
    """Every view of at least LEAST seconds in a film. `sound` is at 16 kHz, (n,), from the film's
    beginning. Progress in frames. DataError if there is none."""
    spans = [
        (track, low, high) for track in tracks.tracks for low, high in _unbroken(track, tracks)
    ]
    wanted: dict[int, list[tuple[int, int]]] = {}
    for number, (track, low, high) in enumerate(spans):
        for row in range(low, high):
            wanted.setdefault(int(track.frames[row]), []).append((number, row))
    cut: list[list[NDArray[np.uint8]]] = [[] for _ in spans]
    for frame in frames:
        for number, row in wanted.get(frame.index, ()):
            face, _, _ = on_canvas(frame.bgr(), spans[number][0].points[row])
            cut[number].append(mouths([face])[0])
        progress(frame.index + 1, len(tracks.times))
    found = []
    for (track, low, _), seen in zip(spans, cut, strict=True):
        if seen:
            times = tracks.times[track.frames[low : low + len(seen)]]
            found.append(_view(track.person, times, np.stack(seen), sound, expert))
    if not found:
        raise DataError(f"no face is seen for {LEAST:.0f} second", cure="take a longer film")
    return found


def _unbroken(track: FaceTrack, tracks: FaceTracks) -> list[tuple[int, int]]:
    """Rows of the track from which to which nothing is missing."""
    times = tracks.times[track.frames]
    ends = [0, *(np.flatnonzero(np.diff(times) > BREAK) + 1).tolist(), len(times)]
    return [
        (low, high)
        for low, high in itertools.pairwise(ends)
        if high > low and times[high - 1] - times[low] >= LEAST
    ]


def _view(
    person: int,
    times: NDArray[np.float64],
    seen: NDArray[np.uint8],
    sound: NDArray[np.int16],
    expert: Expert,
) -> View:
    count = int((times[-1] - times[0]) * PACE) + 1
    moments = times[0] + np.arange(count) / PACE
    rows = np.abs(times[:, None] - moments).argmin(axis=0)
    lead = min(REACH, int(times[0] * PACE))
    first = round((times[0] - lead / PACE) * RATE)
    wanted = lead + count + REACH
    there = min(wanted, max(count, int((len(sound) - first) * PACE / RATE)))
    heard = sound[first : first + there * RATE // PACE].astype(np.float32) / np.float32(32768)
    alike = shifted(expert.look(seen[rows]), expert.listen(sound_of(heard, there)), lead=lead)
    return View(person, float(times[0]), float(times[-1]), alike)


def scores(found: Sequence[View], expert: Expert) -> list[SyncScores]:
    """Of each face, by its number, and then of all."""
    people = sorted({view.person for view in found})
    groups = [(f"face {n + 1}", [v for v in found if v.person == n]) for n in people]
    return [_scores(what, own, expert) for what, own in [*groups, ("all", list(found))]]


def _scores(what: str, found: Sequence[View], expert: Expert) -> SyncScores:
    alike = np.concatenate([view.alike for view in found])
    far = np.sqrt(np.maximum(0, 2 - 2 * alike))  # of unit vectors
    by_offset = np.nanmean(far, axis=0)
    best = int(by_offset.argmin())
    return SyncScores(
        what,
        seconds=sum(view.end - view.start for view in found),
        windows=len(alike),
        lse_d=float(by_offset[best]),
        lse_c=float(np.median(by_offset) - by_offset[best]),
        offset=-(best - REACH) / PACE,
        together=float((expert.odds(alike[:, REACH]) > 0).mean()),
    )


def signature(expert: Expert) -> str:
    """What the figures depend on, so that they can be repeated."""
    return (
        f"sync|v:{VERSION}|expert:dub lip-expert step {expert.step}|window:{FRAMES}|"
        f"offsets:±{REACH} at {PACE}/s|NOT comparable with published LSE figures"
    )
