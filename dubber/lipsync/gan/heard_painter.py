"""Painting with the family's networks: the lower half of a face drawn from what is heard.

Published checkpoints were shown boxes around faces (`boxes`), those of `family_train` upright faces
(`faces`); an exported network says by the name of its input which it was. What it hears is told by
the shape of its input. After Wav2Lip's `inference.py` and LipGAN's `batch_inference.py` the picture
that tells who speaks is the frame itself; Speech2Vid has five others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync.gan.canvas import SIDE, laid, whole_matrix
from dubber.lipsync.gan.clips import RATE
from dubber.lipsync.gan.runtime import open_network
from dubber.lipsync.gan.sound import (
    CEPSTRA_HOP,
    CEPSTRA_STEPS,
    MEL_HOP,
    MEL_STEPS,
    cepstra,
    mel,
)
from dubber.lipsync.points import JAW, place, places
from dubber.lipsync.warp import bent
from dubber.protocols import FacePatch, Sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Matrix = NDArray[np.float64]

CURE = "first: dub train lips convert FILE -o FILE.onnx"
FEATHER = 6.0  # pixels of the network's picture over which what is drawn fades in
MARGIN = 4  # columns heard beyond those that are used, so that their edges do not count
STILLS = 5
_JAW = places(JAW)
#: A box as Wav2Lip's face detector draws it: how far above the eyes it begins, and below the chin
#: it ends, in distances from eyes to chin; and how far beyond the ears, in widths.
ABOVE, BELOW, BESIDE = 0.5, 0.04, 0.02


@dataclass(frozen=True, slots=True)
class Hearing:
    """`columns` of a picture of the sound, `hop` samples each, that begin `early` seconds before
    the frame is shown."""

    picture: Callable[[Floats], Floats]
    hop: int
    columns: int
    early: float

    def at(self, sound: Sound, time: float) -> Floats:
        """(bands, columns) for the frame at `time`."""
        first = math.floor((time - self.early) * RATE / self.hop + 1e-6) - MARGIN
        heard = sound.read(first * self.hop, (self.columns + 2 * MARGIN) * self.hop)
        return self.picture(heard)[:, MARGIN : MARGIN + self.columns]


@dataclass(frozen=True, slots=True)
class Kind:
    """A network of the family: how its `shown` is laid out from the masked face and pictures of
    the person, and what it hears as it was published and as we train it."""

    name: str
    side: int
    stack: Callable[[Floats, Sequence[Floats]], Floats]
    stills: int  # pictures of the person that are other frames
    published: Hearing
    ours: Hearing


def _masked_first(masked: Floats, seen: Sequence[Floats]) -> Floats:
    return np.concatenate([masked, *seen])


def _masked_last(masked: Floats, seen: Sequence[Floats]) -> Floats:
    return np.concatenate([*seen, masked])


# Wav2Lip's training hears from the frame before on (`get_segmented_mels`), ours from two before.
_MEL = (Hearing(mel, MEL_HOP, MEL_STEPS, 0.04), Hearing(mel, MEL_HOP, MEL_STEPS, 0.08))
_CEPSTRA = Hearing(cepstra, CEPSTRA_HOP, CEPSTRA_STEPS, (CEPSTRA_STEPS // 2) * CEPSTRA_HOP / RATE)
#: By the shapes of `heard` and of what is shown.
KINDS: dict[tuple[tuple[int, ...], tuple[int, ...]], Kind] = {
    ((1, 80, 16), (6, 96, 96)): Kind("wav2lip", 96, _masked_first, 0, *_MEL),
    ((1, 12, 35), (6, 96, 96)): Kind("lipgan", 96, _masked_last, 0, _CEPSTRA, _CEPSTRA),
    ((1, 12, 35), (18, 112, 112)): Kind(
        "speech2vid", 112, _masked_last, STILLS, _CEPSTRA, _CEPSTRA
    ),
}


class HeardModel:
    """An exported network of the family."""

    def __init__(self, path: Path, *, threads: int = 0, runtime: str = "") -> None:
        """`runtime` as in `runtime.open_network`. EngineError, one line, if the file is damaged or
        holds no network of the family that draws faces."""
        self._network = open_network(path, threads=threads, runtime=runtime)
        inputs = self._network.inputs
        shown = "boxes" if "boxes" in inputs else "faces"
        if set(inputs) != {"heard", shown} or len(self._network.outputs) != 1:
            raise EngineError("not a network that draws what it hears", subject=path, cure=CURE)
        shapes = inputs["heard"][1], inputs[shown][1]
        kind = KINDS.get(shapes)
        if kind is None or {part[0] for part in inputs.values()} != {"float32"}:
            raise EngineError(
                f"no known network hears {shapes[0]} and is shown {shapes[1]}",
                subject=path,
                cure=CURE,
            )
        self.kind, self._shown = kind, shown
        self._output = next(iter(self._network.outputs))
        self.hearing = kind.published if shown == "boxes" else kind.ours

    def matrix(self, points: Points) -> Matrix:
        """What takes a face with landmarks `points` (k, 2) to the picture that is shown, (2, 3)."""
        scale = self.kind.side / SIDE
        return scale * (_box_matrix(points) if self._shown == "boxes" else whole_matrix(points))

    def draw(self, heard: Floats, masked: Floats, seen: Sequence[Floats]) -> Image:
        """The face (side, side, 3) from what is heard (bands, columns), the face without its lower
        half and those `seen`, each (3, side, side) of 0..1."""
        shown = self.kind.stack(masked, seen)
        drawn = self._network.run(
            self._output, {"heard": heard[None, None], self._shown: shown[None]}
        )
        if drawn.shape != (1, *masked.shape) or not np.isfinite(drawn).all():
            raise EngineError("the network draws no face", cure=CURE)
        whole = np.rint(np.clip(drawn[0], 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(whole.transpose(1, 2, 0))


class HeardPainter:
    """A HearingPainter for one person."""

    def __init__(self, model: HeardModel, faces: Sequence[FacePatch]) -> None:
        self._model = model
        self._stills = [self._seen(face) for face in faces]
        self._sound: Sound | None = None
        self._times = np.zeros(0, np.float64)
        self._wanted = np.zeros((0, 4), np.float32)
        self._share = _lower_half(model.kind.side)

    def hear(self, sound: Sound, times: NDArray[np.float64]) -> None:
        self._sound, self._times = sound, times

    def plan(self, points: Points, wanted: Points, yaw: Points) -> None:
        """What is wanted tells how far the drawn jaw may reach."""
        self._wanted = wanted

    def paint(self, number: int, face: FacePatch) -> FacePatch:
        """EngineError if nothing was given to hear."""
        import cv2

        if self._sound is None:
            raise EngineError("it draws what it hears, and no sound is given here")
        matrix = self._model.matrix(face.points)
        own = self._seen(face)
        masked = own.copy()
        masked[:, own.shape[1] // 2 :] = 0
        heard = self._model.hearing.at(self._sound, float(self._times[number]))
        drawn = self._model.draw(heard, masked, self._stills if self._model.kind.stills else [own])
        back = cv2.invertAffineTransform(matrix)
        size = (face.image.shape[1], face.image.shape[0])
        layer = laid(drawn, back, size=size).astype(np.float32)
        share = cv2.warpAffine(self._share, back, size, flags=cv2.INTER_LINEAR)[..., None]
        base = face.image.astype(np.float32)
        mixed = np.rint(base + share * (layer - base))
        points = bent(face.points, self._wanted[number])
        return FacePatch(np.clip(mixed, 0, 255).astype(np.uint8), points)

    def _seen(self, face: FacePatch) -> Floats:
        """The whole face as the network is shown it, (3, side, side) of 0..1."""
        side = self._model.kind.side
        image = laid(face.image, self._model.matrix(face.points), size=(side, side))
        return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / np.float32(255)


def _box_matrix(points: Points) -> Matrix:
    """The box around a face to SIDE x SIDE, its sides scaled each on its own."""
    eyes, chin = points[[place(33), place(263)]].mean(axis=0), points[place(152)]
    tall = max(float(chin[1] - eyes[1]), 1.0)
    left, right = float(points[_JAW, 0].min()), float(points[_JAW, 0].max())
    wide = max(right - left, 1.0)
    left, wide = left - BESIDE * wide, (1 + 2 * BESIDE) * wide
    top, tall = float(eyes[1]) - ABOVE * tall, (1 + ABOVE + BELOW) * tall
    across, down = SIDE / wide, SIDE / tall
    return np.array([[across, 0, -left * across], [0, down, -top * down]])


def _lower_half(side: int) -> Floats:
    """How much of what is drawn is taken, (side, side): all of the lower half but its edges."""
    inside = np.minimum(np.arange(side), np.arange(side)[::-1]) / FEATHER
    down = np.minimum((np.arange(side) - side // 2) / FEATHER, inside)
    return np.clip(np.minimum.outer(down, inside), 0, 1).astype(np.float32)
