"""How good drawn mouths are, on people the generator was not trained on.

Every clip gives the frames of its middle to be drawn again, and the others, but for a few beside
them, to be met. The mouths are drawn from their own landmarks (`mouth_l1`, `psnr`, `ssim`,
`sharpness`), and once more from those of other frames (`drive`: how much the mouth changes, over
how much the two real mouths differ; 1 is right), and once with the mouth held closed (`leak`).
The protocol is that of LipRenderer: what is measured is what a film would show, blended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.blend import Blender
from dubber.lipsync.gan.canvas import mouth
from dubber.lipsync.gan.clips import Clip
from dubber.lipsync.gan.model import Head
from dubber.lipsync.gan.painter import GanPainter, best_references
from dubber.lipsync.gan.strays import Listener, drift, resting
from dubber.lipsync.shape import measure
from dubber.protocols import FacePatch, LipRenderer, MouthPainter, Progress, silent
from dubber.version import VERSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.lipsync.gan.agreement import Expert
    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

DRAWN = (0.4, 0.7)  # of a clip: where what is drawn begins and ends; clips end in silence
APART = 3  # frames beside it that are not met either
AVERAGE, COPY, BENT = "average mouth", "copy", "bent reference"


@dataclass(frozen=True, slots=True)
class MouthScore:
    """One way of drawing, on one clip. `mouth_l1` in 0..1; `sharpness` 1: as sharp as the film;
    `tremble`: the mean change from frame to frame over the film's own, 1 is right; `leak`: the
    same of a mouth that is held closed, as in silence; `drift`: how far the mean picture is off,
    0..1: what is another's. By the expert on lips: `sync_lost`, by how much less alike lips and
    sound are than the film's (0 is right), and `offset`, seconds from where the film's lips are
    most alike to their sound; None where the clip has no sound."""

    way: str
    speaker: str
    clip: str
    mouth_l1: float
    psnr: float
    ssim: float
    sharpness: float
    drive: float
    tremble: float
    leak: float
    drift: float
    sync_lost: float | None = None
    offset: float | None = None


def evaluate(
    clips: Sequence[Clip],
    renderers: Mapping[str, LipRenderer],
    *,
    expert: Expert | None = None,
    pictures: Path | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> list[MouthScore]:
    """The scores of each renderer on each clip, and of showing the average mouth, one frame's, or
    the most alike frame's bent to the wanted mouth.

    With `pictures` a folder, every clip leaves there a PNG: a row of real mouths, then a row of
    each way's. Progress in clips. DataError if there is no clip.
    """
    if not clips:
        raise DataError("no clips to evaluate on", cure="prepare some that are held out")
    scores: list[MouthScore] = []
    for number, clip in enumerate(clips, 1):
        film = clip.film()
        drawn, frames = parts(film)
        ways = _still_ways(clip, frames) | {BENT: _bent_way(film, frames)}
        ways |= {n: _renderer_way(renderer, film, frames) for n, renderer in renderers.items()}
        lips = parts(clip)[0].points
        masks = np.stack([mouth(points, times=clip.times) > 0 for points in lips])
        random = np.random.default_rng(seed)
        other = random.choice(frames, size=len(drawn.faces))
        closed = np.stack([resting(film.points[frames])] * len(drawn.faces))
        first = int(len(clip.faces) * DRAWN[0])
        listener = Listener(clip, first, expert) if expert and Listener.able(clip) else None
        shown = [drawn.faces]
        for name, way in ways.items():
            own = way(drawn, drawn.points)
            driven = way(drawn, film.points[other])
            held = way(drawn, closed)
            score = _score(name, clip, masks, drawn.faces, clip.faces[other], own, driven, held)
            scores.append(_heard(score, listener, drawn.faces, own))
            shown.append(own)
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            _picture(pictures / f"{clip.name}.png", shown)
        progress(number, len(clips))
    return scores


_Way = Callable[[Clip, "Floats"], "Pictures"]


def parts(clip: Clip) -> tuple[Clip, NDArray[np.int32]]:
    """What is drawn of a clip, and the numbers of the frames that are met."""
    first, last = (int(len(clip.faces) * share) for share in DRAWN)
    frames = np.arange(len(clip.faces), dtype=np.int32)
    met = frames[(frames < first - APART) | (frames >= last + APART)]
    return clip.part(first, last), met


def _still_ways(clip: Clip, frames: NDArray[np.int32]) -> dict[str, _Way]:
    faces, points = clip.faces[frames], clip.points[frames]
    mean = faces.astype(np.float32).mean(axis=0).round().astype(np.uint8)
    yaw = np.zeros(len(frames), np.float32)
    between = faces[best_references(list(faces), list(points), yaw)[1]]
    return {AVERAGE: _still(mean), COPY: _still(between)}


def _still(image: Image) -> _Way:
    """Shows one picture in place of every face."""

    def way(drawn: Clip, points: Floats) -> Pictures:
        return np.stack([image] * len(drawn.faces))

    return way


class _Alike:
    """In the place of a generator: shows the most alike reference as it was bent."""

    times = 1
    head = Head(np.zeros((12, 1, 3, 3), np.float32), np.zeros(12, np.float32))

    def draw(self, shown: Pictures, head: Head) -> Pictures:
        return np.ascontiguousarray(shown[:, 3:6].transpose(0, 2, 3, 1))


def _bent_way(clip: Clip, frames: NDArray[np.int32]) -> _Way:
    """What stands without any network: the generator must beat it to be worth its time."""
    faces = [FacePatch(clip.faces[n], clip.points[n]) for n in frames]
    yaw = np.zeros(len(frames), np.float32)
    painter = GanPainter(_Alike(), faces, frames, yaw)
    return lambda drawn, points: painted(painter, drawn, measure(points))


def _renderer_way(renderer: LipRenderer, clip: Clip, frames: NDArray[np.int32]) -> _Way:
    shapes, yaw = measure(clip.points[frames]), np.zeros(len(frames), np.float32)
    rows = renderer.choose(frames, shapes, yaw, most=len(frames))
    painter = renderer.meet(
        [FacePatch(clip.faces[n], clip.points[n]) for n in frames[rows]],
        frames[rows],
        shapes[rows],
        yaw[rows],
    )

    def way(drawn: Clip, points: Floats) -> Pictures:
        return painted(painter, drawn, measure(points))

    return way


def painted(painter: MouthPainter, clip: Clip, wanted: Points) -> Pictures:
    """Every face of `clip` with the `wanted` mouths (n, 4), blended as the film's would be."""
    painter.plan(clip.points, wanted, np.zeros(len(clip.faces), np.float32))
    blender, shown = Blender(), []
    for number, (image, points) in enumerate(zip(clip.faces, clip.points, strict=True)):
        drawn = painter.paint(number, FacePatch(image, points))
        shown.append(blender.blend(image, points, drawn.image, drawn.points, weight=1.0))
    return np.stack(shown)


