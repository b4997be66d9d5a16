"""Putting a drawn mouth into a picture so that no edge shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.points import JAW, LIPS_OUTER, place, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

_LIPS = places(LIPS_OUTER)
_LOWER_JAW = places(JAW[5:16])
_WHOLE_JAW = places((*JAW, 356, 127))
_CHIN = places(JAW[7:14])
_SIDES = places((205, 425))
MARGIN = 0.06  # of the face's width that the mask reaches beyond the jaw's and lips' points
FEATHER = 0.07  # of the face's width over which it fades
SIDE_MARGIN = 0.012  # … but beyond the jaw's sides: what is behind a face is not ours
ROOM = 0.22  # of the face's width around the points, so that the mask ends inside a patch
STEADY = 0.35  # how much a frame's own colour shift counts against the ones before
AT_ONCE = 3.0  # levels by which a shift has changed when only its own counts
COARSE = 160  # pixels of the longer side of a patch in which its mask is worked out
MIDDLE = 96  # … and the differences of colour
GRID = 24  # cells a side in which colour shifts are worked out


def face_width(points: Points) -> float:
    """In pixels, of one face (k, 2)."""
    return float(np.linalg.norm(points[place(234)] - points[place(454)])) or 1.0


def rectangle(points: Points, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The patch (x, y, w, h), all even, that holds the lower face; None if too little of it is
    within a picture of that size."""
    parts = points[np.concatenate([_LIPS, _LOWER_JAW, _SIDES, [place(2)]])]
    room = ROOM * face_width(points)
    low = np.floor((parts.min(axis=0) - room) / 2).astype(int) * 2
    high = np.ceil((parts.max(axis=0) + room) / 2).astype(int) * 2
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(width // 2 * 2, int(high[0])), min(height // 2 * 2, int(high[1]))
    whole = (high[0] - low[0]) * (high[1] - low[1])
    if right - left < 16 or bottom - top < 16 or (right - left) * (bottom - top) < 0.6 * whole:
        return None
    return left, top, right - left, bottom - top


def mask_of(shape: tuple[int, int], face: Points, drawn: Points) -> Floats:
    """How much of the drawn mouth each pixel of a patch takes, 0..1, shape (height, width).

    It holds lips, chin and lower cheeks of both the face and what is drawn, and fades beyond the
    jaw: a chin is never cut. It ends below the nose. Worked out coarsely: it is smooth.
    """
    import cv2

    scale = min(1.0, COARSE / max(shape))
    if scale == 1:
        return _mask(shape, face, drawn)
    small = round(shape[0] * scale), round(shape[1] * scale)
    ratio = np.array([small[1] / shape[1], small[0] / shape[0]], np.float32)
    mask = _mask(small, face * ratio, drawn * ratio)
    fine = cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_LINEAR)
    fine[[0, -1]] = 0
    fine[:, [0, -1]] = 0
    return np.asarray(fine, np.float32)


def _mask(shape: tuple[int, int], face: Points, drawn: Points) -> Floats:
    import cv2

    width = face_width(face)
    parts = np.vstack(
        [face[_LIPS], drawn[_LIPS], face[_LOWER_JAW], drawn[_LOWER_JAW], face[_SIDES]]
    )
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(parts * 16).astype(np.int32)), 255, shift=4)
    # beyond the points, less what the fade takes
    reach = max(1, round(MARGIN * width))
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    mask = cv2.dilate(mask, ellipse)
    mask[_above_nose(shape, face)] = 0
    soft = _blur(mask.astype(np.float32) / 255, FEATHER * width / 2)
    soft *= _blur(_outline(shape, face, drawn), FEATHER * width / 4)
    soft = np.clip((soft - 0.04) / 0.92, 0, 1)
    soft *= _window(shape, max(2, round(0.04 * width)))
    return np.asarray(soft, np.float32)


