"""Batches for the generator, drawn from clips and changed so that few people look like many.

Pairs of neighbouring frames share their references and their changes: rows 2n and 2n + 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.gan.canvas import (
    HEIGHT,
    WIDTH,
    bent_to,
    mask,
    mouth,
    openness,
    stacked,
    times_of,
)
from dubber.lipsync.gan.clips import Clip
from dubber.lipsync.shape import measure
from dubber.lipsync.warp import moved

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

#: From which part of a clip, by how open the mouth is, each reference that stays is taken.
OPENNESS = ((0.0, 0.15), (0.4, 0.75), (0.9, 1.0))
ALIKE = 4  # frames of which one is taken as most like the wanted mouth
SHAPE_WEIGHTS = np.array([2.0, 1.2, 0.7, 0.5], np.float32)  # opening, width, outer height, chin
APART = 3  # frames between a reference and what is drawn, at least


@dataclass(frozen=True, slots=True)
class Changes:
    """How far pictures are changed: 1 as recorded here, 0 not at all."""

    colour: float = 1.0
    light: float = 1.0
    shape: float = 1.0
    soft: float = 0.25  # part of the pairs shown less sharp
    other_clip: float = 0.3  # part of the references from another clip of the same speaker


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`shown` (B, CHANNELS, H, W), `real` (B, 3, H, W), `mask` and `mouth` (B, 1, H, W): uint8."""

    shown: Pictures
    real: Pictures
    mask: Pictures
    mouth: Pictures


@dataclass
class Drawer:
    """Batches of `pairs` pairs, by `seed`; `speakers` weighs them, "*" the others."""

    clips: Sequence[Clip]
    pairs: int
    seed: int
    changes: Changes = field(default_factory=Changes)
    speakers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.clips:
            raise DataError("no clips to learn from", cure="prepare some of the split train")
        people = [clip.speaker for clip in self.clips]
        other = self.speakers.get("*", 1.0)
        weights = [self.speakers.get(p, other) / people.count(p) for p in people]
        self._chances = np.array(weights) / sum(weights)
        self._orders = [by_openness(clip.points) for clip in self.clips]
        self._shapes = [measure(clip.points) for clip in self.clips]
        self._own = {
            person: [n for n, clip in enumerate(self.clips) if clip.speaker == person]
            for person in set(people)
        }

    def batch(self, number: int) -> Batch:
        """Batch `number`: it depends on that and the seed alone."""
        random = np.random.default_rng([self.seed, number])
        rows = [row for _ in range(self.pairs) for row in self._pair(random)]
        parts = [np.stack(column) for column in zip(*rows, strict=True)]
        return Batch(parts[0], parts[1], parts[2][:, None], parts[3][:, None])

    def _pair(self, random: Generator) -> list[tuple[Pictures, Pictures, Pictures, Pictures]]:
        number = int(random.choice(len(self.clips), p=self._chances))
        clip = self.clips[number]
        at = int(random.integers(len(clip.faces) - 1))
        frames = [at, at + 1]
        seen = self._references(number, at, random)
        alike = self._alike(number, at, random)
        other = clip.points[int(random.integers(len(clip.points)))]
        every = [*((number, n) for n in frames), *alike, *seen]
        images = [self.clips[c].faces[n] for c, n in every]
        points = [self.clips[c].points[n] for c, n in every]
        images, points, other = change_shape(images, points, other, self.changes.shape, random)
        images = change_look(images, len(frames), self.changes, random)
        rows = []
        for row, (image, own) in enumerate(zip(images[:2], points[:2], strict=True)):
            times = times_of(image)
            covered = mask([own, other], times=times)
            bent = bent_to([images[2 + row], *images[4:]], [points[2 + row], *points[4:]], own)
            shown = stacked(image, bent, own, covered)
            rows.append((shown, image.transpose(2, 0, 1), covered, mouth(own, times=times)))
        return rows

    def _alike(self, number: int, at: int, random: Generator) -> list[tuple[int, int]]:
        """(clip, frame) of mouths like those of frames `at` and `at + 1`, one after the other."""
        shapes = self._shapes[number]
        off = np.abs((shapes - shapes[at]) / np.maximum(shapes.std(axis=0), 0.02)) @ SHAPE_WEIGHTS
        free = np.abs(np.arange(len(shapes)) - at) > APART + 1
        free[-1] = False
        rows = np.flatnonzero(free)
        nearest = rows[np.argsort(off[rows], kind="stable")[:ALIKE]]
        chosen = int(random.choice(nearest))
        return [(number, chosen), (number, chosen + 1)]

    def _references(self, number: int, at: int, random: Generator) -> list[tuple[int, int]]:
        """(clip, frame) of each reference."""
        own = self._own[self.clips[number].speaker]
        far = random.random() < self.changes.other_clip and len(own) > 1
        source = int(random.choice(own)) if far else number
        order = self._orders[source]
        if source == number:
            order = order[np.abs(order - at) > APART]
        chosen = []
        for low, high in OPENNESS:
            place = random.uniform(low, high) * (len(order) - 1)
            chosen.append((source, int(order[round(place)])))
        return chosen


