"""How well drawn mouths follow what was asked of them, and how well they sit in their picture.

Everything is measured on the finished film: its faces are found again, and its pixels are laid
beside the source's. Lengths are in face units (`lipsync.shape`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from dubber.evaluate.lip_pictures import PictureScores
from dubber.lipsync.asked import Asked, AskedMouths
from dubber.lipsync.shape import OPENING, WIDTH, measure
from dubber.lipsync.tracks import FaceTrack, FaceTracks, mouth_middle
from dubber.version import VERSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Times = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CLOSED = 0.15  # part of the speaker's range below which lips count as closed
AROUND = 0.045  # seconds before and after a closure in which it may be seen: a frame at 25 fps
SHOWN = 0.95  # weight from which a drawn mouth counts
LONGEST_LAG = 0.24  # seconds that are searched
SETTLED = 0.2  # seconds from any speech at which a silent mouth rests
NEAR = 0.5  # of a mouth's distance from the source's, in face widths, at which it is the same face


@dataclass(frozen=True, slots=True)
class LipScores:
    """One film's mouths. Correlations -1..1; `lag` in seconds, positive where the mouth is late.

    `closed` of `closures` sounds p, b, m closed the lips; `open_closed` is how much wider the
    mouth is in open vowels than in closures; `silence` how much it moves (mean change of its
    opening a frame) while nothing is said, `silence_source` the same of the source's own silence.
    NaN where there was nothing to measure.
    """

    frames: int
    opening: float  # correlation with what was asked
    width: float
    lag: float
    own: float  # correlation of the opening with the source's own: the baseline, or the self-drive
    own_lag: float
    closures: int
    closed: float
    open_closed: float
    silence: float
    silence_source: float
    pictures: PictureScores

    @property
    def signature(self) -> str:
        """What the figures depend on, so that they can be repeated."""
        return (
            f"lips|v:{VERSION}|frames:{self.frames}|closed:{CLOSED}±{AROUND}s|"
            f"settled:{SETTLED}s|lag:±{LONGEST_LAG}s|closures:{self.closures}"
        )

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each figure, for a table."""
        pictures = self.pictures
        return [
            ("opening, drawn against asked, correlation", f"{self.opening:.3f}"),
            ("width, the same", f"{self.width:.3f}"),
            ("lag behind what was asked", f"{self.lag * 1000:+.0f} ms"),
            ("opening, drawn against the source's own", f"{self.own:.3f}"),
            ("lag behind the source's own", f"{self.own_lag * 1000:+.0f} ms"),
            ("p b m closed", f"{self.closed:.3f} of {self.closures}"),
            ("opening of open vowels / of closures", f"{self.open_closed:.1f}"),
            ("motion in silence / the source's", _ratio(self.silence, self.silence_source)),
            ("flicker / the source's", f"{pictures.flicker:.2f}"),
            ("edges added at the seam / the source's", f"{pictures.seam:.2f}"),
            ("sharpness / the source's", f"{pictures.sharpness:.2f}"),
            ("PSNR outside the patches", f"{pictures.psnr_outside:.1f} dB"),
        ]

    def record(self) -> dict[str, float | int | str]:
        """For JSON: every figure under its name; what could not be measured is left out."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "pictures"}
        pictures = {f.name: getattr(self.pictures, f.name) for f in fields(self.pictures)}
        figures = {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in {**own, **pictures}.items()
            if np.isfinite(value)
        }
        return {**figures, "signature": self.signature}


def score(
    asked: AskedMouths,
    *,
    source: FaceTracks,
    output: FaceTracks,
    speech: Sequence[tuple[float, float]],
    pictures: PictureScores,
) -> LipScores:
    """The figures of a film. `source` and `output` are the faces found in both; `speech` is when
    somebody speaks in the source."""
    parts = [part for role in asked.roles for part in _seen_again(role, source, output)]
    wanted, drawn, own = (_stack([part[k] for part in parts]) for k in ("wanted", "drawn", "own"))
    times = np.concatenate([part["times"][:, 0] for part in parts] or [np.zeros(0)])
    step = float(np.median(np.diff(source.times))) if len(source.times) > 1 else 0.04
    ranges = np.concatenate([part["range"] for part in parts] or [np.zeros((0, 2))])
    openness = (drawn[:, OPENING] - ranges[:, 0]) / np.maximum(ranges[:, 1] - ranges[:, 0], 1e-6)
    closures = [_lowest(times, openness, moment) for moment in asked.closed_at]
    closed = np.array([value for value in closures if np.isfinite(value)])
    opened = [_nearest(times, openness, moment) for moment in asked.open_at]
    wide = np.array([value for value in opened if np.isfinite(value)])
    talking = _within(times, asked.spoken, SETTLED)
    return LipScores(
        frames=len(times),
        opening=correlation(wanted[:, OPENING], drawn[:, OPENING]),
        width=correlation(wanted[:, WIDTH], drawn[:, WIDTH]),
        lag=best_lag(wanted[:, OPENING], drawn[:, OPENING], step),
        own=correlation(own[:, OPENING], drawn[:, OPENING]),
        own_lag=best_lag(own[:, OPENING], drawn[:, OPENING], step),
        closures=len(closed),
        closed=float((closed < CLOSED).mean()) if len(closed) else np.nan,
        open_closed=_open_closed(wide, closed),
        silence=stir(times, drawn[:, OPENING], ~talking, step),
        silence_source=_source_stir(source, speech, step),
        pictures=pictures,
    )


def correlation(one: Floats, other: Floats) -> float:
    """Pearson's; NaN where one of them does not vary."""
    if len(one) < 3 or min(float(np.std(one)), float(np.std(other))) < 1e-6:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def best_lag(wanted: Floats, drawn: Floats, step: float) -> float:
    """By how many seconds `drawn` is behind `wanted` where both agree best; `step` seconds a
    sample. Between samples by the parabola through the three best."""
    reach = min(round(LONGEST_LAG / step), (len(wanted) - 3) // 2)
    if reach < 1:
        return float("nan")
    inner = slice(reach, len(wanted) - reach)
    shifts = np.arange(-reach, reach + 1)
    agree = np.array(
        [
            correlation(wanted[inner], drawn[reach + s : len(drawn) - reach + s])
            for s in shifts.tolist()
        ]
    )
    if not np.isfinite(agree).any():
        return float("nan")
    best = int(np.nanargmax(agree))
    offset = 0.0
    if 0 < best < len(agree) - 1:
        before, here, after = agree[best - 1 : best + 2]
        bend = before - 2 * here + after
        if np.isfinite(bend) and bend < 0:
            offset = float((before - after) / (2 * bend))
    return float((shifts[best] + offset) * step)


def stir(times: Floats | Times, opening: Floats, quiet: Flags, step: float) -> float:
    """The mean change of an opening from frame to frame while `quiet`; NaN without two such."""
    near = (np.diff(times) < 1.6 * step) & (np.diff(times) > 0) & quiet[1:] & quiet[:-1]
    return float(np.abs(np.diff(opening))[near].mean()) if near.any() else float("nan")


def _lowest(times: Times, openness: Floats, moment: float) -> float:
    around = np.abs(times - moment) <= AROUND
    return float(openness[around].min()) if around.any() else float("nan")


def _nearest(times: Times, openness: Floats, moment: float) -> float:
    if not len(times):
        return float("nan")
    row = int(np.abs(times - moment).argmin())
    return float(openness[row]) if abs(times[row] - moment) <= AROUND else float("nan")


def _open_closed(wide: Floats, closed: Floats) -> float:
    if not len(wide) or not len(closed):
        return float("nan")
    return float(wide.mean() / max(float(closed.mean()), 0.01))


def _within(times: Times, spans: Times, margin: float) -> Flags:
    inside = np.zeros(len(times), np.bool_)
    for start, end in spans:
        inside |= (times >= start - margin) & (times <= end + margin)
    return inside


def _seen_again(
    role: Asked, source: FaceTracks, output: FaceTracks
) -> Iterable[dict[str, NDArray[np.float32] | Times]]:
    """What was asked of the role beside what its face did in both films, where it was shown."""
    track = next((t for t in source.tracks if t.id == role.track), None)
    if track is None:
        return
    rows = np.searchsorted(track.frames, role.frames)
    rows = np.minimum(rows, len(track) - 1)
    shown = (role.weight >= SHOWN) & (track.frames[rows] == role.frames)
    again = np.full((len(role.frames), 4), np.nan, np.float32)
    for other in output.tracks:
        for row in _same_face(track, rows, role.frames, shown, other):
            where = int(np.searchsorted(other.frames, role.frames[row]))
            again[row] = measure(other.points[where : where + 1])[0]
    kept = np.flatnonzero(shown & np.isfinite(again[:, 0]))
    if len(kept):
        yield {
            "times": source.times[role.frames[kept]][:, None],
            "wanted": role.wanted[kept],
            "drawn": again[kept],
            "own": measure(track.points[rows[kept]]),
            "range": np.tile(np.array(role.usual, np.float32), (len(kept), 1)),
        }


def _same_face(
    track: FaceTrack, rows: NDArray[np.intp], frames: NDArray[np.int32], shown: Flags,
    other: FaceTrack,
) -> list[int]:  # fmt: skip
    """The rows of a role in which `other` lies where its face was."""
    found = []
    middles, theirs = mouth_middle(track.points), mouth_middle(other.points)
    for row in np.flatnonzero(shown & np.isin(frames, other.frames)).tolist():
        where = int(np.searchsorted(other.frames, frames[row]))
        far = float(np.linalg.norm(middles[rows[row]] - theirs[where]))
        if far < NEAR * float(track.size[rows[row]]):
            found.append(row)
    return found


def _source_stir(source: FaceTracks, speech: Sequence[tuple[float, float]], step: float) -> float:
    """How much the source's faces move their mouths while nobody speaks."""
    moved: list[tuple[float, int]] = []
    for track in source.tracks:
        times = source.times[track.frames]
        quiet = ~_within(times, np.array(speech, np.float64).reshape(-1, 2), SETTLED)
        value = stir(times, measure(track.points)[:, OPENING], quiet, step)
        if np.isfinite(value):
            moved.append((value, int(quiet.sum())))
    if not moved:
        return float("nan")
    return float(np.average([m for m, _ in moved], weights=[n for _, n in moved]))


def _stack(parts: Sequence[Floats | Times]) -> Floats:
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros((0, 4), np.float32)


def _ratio(ours: float, theirs: float) -> str:
    if math.isnan(ours):
        return "not measured: no silence long enough"
    return f"{ours:.4f} / {theirs:.4f} = {ours / theirs:.2f}" if theirs > 0 else f"{ours:.4f} / -"
