"""Training of the ear (`heard.Ear`): plain NumPy, minutes on one core.

A network of two hidden layers, Adam, cosine schedule, squared error on parts of the speaker's
range. Other voices and rooms are imitated by shifting the mel axis, tilting it, and raising the
noise under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import MediaError
from dubber.lipsync.follow import TrackBuilder
from dubber.lipsync.heard import LAYERS, LOUD, Ear, inputs
from dubber.lipsync.mel import BANDS, HOP, RATE, log_mel
from dubber.lipsync.shape import OPENING, WIDTH, MouthRange, measure
from dubber.media.audio import blocks
from dubber.media.probe import probe
from dubber.media.video import VideoReader
from dubber.protocols import Progress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.media.video import Frame
    from dubber.protocols import FaceFinder

    Floats = NDArray[np.float32]
    Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """A clip of one face that talks: its log-mel, and the mouth's shapes (n, 4) at times (n,)."""

    mel: Floats
    times: Times
    shapes: Floats


@dataclass(frozen=True, slots=True)
class EarRecipe:
    """How the ear is trained."""

    seed: int = 1
    hidden: int = 96
    epochs: int = 12
    batch: int = 512
    learning_rate: float = 2e-3
    decay: float = 1e-4
    dropped: float = 0.1  # of the inputs
    width_weight: float = 0.3  # of the width's error beside the opening's
    copies: int = 2  # imitated voices of each clip
    shift: float = 3.0  # bands of the mel axis, at most
    tilt: float = 1.0  # natural log of power at the ends of the mel axis, standard deviation
    noise: tuple[float, float] = (-22.0, -11.0)  # natural log of power against full loudness


def read_talk(clip: Path, finder: FaceFinder) -> Talk | None:
    """The sound and the mouth of a clip of one face; None if it is seen in less than half of it.

    MediaError if it has no sound.
    """
    builder = TrackBuilder()
    with VideoReader(clip) as reader:
        times: list[float] = []

        def timed() -> Iterator[Frame]:
            for frame in reader:
                times.append(frame.time)
                yield frame

        for number, faces in enumerate(finder.find(timed())):
            builder.add(times[number], faces[:1], cut=False)
    tracks = builder.finish()
    track = max(tracks.tracks, key=len, default=None)
    if track is None or 2 * len(track) < len(times):
        return None
    return Talk(log_mel(sound_of(clip)), tracks.times[track.frames], measure(track.points))


def sound_of(clip: Path) -> Floats:
    """Its first sound track at 16 kHz, from the film's 0 on: (n,)."""
    media = probe(clip)
    if not media.audio:
        raise MediaError("no sound in it", subject=clip)
    pieces = list(blocks(clip, audio=media.audio[0], rate=RATE, channels=1))
    return np.concatenate(pieces)[:, 0] if pieces else np.zeros(0, np.float32)


def fit(talks: Sequence[Talk], recipe: EarRecipe, *, progress: Progress = silent) -> Ear:
    """An ear trained on clips of one speaker. Progress in steps."""
    rng = np.random.default_rng(recipe.seed)
    usual = MouthRange.of(np.concatenate([talk.shapes for talk in talks]))
    seen, wanted = [], []
    for talk in talks:
        goal = usual.parts(talk.shapes)
        for mel in (talk.mel, *(_imitated(talk.mel, recipe, rng) for _ in range(recipe.copies))):
            seen.append(_inputs(mel, talk.times))
            wanted.append(goal)
    x, y = np.concatenate(seen), np.concatenate(wanted)
    mean = x.mean(axis=0)
    x -= mean
    return Ear(mean, _descend(x, y, recipe, rng, progress))


