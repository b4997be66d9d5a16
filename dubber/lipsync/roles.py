"""Whose mouth is ours, when, and how far: the plan of what is re-drawn in a film.

A mouth is ours while its speaker's source speech lasts or a take sounds for it: the original talk
must not go on in silence. Elsewhere the film keeps its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.shape import OPENING, measure
from dubber.lipsync.tracks import FaceTrack, FaceTracks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.config import LipOptions
    from dubber.protocols import Points
    from dubber.schema import Timeline

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float32]

Span = tuple[float, float]
BEFORE, AFTER = 0.08, 0.16  # seconds by which a mouth is ours around the speech
BRIDGE = 0.3  # shorter pauses between spans stay ours: no flicker of ours and theirs
FADE_SECONDS = 0.16  # from the film's mouth to ours
YAW_MARGIN = 6.0  # degrees over which a turning face gets its own mouth back
LEAST_FRAMES = 5
ENOUGH = 12  # frames of a mouth that tell whether it moves
STIR = 0.025  # of the face unit: less is no speech (GRID: 999 of 1000 spoken 0.6 s are above 0.030)
PRESENT = 0.3  # of a span's frames in a shot that a speaker must be seen in


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """One face in a stretch of frames in which its mouth is ours; `weight` (n,) is how far, 0..1,
    for each row of `track`."""

    track: FaceTrack
    weight: Floats

    @property
    def first(self) -> int:
        return int(self.track.frames[0])

    @property
    def last(self) -> int:
        return int(self.track.frames[-1])


def plan_roles(
    tracks: FaceTracks, timeline: Timeline, speech: Sequence[Span], options: LipOptions
) -> list[Role]:
    """Every role of the film, by first frame; empty if there is nothing to draw."""
    owner: dict[int, list[Span]] = {}
    voiced = np.zeros(len(tracks.times), np.bool_)
    for start, end in speech:
        voiced |= (tracks.times >= start) & (tracks.times < end)
    for turn in _turns(timeline, speech):
        for track in _speakers(tracks, turn, voiced, options):
            owner.setdefault(track.id, []).append(turn[1])
    roles = []
    for track in tracks.tracks:
        for span in _bridged(owner.get(track.id, [])):
            role = _role(tracks, track, span, options)
            if role is not None:
                roles.append(role)
    return sorted(roles, key=lambda role: (role.first, role.track.id))


def _turns(timeline: Timeline, speech: Sequence[Span]) -> list[tuple[Span, Span]]:
    """For each stretch of source speech: when it is spoken, and when its mouth is ours."""
    starts = [start for start, _ in speech]
    ours = [list(span) for span in speech]
    turns: list[tuple[Span, Span]] = []
    for clip in timeline.clips:
        number = int(np.searchsorted(starts, clip.start + 0.05, side="right")) - 1
        if number < 0:
            turns.append(((clip.start, clip.end), (clip.start, clip.end)))
        else:
            ours[number][1] = max(ours[number][1], clip.end)
            ours[number][0] = min(ours[number][0], clip.start)
    turns += [(span, (own[0], own[1])) for span, own in zip(speech, ours, strict=True)]
    return [(spoken, (max(0.0, a - BEFORE), b + AFTER)) for spoken, (a, b) in turns]


def _speakers(
    tracks: FaceTracks, turn: tuple[Span, Span], voiced: Flags, options: LipOptions
) -> list[FaceTrack]:
    """Of each shot that the turn touches, the face that speaks: whose mouth moves most, and moves
    at all (else the voice is not theirs: a narrator's, or somebody's out of the picture)."""
    spoken, ours = turn
    low, high = (int(f) for f in np.searchsorted(tracks.times, ours))
    heard = [int(f) for f in np.searchsorted(tracks.times, spoken)]
    cuts = [int(cut) for cut in tracks.cuts if low < cut < high]
    speakers = []
    for first, last in zip([low, *cuts], [*cuts, high], strict=True):
        span = max(first, heard[0]), min(last, heard[1])
        seen = [
            track
            for track in tracks.tracks
            if len(track)
            and track.frames[0] < last
            and track.frames[-1] >= first
            and (options.listeners or _stirs(track, span, voiced))
        ]
        scored = [(_motion(track, *span), track.id, track) for track in seen]
        speakers += _without_overlap(sorted(scored, key=lambda s: (-s[0], s[1])), first, last)
    return speakers


def _stirs(track: FaceTrack, span: tuple[int, int], voiced: Flags) -> bool:
    """Whether the mouth moves while the source speaks: in the span, or where that shows too little
    of it, wherever the track is seen under speech. Too little of that too: it may be."""
    for rows in (
        np.flatnonzero((track.frames >= span[0]) & (track.frames < span[1])),
        np.flatnonzero(voiced[track.frames]),
    ):
        if len(rows) >= ENOUGH:
            return _stir(track.points[rows]) >= STIR
    return True


def _without_overlap(
    scored: Sequence[tuple[float, int, FaceTrack]], first: int, last: int
) -> list[FaceTrack]:
    """The best face, and others only where it is not seen (it left, and another track began)."""
    taken: list[FaceTrack] = []
    for score, _, track in scored:
        low, high = max(first, track.frames[0]), min(last, track.frames[-1] + 1)
        clash = any(low <= t.frames[-1] and t.frames[0] < high for t in taken)
        if not clash and (not taken or score > 0):
            taken.append(track)
    return taken


def _motion(track: FaceTrack, first: int, last: int) -> float:
    """How much the mouth moves in these frames; nothing if it is hardly seen in them."""
    part = track.part(first, last)
    if len(part) < max(3, PRESENT * (last - first)):
        return 0.0
    return _stir(part.points)


def _stir(points: Points) -> float:
    """The mean change of a mouth's opening a frame, and half its spread, in face units."""
    opening = measure(points)[:, OPENING]
    return float(np.abs(np.diff(opening)).mean() + 0.5 * opening.std())


def _bridged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start - merged[-1][1] <= BRIDGE:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _role(tracks: FaceTracks, track: FaceTrack, span: Span, options: LipOptions) -> Role | None:
    low, high = (int(f) for f in np.searchsorted(tracks.times, span))
    part = track.part(low, high)
    if len(part) < LEAST_FRAMES:
        return None
    cuts = {int(cut) for cut in tracks.cuts}
    first, last = int(part.frames[0]), int(part.frames[-1])
    times = tracks.times[part.frames]
    weight = np.minimum(
        np.clip((options.max_yaw_degrees - np.abs(part.yaw)) / YAW_MARGIN, 0, 1),
        np.clip((part.size / options.min_face_pixels - 0.95) / 0.1, 0, 1),
    )
    weight = _eroded(np.minimum(weight, part.clear))
    if first not in cuts and first > 0:
        weight = np.minimum(weight, (times - times[0] + 0.02) / FADE_SECONDS)
    if last + 1 not in cuts and last + 1 < len(tracks.times):
        weight = np.minimum(weight, (times[-1] - times + 0.02) / FADE_SECONDS)
    weight = np.clip(weight, 0, 1).astype(np.float32)
    return Role(part, weight) if (weight > 0.05).any() else None


def _eroded(weight: Floats) -> Floats:
    """The lowest weight of the frames around each, then a mean: fades without pops."""
    reach = 2
    padded = np.pad(weight, reach, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    low = views.min(axis=1)
    views = np.lib.stride_tricks.sliding_window_view(np.pad(low, reach, mode="edge"), 2 * reach + 1)
    return np.asarray(np.minimum(views.mean(axis=1), 1), np.float32)
