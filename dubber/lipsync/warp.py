"""Laying one picture of a face on another: by its rigid points, then by its lips, in one step."""

from __future__ import annotations

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
from dubber.lipsync.shape import OPENING, WIDTH, measure, units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

_RIGID = places(RIGID)
_INNER, _OUTER = places(LIPS_INNER), places(LIPS_OUTER)
_UPPER_INNER = places((191, 80, 81, 82, 13, 312, 311, 310, 415))  # each above its partner
_LOWER_INNER = places((95, 88, 178, 87, 14, 317, 402, 318, 324))
_UPPER_OUTER = places((409, 270, 269, 267, 0, 37, 39, 40, 185))
_LOWER_OUTER = places((146, 91, 181, 84, 17, 314, 405, 321, 375))
_CORNERS = places((61, 291, 78, 308))
_CHIN = places((18, 200, 199, 175, 152, 148, 377, 176, 400))
#: How far below the upper lip's share each part moves when the mouth opens by 1.
_UPPER_SHARE, _LOWER_SHARE, _CHIN_SHARE = 0.2, 0.8, 0.5
_FIXED = places((*CHEEKS, 98, 327, 2, *JAW[1:6], *JAW[-6:-1]))
_MOVED = np.concatenate([_INNER, _OUTER, _CHIN])
_CONTROL = np.unique(np.concatenate([_MOVED, _FIXED, places(MIDLINE)]))
NEVER_QUITE = 0.94  # of the gap that is closed: two points cannot lie on one
GRID = 28  # cells a side in which the bending is worked out


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """The turn, scale and shift (2, 3) that lays `source` on `target` (n, 2) best (Umeyama)."""
    a, b = source.mean(axis=0), target.mean(axis=0)
    p, q = (source - a).astype(np.float64), (target - b).astype(np.float64)
    norm = max(float((p**2).sum()), 1e-9)
    cos = float((p * q).sum()) / norm
    sin = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum()) / norm
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, b - turn @ a])


def aligned(source: Points, target: Points) -> NDArray[np.float64]:
    """As `similarity`, of two faces' kept landmarks, by those that do not move with the mouth."""
    return similarity(source[_RIGID], target[_RIGID])


def moved(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def steady(points: Points) -> Points:
    """Landmarks (n, k, 2) with the network's tremble taken out: a (1 2 1)/4 mean over time.

    It does not lag; where the face jumps it keeps what it was given.
    """
    if len(points) < 3:
        return points
    before, here, after = points[:-2], points[1:-1], points[2:]
    mean = (before + 2 * here + after) / 4
    unit = units(points)[1:-1, None, None]
    jump = np.maximum(
        np.linalg.norm(before.mean(axis=1) - here.mean(axis=1), axis=1),
        np.linalg.norm(after.mean(axis=1) - here.mean(axis=1), axis=1),
    )[:, None, None]
    return np.concatenate([points[:1], np.where(jump < 0.12 * unit, mean, here), points[-1:]])


def bent(points: Points, wanted: Floats) -> Points:
    """A face's landmarks with its mouth opened and widened to `wanted` (4,); the rest of the face
    stays. `points` (k, 2)."""
    unit = float(units(points[None])[0])
    has = measure(points[None])[0]
    opening = float(wanted[OPENING] - has[OPENING]) * unit
    wider = float(wanted[WIDTH] / max(has[WIDTH], 1e-6))
    across = points[place(291)] - points[place(61)]
    width = max(float(np.linalg.norm(across)), 1e-6)
    across = across / width
    down = np.array([-across[1], across[0]], np.float32)
    middle = (points[place(61)] + points[place(291)]) / 2
    result = points.copy()
    # how far along the mouth, 0 in its middle and 1 at its corners: the lips part in the middle
    along = (points - middle) @ across / (width / 2)
    bow = np.sqrt(np.clip(1 - along**2, 0, 1))
    gap = points[_LOWER_INNER] - points[_UPPER_INNER]
    if opening < 0:  # every pair of points comes nearer by the same part: lips never cross
        step = min(NEVER_QUITE, -opening / max(float(has[OPENING]) * unit, 1e-6)) * -gap
    else:
        step = (bow[_LOWER_INNER] * opening)[:, None] * down
    result[_UPPER_INNER] -= _UPPER_SHARE * step
    result[_LOWER_INNER] += _LOWER_SHARE * step
    for part, share in ((_UPPER_OUTER, -_UPPER_SHARE), (_LOWER_OUTER, _LOWER_SHARE)):
        result[part] += (bow[part] * share * opening)[:, None] * down
    result[_CHIN] += _CHIN_SHARE * opening * down
    lips = np.concatenate([_INNER, _OUTER])
    result[lips] += (((points[lips] - middle) @ across) * (wider - 1))[:, None] * across
    return result


def _plate(squared: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(squared * np.log(squared + 1e-9))


def bending(source: Points, target: Points, size: tuple[int, int]) -> Floats:
    """For each pixel of a (width, height) picture, where it comes from when landmarks `target`
    (k, 2) shall show what lies at `source`: (height, width, 2), by a thin-plate spline."""
    import cv2

    to, frm = target[_CONTROL].astype(np.float64), source[_CONTROL].astype(np.float64)
    width, height = size
    edge = np.array(
        [[x, y] for x in (0, width / 2, width) for y in (0, height / 2, height)
         if (x, y) != (width / 2, height / 2)]
    )  # fmt: skip
    to, shift = np.vstack([to, edge]), np.vstack([frm - to, np.zeros((len(edge), 2))])
    scale = max(width, height)
    knots = to / scale
    count = len(knots)
    squared = ((knots[:, None] - knots[None]) ** 2).sum(axis=2)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _plate(squared) + 1e-4 * np.eye(count)
    system[:count, count:] = system[count:, :count].T
    flat = np.column_stack([np.ones(count), knots])
    system[:count, count:], system[count:, :count] = flat, flat.T
    weights = np.linalg.solve(system, np.vstack([shift, np.zeros((3, 2))]))
    x, y = np.meshgrid(
        (np.arange(GRID) + 0.5) * width / GRID - 0.5, (np.arange(GRID) + 0.5) * height / GRID - 0.5
    )
    cells = np.column_stack([x.ravel(), y.ravel()]) / scale
    off = (cells**2).sum(axis=1)[:, None] + (knots**2).sum(axis=1) - 2 * cells @ knots.T
    off = np.maximum(off, 0)
    field = (
        _plate(off) @ weights[:count]
        + np.column_stack([np.ones(len(cells)), cells]) @ (weights[count:])
    )
    coarse = field.reshape(GRID, GRID, 2).astype(np.float32)
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2)
    return np.asarray(fine + grid, np.float32)


def redrawn(
    image: Image, points: Points, face: Points, wanted: Floats, size: tuple[int, int]
) -> tuple[Image, Points]:
    """`image` (landmarks `points`) laid on a face with landmarks `face`, its mouth bent to
    `wanted`: a picture of (width, height), and the landmarks in it."""
    import cv2

    matrix = aligned(points, face)
    there = moved(matrix, points)
    asked = bent(there, wanted)
    field = bending(there, asked, size)
    back = cv2.invertAffineTransform(matrix)
    source = (field @ back[:, :2].T + back[:, 2]).astype(np.float32)
    picture = cv2.remap(
        image, source, None, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(picture, np.uint8), asked