def _score(
    way: str,
    clip: Clip,
    masks: NDArray[np.bool_],
    faces: Pictures,
    other: Pictures,
    own: Pictures,
    driven: Pictures,
    held: Pictures,
) -> MouthScore:
    """Of what was drawn from the faces' `own` landmarks, as `driven` by those of `other`, and
    `held` closed."""
    real = _unit(faces)
    shown = _unit(own)
    off = np.abs(shown - real).mean(axis=3)[masks]
    squared = ((shown - real) ** 2).mean(axis=3)[masks]
    change = np.abs(_unit(driven) - shown).mean(axis=3)[masks]
    apart = np.abs(_unit(other) - real).mean(axis=3)[masks]
    return MouthScore(
        way,
        clip.speaker,
        clip.name,
        mouth_l1=round(float(off.mean()), 5),
        psnr=round(float(-10 * np.log10(max(float(squared.mean()), 1e-9))), 2),
        ssim=round(
            float(
                np.mean([_ssim(a, b)[m].mean() for a, b, m in zip(shown, real, masks, strict=True)])
            ),
            4,
        ),
        sharpness=round(_detail(shown, masks) / max(_detail(real, masks), 1e-9), 3),
        drive=round(float(change.mean() / max(float(apart.mean()), 1e-9)), 3),
        tremble=round(_motion(shown, masks) / max(_motion(real, masks), 1e-9), 3),
        leak=round(_motion(_unit(held), masks) / max(_motion(real, masks), 1e-9), 3),
        drift=round(drift(shown, real, masks), 5),
    )