def by_openness(points: Floats) -> NDArray[np.intp]:
    """The frames (n, k, 2) from the most closed mouth to the most open."""
    return np.argsort([openness(own) for own in points], kind="stable")


def change_shape(
    images: Sequence[Image], points: Sequence[Points], other: Points, much: float, random: Generator
) -> tuple[list[Image], list[Points], Points]:
    """All of them mirrored by chance, and turned, scaled, stretched and shifted a little alike."""
    import cv2

    turn, shear = random.normal(0, 0.05 * much, 2)
    wide, high = np.exp(random.normal(0, 0.05 * much, 2))
    if random.random() < 0.5:
        wide = -wide
    linear = np.array([[wide, shear * high], [turn * wide, high]])
    middle = np.array([WIDTH - 1, HEIGHT - 1]) / 2
    shift = middle - linear @ middle + random.normal(0, 2.0 * much, 2)
    matrix = np.column_stack([linear, shift])
    times = times_of(images[0])
    size, half = (times * WIDTH, times * HEIGHT), (times - 1) / 2
    own = np.column_stack([linear, times * shift + half - half * linear.sum(axis=1)])
    changed = [
        np.asarray(
            cv2.warpAffine(image, own, size, None, cv2.INTER_LINEAR, cv2.BORDER_REFLECT), np.uint8
        )
        for image in images
    ]
    return changed, [moved(matrix, own) for own in points], moved(matrix, other)


def change_look(
    images: Sequence[Image], drawn: int, changes: Changes, random: Generator
) -> list[Image]:
    """Another skin, camera and light for all; for the references (from `drawn` on) a little more
    change of light."""
    import cv2

    colour, light = changes.colour, changes.light
    mixing = np.eye(3) + random.normal(0, 0.08 * colour, (3, 3))
    gain = np.exp(random.normal(0, 0.18 * colour, 3) + random.normal(0, 0.2 * colour))
    gamma = np.exp(random.normal(0, 0.22 * colour))
    table = ((np.arange(256) / 255.0) ** gamma).astype(np.float32)
    size = images[0].shape[:2]
    common = _ramp(0.2 * light, size, random)
    soft = random.uniform(0.5, 1.2) if random.random() < changes.soft else 0.0
    grain = abs(random.normal(0, 0.006))
    apart = np.exp(random.normal(0, 0.03 * light, 3))
    differently = _ramp(0.05 * light, size, random)
    noise = random.standard_normal((*size, 3), np.float32) * np.float32(grain)
    mixed = (mixing * gain[:, None]).astype(np.float32)
    result = []
    for number, image in enumerate(images):
        values = cv2.transform(cv2.LUT(image, table), mixed)
        values *= common
        if number >= drawn:
            values *= differently * apart.astype(np.float32)
        if soft:
            values = cv2.GaussianBlur(values, (0, 0), soft)
        values += noise if number % 2 else noise[::-1, ::-1]
        result.append(cv2.convertScaleAbs(np.maximum(values, 0), alpha=255))
    return result


def _ramp(much: float, size: tuple[int, ...], random: Generator) -> Floats:
    """A light from one side, `size` (H, W) and one plane, about 1."""
    x, y = random.normal(0, much, 2)
    across = np.linspace(-1, 1, size[1])[None] * x
    down = np.linspace(-1, 1, size[0])[:, None] * y
    return np.asarray(np.exp(across + down)[..., None], np.float32)
