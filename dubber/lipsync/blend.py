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
WHOLE = 0.95  # of the face's width around the nose: a whole face, turned as it may be
STEADY = 0.35  # how much a frame's own colour shift counts against the ones before
AT_ONCE = 3.0  # levels by which a shift has changed when only its own counts
COARSE = 160  # pixels of the longer side of a patch in which its mask is worked out
MIDDLE = 96  # … and the differences of colour
LIP_MARGIN = 0.04  # of the face's width around the lips that is no skin to match
WITHIN = 0.4  # what skin within the mask counts beside that in its rim
RIM = 0.95  # of the mask, below which a landmark of the jaw may lie beyond the face
FOREIGN = 44.0  # levels by which what lies around a face is something else
GRID = 24  # cells a side in which colour shifts are worked out


def face_width(points: Points) -> float:
    """In pixels, of one face (k, 2)."""
    return float(np.linalg.norm(points[place(234)] - points[place(454)])) or 1.0


def rectangle(
    points: Points, width: int, height: int, *, whole: bool = False
) -> tuple[int, int, int, int] | None:
    """The patch (x, y, w, h), all even, that holds the lower face, or the `whole` one; None if too
    little of the lower face is within a picture of that size."""
    parts = points[np.concatenate([_LIPS, _LOWER_JAW, _SIDES, [place(2)]])]
    room = ROOM * face_width(points)
    low, high = parts.min(axis=0) - room, parts.max(axis=0) + room
    lower = _even(low, high, width, height)
    asked = np.ceil(high / 2) * 2 - np.floor(low / 2) * 2
    if lower is None or lower[2] * lower[3] < 0.6 * asked.prod():
        return None
    if not whole:
        return lower
    reach = WHOLE * face_width(points)
    return _even(
        np.minimum(low, points[place(2)] - reach),
        np.maximum(high, points[place(2)] + reach),
        width,
        height,
    )


def _even(
    low: NDArray[np.floating], high: NDArray[np.floating], width: int, height: int
) -> tuple[int, int, int, int] | None:
    """(x, y, w, h), all even, of what lies in the picture; None if that is hardly anything."""
    low, high = np.floor(low / 2) * 2, np.ceil(high / 2) * 2
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(width // 2 * 2, int(high[0])), min(height // 2 * 2, int(high[1]))
    if right - left < 16 or bottom - top < 16:
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
        match = _Match(image, face, drawn, points, mask)
        shift = self._steadied(match.shift())
        size = mask.shape[::-1]
        full = cv2.resize(shift, size, interpolation=cv2.INTER_LINEAR)
        shifted = cv2.add(drawn, full, dtype=cv2.CV_8U)
        fits = cv2.resize(match.fits(shift), size, interpolation=cv2.INTER_LINEAR)
        share = mask * fits * np.float32(weight)
        mixed = cv2.blendLinear(shifted, image, share, 1 - share)
        cv2.copyTo(image, (share <= 1 / 512).astype(np.uint8), mixed)
        return np.asarray(mixed, np.uint8)

    def _steadied(self, shift: Floats) -> Floats:
        if self._shift is not None:
            # another mouth was seen in another light: then the shift changes at once
            change = float(np.abs(shift - self._shift).mean())
            share = STEADY + (1 - STEADY) * min(1.0, change / AT_ONCE)
            shift = np.asarray(share * shift + (1 - share) * self._shift, np.float32)
        self._shift = shift
        return shift


class _Match:
    """A drawn mouth beside the face it is for, coarsely: (MIDDLE, MIDDLE) pixels."""

    def __init__(
        self, image: Image, face: Points, drawn: Image, points: Points, mask: Floats
    ) -> None:
        import cv2

        small = (MIDDLE, MIDDLE)
        ratio = np.array([MIDDLE / mask.shape[1], MIDDLE / mask.shape[0]], np.float32)
        self._mask = cv2.resize(mask, small, interpolation=cv2.INTER_LINEAR)
        self._faces = [_filled(part[_WHOLE_JAW] * ratio) for part in (face, points)]
        # a chin may sink onto the neck; at the sides a face ends where it ends
        self._chin = _filled(np.vstack([points[_CHIN], face[_LIPS]]) * ratio)
        self._lips = _filled(np.vstack([face[_LIPS], points[_LIPS]]) * ratio)
        reach = max(1, round(LIP_MARGIN * face_width(face * ratio)))
        self._lips = cv2.dilate(self._lips, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        self._soft = FEATHER * face_width(face * ratio) / 4
        self._ours, self._theirs = (
            cv2.resize(picture, small, interpolation=cv2.INTER_AREA).astype(np.float32)
            for picture in (drawn, image)
        )

    def shift(self) -> Floats:
        """What to add to the drawn so that its skin meets the face's: a smooth field, (GRID, GRID,
        3), from the skin that both show."""
        import cv2

        skin = (self._faces[0] > 0) & (self._faces[1] > 0) & (self._lips == 0) & (self._mask > 0.02)
        # the rim is where a difference would be seen
        worth = np.where(skin, np.where(self._mask < 0.7, 1.0, WITHIN), 0).astype(np.float32)
        gap = np.clip(self._theirs - self._ours, -40, 40) * worth[..., None]
        size = (GRID, GRID)
        total = cv2.resize(gap, size, interpolation=cv2.INTER_AREA)
        count = cv2.resize(worth, size, interpolation=cv2.INTER_AREA)
        wide = GRID / 6
        total, count = cv2.GaussianBlur(total, (0, 0), wide), cv2.GaussianBlur(count, (0, 0), wide)
        return np.asarray(total / (count[..., None] + 1e-3), np.float32)

    def fits(self, shift: Floats) -> Floats:
        """How far what is drawn around the face may be shown, 0..1: a collar or a wall that was
        elsewhere when that mouth was seen may not."""
        import cv2

        small = (MIDDLE, MIDDLE)
        ours = self._ours + cv2.resize(shift, small, interpolation=cv2.INTER_LINEAR)
        off = cv2.blur(np.abs(ours - self._theirs).max(axis=2), (3, 3))
        edge = (self._faces[0] == 0) | ((self._mask < RIM) & (self._lips == 0))
        around = edge & (self._chin == 0)
        fits = np.where(around, np.clip((FOREIGN - off) / (FOREIGN / 2), 0, 1), 1)
        return _blur(fits.astype(np.float32), self._soft)


def _filled(points: Points) -> NDArray[np.uint8]:
    """The hull of points, (MIDDLE, MIDDLE)."""
    import cv2

    plane = np.zeros((MIDDLE, MIDDLE), np.uint8)
    cv2.fillConvexPoly(plane, cv2.convexHull(np.rint(points * 16).astype(np.int32)), 1, shift=4)
    return plane