def _heard(
    score: MouthScore, listener: Listener | None, faces: Pictures, own: Pictures
) -> MouthScore:
    """The score with what the expert says."""
    if listener is None:
        return score
    (right, its), (alike, theirs) = listener.sync(faces), listener.sync(own)
    return replace(score, sync_lost=round(right - alike, 3), offset=round(abs(theirs - its), 3))


def _detail(pictures: Floats, masks: NDArray[np.bool_]) -> float:
    """The mean change from a pixel to the next within the masks."""
    grey = pictures.mean(axis=3)
    across = np.abs(np.diff(grey, axis=2))[masks[:, :, 1:]]
    down = np.abs(np.diff(grey, axis=1))[masks[:, 1:]]
    return float(across.mean() + down.mean())


def _motion(pictures: Floats, masks: NDArray[np.bool_]) -> float:
    """The mean change from a frame to the next within the masks."""
    both = masks[1:] | masks[:-1]
    return float(np.abs(np.diff(pictures.mean(axis=3), axis=0))[both].mean())


def _ssim(one: Floats, other: Floats) -> Floats:
    """The map of structural similarity (Wang et al. 2004) of two pictures in 0..1, on grey."""
    import cv2

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    a, b = one.mean(axis=2), other.mean(axis=2)
    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    close = (2 * ma * mb + 0.01**2) * (2 * both + 0.03**2)
    return np.asarray(close / ((ma * ma + mb * mb + 0.01**2) * (va + vb + 0.03**2)), np.float32)


def summary(scores: Sequence[MouthScore]) -> dict[str, dict[str, float]]:
    """The means by way over speakers; of each speaker first over clips."""
    ways: dict[str, dict[str, float]] = {}
    names = [field.name for field in fields(MouthScore)][3:]
    for way in dict.fromkeys(score.way for score in scores):
        people: dict[str, list[MouthScore]] = {}
        for score in scores:
            if score.way == way:
                people.setdefault(score.speaker, []).append(score)
        means = {name: [_mean(own, name) for own in people.values()] for name in names}
        ways[way] = {
            name: round(float(np.nanmean(of)), 4)
            for name, of in means.items()
            if np.isfinite(of).any()
        }
    return ways


def _mean(scores: Sequence[MouthScore], name: str) -> float:
    """Of what is known; NaN if nothing is."""
    known = [value for score in scores if (value := getattr(score, name)) is not None]
    return float(np.mean(known)) if known else float("nan")


def signature(clips: Sequence[Clip]) -> str:
    """What a number needs beside it to be repeated."""
    people = len({clip.speaker for clip in clips})
    return f"dub {VERSION} lips clips:{len(clips)} people:{people} drawn:{DRAWN[0]}-{DRAWN[1]}"


def write_scores(scores: Sequence[MouthScore], path: Path) -> None:
    lines = [json.dumps(asdict(score)) for score in scores]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _unit(pictures: Pictures) -> Floats:
    return np.asarray(pictures, np.float32) / np.float32(255)


def _picture(path: Path, ways: Sequence[Pictures]) -> None:
    import cv2

    columns = np.linspace(0, len(ways[0]) - 1, 8).astype(int)
    rows = [np.hstack([way[column] for column in columns]) for way in ways]
    cv2.imwrite(str(path), np.vstack(rows))