def _outline(shape: tuple[int, int], face: Points, drawn: Points) -> Floats:
    """1 on the face and below its chin, where the neck moves with what is drawn."""
    import cv2

    width = face_width(face)
    inside = np.zeros(shape, np.uint8)
    for parts, margin in (
        (face[_WHOLE_JAW], SIDE_MARGIN),
        (np.vstack([face[_CHIN], drawn[_CHIN], face[_LIPS]]), MARGIN),
    ):
        part = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(part, cv2.convexHull(np.rint(parts * 16).astype(np.int32)), 1, shift=4)
        reach = max(1, round(margin * width))
        ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        inside |= cv2.dilate(part, ellipse)
    return inside.astype(np.float32)


def _above_nose(shape: tuple[int, int], face: Points) -> NDArray[np.bool_]:
    """Pixels above the line under the nose, turned as the face is."""
    nose, lip = face[place(2)], face[place(0)]
    down = lip - nose
    level = nose + 0.35 * down
    y, x = np.mgrid[: shape[0], : shape[1]]
    # the whole line is only straight near the nose: it falls away towards the cheeks
    return np.asarray((x - level[0]) * down[0] + (y - level[1]) * down[1] < 0)


def _window(shape: tuple[int, int], edge: int) -> Floats:
    """0 at the patch's edges and 1 from `edge` pixels inside."""
    ramps = [np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / edge, 0, 1) for n in shape]
    return np.asarray(np.minimum.outer(ramps[0], ramps[1]), np.float32)


def _blur(plane: Floats, sigma: float) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(0.5, sigma)), np.float32)


class Blender:
    """Blends one face's drawn mouths into its frames, with colours that change smoothly."""

    def __init__(self) -> None:
        self._shift: Floats | None = None

    def blend(
        self, image: Image, face: Points, drawn: Image, points: Points, *, weight: float
    ) -> Image:
        """`image` with the mouth of `drawn` in it; `face` and `points` are their landmarks in
        patch pixels, `weight` 0..1 how much it shows. Pixels outside the mask are untouched."""
        import cv2

        mask = mask_of((image.shape[0], image.shape[1]), face, points)
        shift = self._colour(image, drawn, mask, face)
        shifted = cv2.add(drawn, shift, dtype=cv2.CV_8U)
        share = mask * np.float32(weight)
        mixed = cv2.blendLinear(shifted, image, share, 1 - share)
        cv2.copyTo(image, (share <= 1 / 512).astype(np.uint8), mixed)
        return np.asarray(mixed, np.uint8)

    def _colour(self, image: Image, drawn: Image, mask: Floats, face: Points) -> Floats:
        """What to add to `drawn` so that it meets `image` in the rim of the mask: a smooth field
        (a membrane: normalised blur of the differences in the rim)."""
        import cv2

        small = (MIDDLE, MIDDLE)
        ratio = np.array([MIDDLE / mask.shape[1], MIDDLE / mask.shape[0]], np.float32)
        inside = np.zeros(small, np.uint8)
        hull = cv2.convexHull(np.rint(face[_WHOLE_JAW] * ratio).astype(np.int32))
        cv2.fillConvexPoly(inside, hull, 1)
        near = cv2.resize(mask, small, interpolation=cv2.INTER_LINEAR)
        rim = ((near > 0.02) & (near < 0.7) & (inside > 0)).astype(np.float32)
        size = (GRID, GRID)
        ours, theirs = (
            cv2.resize(picture, small, interpolation=cv2.INTER_AREA).astype(np.float32)
            for picture in (drawn, image)
        )
        gap = np.clip(theirs - ours, -40, 40) * rim[..., None]
        total = cv2.resize(gap, size, interpolation=cv2.INTER_AREA)
        count = cv2.resize(rim, size, interpolation=cv2.INTER_AREA)
        wide = GRID / 5
        total, count = cv2.GaussianBlur(total, (0, 0), wide), cv2.GaussianBlur(count, (0, 0), wide)
        shift = (total / (count[..., None] + 1e-3)).astype(np.float32)
        if self._shift is not None:
            # another mouth was seen in another light: then the shift changes at once
            change = float(np.abs(shift - self._shift).mean())
            share = STEADY + (1 - STEADY) * min(1.0, change / AT_ONCE)
            shift = share * shift + (1 - share) * self._shift
        self._shift = shift
        full = cv2.resize(shift, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(full, np.float32)
