"""The upright square-on lower face that the generator draws, and what is drawn on it to drive it.

A face is turned, scaled and shifted (never bent) so that the points that do not move with the
mouth lie where they lie in a mean face. Points are the kept landmarks (`lipsync.points`) in pixels
of a canvas of WIDTH x HEIGHT. Pictures are BGR uint8 and of that size, or `times` as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.points import (
    CHEEKS,
    JAW,
    LIPS_INNER,
    LIPS_OUTER,
    MIDLINE,
    RIGID,
    place,
    places,
)
from dubber.lipsync.warp import moved, similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Matrix = NDArray[np.float64]

WIDTH, HEIGHT = 128, 96
FACE = 104.0  # pixels across the face, ear to ear
NOSE = (64.0, 21.0)  # where the nose meets the lip
LARGE = 2  # canvases of so many times the size hold detail of faces that are seen closely
SIDE = 96  # pixels a side of the whole face
_TO_WHOLE = np.array([[66 / FACE, 0, 48 - 64 * 66 / FACE], [0, 66 / FACE, 54 - 21 * 66 / FACE]])
#: The rigid points of a mean face in widths of it, from the nose's base, each a half with its
#: mirror image: of six speakers of the GRID corpus.
_HALF = {
    33: (-0.319, -0.352), 133: (-0.122, -0.339), 98: (-0.112, -0.013), 127: (-0.504, -0.323),
    168: (0.0, -0.377), 6: (0.0, -0.317), 197: (0.0, -0.263), 195: (0.0, -0.215),
    5: (0.0, -0.164), 4: (0.0, -0.101), 1: (0.0, -0.052), 2: (0.0, 0.0),
}  # fmt: skip
_MIRRORED = {263: 33, 362: 133, 327: 98, 356: 127}
TEMPLATE = np.array(
    [_HALF[n] if n in _HALF else (-_HALF[_MIRRORED[n]][0], _HALF[_MIRRORED[n]][1]) for n in RIGID],
    np.float32,
) * np.float32(FACE) + np.array(NOSE, np.float32)  # (len(RIGID), 2)

_RIGID = places(RIGID)
_OUTER, _INNER = places(LIPS_OUTER), places(LIPS_INNER)
_LOWER_JAW = places(JAW[4:17])
_MASKED = places((*JAW[4:17], 205, 425, 2, 98, 327, *LIPS_OUTER))
_CONTROL = places(
    tuple(dict.fromkeys((*LIPS_OUTER, *LIPS_INNER, *JAW[2:19], *CHEEKS, *MIDLINE, 98, 327, 2)))
)
REFERENCES = 4  # pictures of the same face: the mouth most like the wanted one, then three that
# stay, from closed to open
CHANNELS = 3 + 3 * REFERENCES + 3 + 1
REACH = 9  # pixels the mask goes beyond the points
JAW_LINE = 2  # pixels
CELL = 4  # pixels a cell in which bending is worked out
STIFFNESS = 2e-4
_EDGE = np.array(
    [[x, y] for x in (0, WIDTH / 2, WIDTH) for y in (0, HEIGHT / 2, HEIGHT)
     if (x, y) != (WIDTH / 2, HEIGHT / 2)]
)  # fmt: skip


def upright(points: Points) -> Matrix:
    """The (2, 3) matrix that takes a face's landmarks (k, 2) to the canvas."""
    return similarity(points[_RIGID], TEMPLATE)


def laid(image: Image, matrix: Matrix, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image:
    """`image` on the canvas, or on a picture of another size."""
    import cv2

    grown = float(np.hypot(matrix[0, 0], matrix[0, 1]))
    if grown < 0.45:  # many pixels to one: mean them first
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / grown)
    shown = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(shown, np.uint8)


def drive(points: Points, *, times: int = 1) -> Image:
    """What tells the generator the mouth: outer lips, inner lips and jaw."""
    import cv2

    planes = [np.zeros((times * HEIGHT, times * WIDTH), np.uint8) for _ in range(3)]
    for plane, part in zip(planes, (_OUTER, _INNER), strict=False):
        cv2.fillPoly(plane, [_sixteenths(points[part], times)], 255, cv2.LINE_AA, 4)
    jaw = _sixteenths(points[_LOWER_JAW], times)
    cv2.polylines(planes[2], [jaw], False, 255, times * JAW_LINE, cv2.LINE_AA, 4)
    return np.stack(planes, axis=2)


def mask(faces: Sequence[Points], *, times: int = 1) -> Image:
    """255 over the mouths, chins and lower cheeks of all `faces`, else 0: one plane.

    Of more than one, so that its edge does not tell where the jaw is.
    """
    import cv2

    hull = cv2.convexHull(_sixteenths(np.vstack([points[_MASKED] for points in faces]), times))
    filled = np.zeros((times * HEIGHT, times * WIDTH), np.uint8)
    cv2.fillConvexPoly(filled, hull, 255, shift=4)
    across = 2 * times * REACH + 1
    filled = cv2.dilate(filled, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)))
    filled[: times * (int(NOSE[1]) - 4)] = 0
    return np.asarray(filled, np.uint8)


def mouth(points: Points, *, times: int = 1) -> Image:
    """255 on the lips and a little around them, where a mouth is judged: one plane."""
    import cv2

    filled = np.zeros((times * HEIGHT, times * WIDTH), np.uint8)
    hull = cv2.convexHull(_sixteenths(points[_OUTER], times))
    cv2.fillConvexPoly(filled, hull, 255, shift=4)
    across = 8 * times + 1
    return np.asarray(cv2.dilate(filled, np.ones((across, across), np.uint8)), np.uint8)