def held_out(ear: Ear, talks: Sequence[Talk]) -> tuple[float, float]:
    """Correlation of opening and width with what the faces did, over all frames of the clips."""
    heard = np.concatenate([ear.mouth(_inputs(talk.mel, talk.times)) for talk in talks])
    shapes = np.concatenate([talk.shapes for talk in talks])
    opening, width = (
        float(np.corrcoef(heard[:, place], shapes[:, column])[0, 1])
        for place, column in enumerate((OPENING, WIDTH))
    )
    return opening, width


def _inputs(mel: Floats, times: Times) -> Floats:
    rows = np.rint(times * RATE / HOP).astype(np.intp)
    return inputs(mel, rows, float(np.percentile(mel, LOUD)))


def _imitated(mel: Floats, recipe: EarRecipe, rng: np.random.Generator) -> Floats:
    """The same words by another voice in another room."""
    bands = np.arange(BANDS) + rng.uniform(-recipe.shift, recipe.shift)
    moved = np.stack([np.interp(bands, np.arange(BANDS), row) for row in mel])
    tilted = moved + rng.normal(0, recipe.tilt) * np.linspace(-1, 1, BANDS)
    noise = np.percentile(mel, LOUD) + rng.uniform(*recipe.noise)
    return np.asarray(np.logaddexp(tilted, noise), np.float32)


def _descend(
    x: Floats, y: Floats, recipe: EarRecipe, rng: np.random.Generator, progress: Progress
) -> tuple[tuple[Floats, Floats], ...]:
    sizes = [x.shape[1], recipe.hidden, recipe.hidden, y.shape[1]]
    weights = [rng.normal(0, 1 / np.sqrt(a), (a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    biases = [np.zeros(size, np.float32) for size in sizes[1:-1]] + [y.mean(axis=0)]
    adam = _Adam([*weights, *biases], recipe)
    count = len(LAYERS)
    batches = max(1, len(x) // recipe.batch)
    whole = recipe.epochs * batches
    share = np.array([1, recipe.width_weight], np.float32)
    for step in range(whole):
        if step % batches == 0:
            order = rng.permutation(len(x))
        rows = order[(step % batches) * recipe.batch :][: recipe.batch]
        kept = rng.random((len(rows), x.shape[1])) >= recipe.dropped
        layers = [(x[rows] * kept / (1 - recipe.dropped)).astype(np.float32)]
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            layers.append(np.maximum(layers[-1] @ weight + bias, 0))
        error = (layers[-1] @ weights[-1] + biases[-1] - y[rows]) * share / len(rows)
        slopes: list[Floats] = [np.zeros(0, np.float32)] * (2 * count)
        for layer in range(count - 1, -1, -1):
            slopes[layer] = layers[layer].T @ error
            slopes[count + layer] = error.sum(axis=0)
            if layer:
                error = (error @ weights[layer].T) * (layers[layer] > 0)
        adam.step(slopes, 0.5 * (1 + np.cos(np.pi * step / whole)))
        progress(step + 1, whole)
    return tuple(zip(weights, biases, strict=True))


class _Adam:
    """Kingma and Ba 2015, with decay of the weights themselves; changes `values` in place."""

    FIRST, SECOND, TINY = 0.9, 0.999, 1e-8

    def __init__(self, values: Sequence[Floats], recipe: EarRecipe) -> None:
        self._values, self._recipe = values, recipe
        self._means = [np.zeros_like(value) for value in values]
        self._squares = [np.zeros_like(value) for value in values]
        self._steps = 0

    def step(self, slopes: Sequence[Floats], pace: float) -> None:
        self._steps += 1
        rate = self._recipe.learning_rate * pace
        for value, slope, mean, square in zip(
            self._values, slopes, self._means, self._squares, strict=True
        ):
            mean += (1 - self.FIRST) * (slope - mean)
            square += (1 - self.SECOND) * (slope**2 - square)
            far = mean / (1 - self.FIRST**self._steps)
            wide = np.sqrt(square / (1 - self.SECOND**self._steps)) + self.TINY
            value -= rate * (far / wide + self._recipe.decay * value)
