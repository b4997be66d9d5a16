"""Painting one person's mouths with the generator: who they are, fitted, and frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.lipsync.gan.adapt import HELD, Examples, Fitted
from dubber.lipsync.gan.batches import APART, SHAPE_WEIGHTS
from dubber.lipsync.gan.canvas import (
    HEIGHT,
    LARGE,
    WIDTH,
    Bend,
    enlarged,
    laid,
    mask,
    mouth,
    on_canvas,
    openness,
    stacked,
    times_of,
)
from dubber.lipsync.gan.fitting import Fitter
from dubber.lipsync.gan.model import MouthDrawer
from dubber.lipsync.reuse import Library
from dubber.lipsync.shape import measure
from dubber.lipsync.warp import bent, moved
from dubber.protocols import FacePatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

#: Among which part of a person's frames, by how open the mouth is, each reference that stays is
#: the best.
OPENNESS = ((0.0, 0.12), (0.5, 0.7), (0.92, 1.0))
TURNED = 0.02  # what a degree of yaw away from the usual costs, in parts of the sharpness
FEATHER = 5.0  # pixels of the canvas over which what is drawn fades into what was there
DETAIL = 0.85  # of the most alike reference's detail, which the generator softens
FINE = 2.0  # pixels: what is finer is detail
_LARGE_SIZE = (LARGE * WIDTH, LARGE * HEIGHT)
SOLVED = 48  # frames that are learnt from, at most
SHORT_RUN, LONG_RUN = 6, 24  # frames that are learnt from, or held out, together


class GanPainter:
    """A MouthPainter for one person."""

    def __init__(
        self,
        model: MouthDrawer,
        faces: Sequence[FacePatch],
        frames: NDArray[np.int32],
        yaw: Floats,
        *,
        fitter: Fitter | None = None,
    ) -> None:
        """`faces` as the renderer chose them, at least one, from `frames` (n,) with `yaw` (n,).
        With a `fitter` its model is fitted to them and draws in the place of `model`."""
        self._model = model
        self._times = model.times
        placed = [on_canvas(face.image, face.points, times=model.times) for face in faces]
        self._images = [image for image, _, _ in placed]
        self._large = [
            laid(face.image, enlarged(matrix, LARGE), size=_LARGE_SIZE)
            for face, (_, _, matrix) in zip(faces, placed, strict=True)
        ]
        self._points = [own for _, own, _ in placed]
        self._stay = best_references(self._images, self._points, yaw)
        looks = np.stack([_look(image) for image in self._images])
        shapes = measure(np.stack(self._points))
        self._library = Library(frames, shapes, yaw, looks)
        self.fitted, self._way = Fitted(model.head, solved=False), "off"
        if fitter is not None:
            self._way = fitter.way
            self._fit(fitter)
        self._wanted: Points = np.zeros((0, 4), np.float32)
        self._path = np.zeros(0, np.intp)

    def fit(self) -> dict[str, Any]:
        """How the generator was fitted, for the report: errors of held-out mouths, of 255."""
        told: dict[str, Any] = {"way": self._way, "kept": self.fitted.solved}
        if self.fitted.before:
            told |= {"before": round(self.fitted.before, 2), "after": round(self.fitted.after, 2)}
        return told

    def _fit(self, fitter: Fitter) -> None:
        examples = self._examples()
        if examples is not None:
            self.fitted = fitter.fit(examples)
            self._model = fitter.model.changed(self.fitted.changes)

    def _examples(self) -> Examples | None:
        """This person's own frames, each to be drawn as if it were another's; None if all are
        references."""
        frames, shapes = self._library.frames, self._library.shapes
        free = [n for n in range(len(self._images)) if n not in self._stay]
        count = min(SOLVED, len(free))
        rows = [free[number * len(free) // count] for number in range(count)]
        if not rows:
            return None
        shown, covered, mouths = [], [], []
        spread = np.maximum(shapes.std(axis=0), 0.02)
        for number, row in enumerate(rows):
            far = np.flatnonzero(np.abs(frames - frames[row]) > APART)
            far = far if len(far) else np.arange(len(frames))
            off = np.abs((shapes[far] - shapes[row]) / spread) @ SHAPE_WEIGHTS
            other = self._points[rows[(number * 7 + len(rows) // 2) % len(rows)]]
            hidden = mask([self._points[row], other], times=self._times)
            bent_ones = self._bent([int(far[off.argmin()])], Bend(self._points[row]))
            shown.append(stacked(self._images[row], bent_ones, self._points[row], hidden))
            covered.append(hidden)
            mouths.append(mouth(self._points[row], times=self._times))
        return Examples(
            np.stack(shown),
            np.stack([self._images[row] for row in rows]),
            np.stack(covered),
            np.stack(mouths),
            self._runs(rows),
        )

    def _runs(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """Which run of neighbours each row belongs to: of the film, where it spans enough of them
        for some to be held out whole; else of the rows."""
        frames = self._library.frames
        if len(np.unique(frames // LONG_RUN)) >= 2 * HELD:
            return np.asarray(frames[rows] // LONG_RUN, np.int64)
        return np.asarray(np.arange(len(rows)) // SHORT_RUN, np.int64)

    def _bent(self, alike: Sequence[int], bend: Bend) -> list[Image]:
        """The references bent: the mean of those most like what is wanted, then those that stay."""
        bent_ones = [bend.of(self._images[n], self._points[n]) for n in (*alike, *self._stay)]
        if len(alike) == 1:
            return bent_ones
        mean = np.mean(bent_ones[: len(alike)], axis=0).round().astype(np.uint8)
        return [mean, *bent_ones[len(alike) :]]

    def plan(self, points: Points, wanted: Points, yaw: Points) -> None:
        """The mouths that come next; where the faces are is seen when each is painted."""
        self._wanted = wanted
        self._path = self._library.path(wanted, yaw)

    def paint(self, number: int, face: FacePatch) -> FacePatch:
        """The face with the wanted mouth; what the generator does not cover stays as it was."""
        import cv2

        asked = bent(face.points, self._wanted[number])
        image, own, matrix = on_canvas(face.image, face.points, times=self._times)
        wanted = moved(matrix, asked)
        covered = mask([own, wanted], times=self._times)
        alike = self._alike(number)
        bend = Bend(wanted)
        bent_ones = self._bent(alike, bend)
        shown = stacked(image, bent_ones, wanted, covered)
        drawn = self._model.draw(shown[None], self.fitted.head)[0]
        large = self._detailed(drawn, bent_ones[0], alike[0], bend)
        size = (face.image.shape[1], face.image.shape[0])
        back = [cv2.invertAffineTransform(enlarged(matrix, n)) for n in (self._times, LARGE)]
        faded = _faded(covered, self._times)
        share = cv2.warpAffine(faded, back[0], size, flags=cv2.INTER_LINEAR)[..., None]
        layer = laid(large, back[1], size=size)
        base = face.image.astype(np.float32)
        mixed = np.rint(base + share * (layer.astype(np.float32) - base))
        return FacePatch(np.clip(mixed, 0, 255).astype(np.uint8), asked)

    def _detailed(self, drawn: Image, alike: Image, row: int, bend: Bend) -> Image:
        """`drawn`, LARGE times the canvas, with the detail that the generator softens and that its
        canvas cannot hold, from the reference most like it."""
        import cv2

        off = alike.astype(np.float32) - drawn
        fine = drawn + DETAIL * (off - cv2.GaussianBlur(off, (0, 0), self._times * FINE))
        if self._times == LARGE:
            return np.asarray(np.clip(np.rint(fine), 0, 255), np.uint8)
        large = cv2.resize(fine, _LARGE_SIZE, interpolation=cv2.INTER_CUBIC)
        close = bend.of(self._large[row], self._points[row])
        coarse = cv2.resize(close, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        lost = close.astype(np.float32) - cv2.resize(
            coarse.astype(np.float32), _LARGE_SIZE, interpolation=cv2.INTER_CUBIC
        )
        return np.asarray(np.clip(np.rint(large + DETAIL * lost), 0, 255), np.uint8)

    def _alike(self, number: int) -> list[int]:
        """The rows most like the wanted mouth: the path's, and where it jumped the one that would
        have followed."""
        row, frames = int(self._path[number]), self._library.frames
        last = int(self._path[number - 1]) if number else row
        if 0 <= frames[row] - frames[last] <= 2 or last + 1 >= len(frames):
            return [row]
        return [row, last + 1]


def best_references(
    images: Sequence[Image], points: Sequence[Points], yaw: Floats
) -> tuple[int, ...]:
    """The sharpest frames from closed over half open to open mouths, turned as usual."""
    order = np.argsort([openness(own) for own in points], kind="stable")
    usual = float(np.median(yaw))
    worth = [_sharpness(image, own) for image, own in zip(images, points, strict=True)]
    best = max(max(worth), 1e-6)
    chosen = []
    for low, high in OPENNESS:
        first, last = round(low * (len(order) - 1)), round(high * (len(order) - 1))
        part = order[first : last + 1]
        prices = [TURNED * abs(float(yaw[n]) - usual) - worth[n] / best for n in part]
        chosen.append(int(part[int(np.argmin(prices))]))
    return tuple(chosen)


def _look(image: Image) -> Floats:
    """A few brightnesses of the lower face, for how well two frames follow one another."""
    import cv2

    n = times_of(image)
    lower = image[n * 16 : n * 80, n * 32 : n * 96]
    small = cv2.resize(lower, (16, 12), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float32).mean(axis=2).ravel()
    return np.asarray((grey - grey.mean()) / 8, np.float32)


def _sharpness(image: Image, points: Points) -> float:
    """The mean change from a pixel to the next around the mouth."""
    grey = image.astype(np.float32).mean(axis=2)
    lips = mouth(points, times=times_of(image)) > 0
    across = np.abs(np.diff(grey, axis=1))[lips[:, 1:]]
    return float(across.mean()) if across.size else 0.0


def _faded(covered: Image, times: int) -> Floats:
    """0..1 on the canvas: 0 from the edge of what is covered, 1 a little inside."""
    import cv2

    inside = np.asarray(covered > 0, np.uint8)
    inside[[0, -1]] = 0
    inside[:, [0, -1]] = 0
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    return np.asarray(np.clip((depth - 1) / (times * FEATHER), 0, 1), np.float32)