def stacked(face: Image, seen: Sequence[Image], wanted: Points, covered: Image) -> Image:
    """What the generator is shown, CHANNELS planes: the face with what is `covered` taken out, the
    references bent to `wanted`, the drive, and the mask."""
    import cv2

    drawn = drive(wanted, times=times_of(face))
    shown = np.empty((CHANNELS, *covered.shape), np.uint8)
    for number, picture in enumerate((face, *seen, drawn)):
        cv2.split(picture, list(shown[3 * number : 3 * number + 3]))
    shown[:3, covered > 0] = 128
    shown[-1] = covered
    return shown


def times_of(picture: Image) -> int:
    """How many times as large as the canvas a picture (H, W, 3) is."""
    return int(picture.shape[1]) // WIDTH


class Bend:
    """Moves faces' landmarks to those of `target`, by one thin-plate spline for all faces."""

    def __init__(self, target: Points) -> None:
        self._to = np.vstack([target[_CONTROL].astype(np.float64), _EDGE])
        self._basis, self._solver = _spline(self._to)

    def of(self, image: Image, source: Points) -> Image:
        """`image`, whose landmarks are `source`, bent."""
        import cv2

        frm = np.vstack([source[_CONTROL].astype(np.float64), _EDGE])
        field = self._basis @ (self._solver @ (frm - self._to))
        coarse = field.reshape(HEIGHT // CELL, WIDTH // CELL, 2).astype(np.float32)
        times = times_of(image)
        size = (times * WIDTH, times * HEIGHT)
        places = cv2.resize(coarse * times, size, interpolation=cv2.INTER_CUBIC) + _GRIDS[times]
        shown = cv2.remap(image, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(shown, np.uint8)


def bent_to(images: Sequence[Image], sources: Sequence[Points], target: Points) -> list[Image]:
    """Each of `images` with its landmarks moved to `target`."""
    bend = Bend(target)
    return [bend.of(image, source) for image, source in zip(images, sources, strict=True)]


def enlarged(matrix: Matrix, times: int) -> Matrix:
    """What takes a face to a canvas `times` as large, from what takes it to the canvas."""
    half = (times - 1) / 2  # pixels are squares: their middles move
    return np.asarray(times * matrix + np.array([[0, 0, half], [0, 0, half]]), np.float64)


def _spline(knots: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What makes shifts of `knots` (k, 2) into shifts of every cell: basis (cells, k + 3) and
    solver (k + 3, k)."""
    unit = knots / WIDTH
    count = len(unit)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _plate(unit, unit) + STIFFNESS * np.eye(count)
    flat = np.column_stack([np.ones(count), unit])
    system[:count, count:], system[count:, :count] = flat, flat.T
    solver = np.linalg.inv(system)[:, :count]
    cells = _CELLS / WIDTH
    basis = np.column_stack([_plate(cells, unit), np.ones(len(cells)), cells])
    return np.asarray(basis, np.float64), np.asarray(solver, np.float64)


def _plate(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    np.maximum(squared, 0, out=squared)
    return np.asarray(squared * np.log(squared + 1e-9))


def _cells() -> Matrix:
    middle = (np.arange(WIDTH // CELL) + 0.5) * CELL - 0.5
    down = (np.arange(HEIGHT // CELL) + 0.5) * CELL - 0.5
    x, y = np.meshgrid(middle, down)
    return np.column_stack([x.ravel(), y.ravel()])


def _grid(times: int) -> Floats:
    across, down = np.arange(times * WIDTH), np.arange(times * HEIGHT)
    return np.stack(np.meshgrid(across, down), axis=2).astype(np.float32)


_CELLS = _cells()
_GRIDS = {1: _grid(1), LARGE: _grid(LARGE)}


def _sixteenths(points: Points, times: int) -> NDArray[np.int32]:
    return np.rint(in_pixels(points, times) * 16).astype(np.int32)


def in_pixels(points: Points, times: int) -> Points:
    """Landmarks of the canvas in pixels of a picture `times` as large."""
    return np.asarray(points * times + (times - 1) / 2, np.float32)


def on_canvas(image: Image, points: Points, *, times: int = 1) -> tuple[Image, Points, Matrix]:
    """A face's picture, `times` as large as the canvas, its landmarks on the canvas, and the matrix
    that took them there."""
    matrix = upright(points)
    size = (times * WIDTH, times * HEIGHT)
    return laid(image, enlarged(matrix, times), size=size), moved(matrix, points), matrix


def on_whole(image: Image, points: Points) -> Image:
    """The whole face upright, SIDE x SIDE, as the audio-driven generators see it: the lower half
    begins a little above the nose's base."""
    return laid(image, whole_matrix(points), size=(SIDE, SIDE))


def whole_matrix(points: Points) -> Matrix:
    """The (2, 3) matrix that takes a face's landmarks (k, 2) to the whole face of `on_whole`."""
    return np.asarray(_TO_WHOLE @ np.vstack([upright(points), [0.0, 0.0, 1.0]]), np.float64)


def openness(points: Points) -> float:
    """Pixels between the lips of one face (k, 2)."""
    return float(np.linalg.norm(points[place(13)] - points[place(14)]))
