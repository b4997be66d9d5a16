"""Mouths made from one: of a face that is seen with a single mouth the others are bent.

Closed lips get the colour of lips where teeth were; an open mouth is dark inside, with upper teeth
that move along with the upper lip: those that the face shows, or plain ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.points import JAW, LIPS_INNER, LIPS_OUTER, place, places
from dubber.lipsync.shape import OPENING, SMILE, MouthRange, is_still, measure, units
from dubber.lipsync.warp import bending, bent
from dubber.protocols import FacePatch, LipRenderer, MouthPainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

_INNER, _OUTER, _JAW = places(LIPS_INNER), places(LIPS_OUTER), places(JAW)
_UPPER = places((191, 80, 81, 82, 13, 312, 311, 310, 415))  # the upper lip's inner edge
INSIDE = np.array([26, 20, 44], np.float32)  # blue, green, red of a dark mouth
DIM = 0.85  # teeth in an open mouth, beside those of a smile
CLOSED_LIPS = 0.82  # what shows between closed lips, beside the lips
FULL = 0.11  # of the face unit: the opening from which the inside is seen as it is
SOFT = 0.028  # of the face unit: the edges of lips
TEETH = 0.11  # of the face unit: how far plain teeth reach below the lip
PALE, GREY = 0.82, 0.6  # plain teeth: beside the face's brightness, and how far without its colour
OPENINGS, WIDTHS = 10, (-1.0, 0.0, 1.0)  # of the range, of which mouths are made


def opened(face: FacePatch, wanted: Floats) -> FacePatch:
    """`face` with a mouth of the shape `wanted` (4,)."""
    import cv2

    patch, points = face.image, face.points
    asked = bent(points, wanted)
    field = bending(points, asked, (patch.shape[1], patch.shape[0]))
    lips = cv2.remap(
        _toothless(patch, points), field, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    seen = min(1.0, float(wanted[OPENING]) / FULL)
    return FacePatch(_with_inside(patch, points, lips, asked, seen), asked)


def _toothless(patch: Image, points: Points) -> Image:
    """The mouth with the colour of its lips where the teeth are: what closed lips shall show."""
    import cv2

    soft = SOFT * float(units(points[None])[0])
    inner = _polygon(patch.shape, points[_INNER])
    outer = _polygon(patch.shape, points[_OUTER])
    lip = np.median(patch[(outer > 0) & (inner == 0)], axis=0) * CLOSED_LIPS
    share = cv2.GaussianBlur(cv2.dilate(inner, np.ones((3, 3))), (0, 0), soft)[..., None]
    return np.asarray(np.clip(patch + share * (lip - patch), 0, 255), np.uint8)


def _with_inside(patch: Image, points: Points, lips: Image, asked: Points, seen: float) -> Image:
    """`lips` with what is between them, the dark and the upper teeth, as far as it is `seen`."""
    import cv2

    unit = float(units(points[None])[0])
    soft = SOFT * unit
    between = cv2.GaussianBlur(_polygon(lips.shape, asked[_INNER]), (0, 0), soft)[..., None]
    shows = measure(points[None])[0][OPENING] > SMILE
    teeth, upper = (_own_teeth if shows else _plain_teeth)(patch, points, asked)
    inside = INSIDE + cv2.GaussianBlur(upper, (0, 0), soft)[..., None] * (teeth - INSIDE)
    share = between * seen
    return np.asarray(np.clip(lips + share * (inside - lips), 0, 255), np.uint8)


def _own_teeth(patch: Image, points: Points, asked: Points) -> tuple[Floats, Floats]:
    """The teeth that the face shows, where its upper lip has taken them, and where they are."""
    import cv2

    shift = asked[place(13)] - points[place(13)]
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    size = (patch.shape[1], patch.shape[0])
    teeth = cv2.warpAffine(patch, move, size, flags=cv2.INTER_CUBIC).astype(np.float32)
    return DIM * teeth, _polygon(patch.shape, points[_INNER] + shift)


def _plain_teeth(patch: Image, points: Points, asked: Points) -> tuple[Floats, Floats]:
    """Teeth of the brightness of the face, darker towards the corners of the mouth, and where they
    are: a band below the upper lip."""
    unit = float(units(points[None])[0])
    across = asked[place(291)] - asked[place(61)]
    width = max(float(np.linalg.norm(across)), 1e-6)
    across = across / width
    down = np.array([-across[1], across[0]], np.float32)
    edge = asked[_UPPER]
    along = (edge - (asked[place(61)] + asked[place(291)]) / 2) @ across / (width / 2)
    reach = TEETH * unit * np.sqrt(np.clip(1 - along**2, 0, 1))
    band = _polygon(patch.shape, np.vstack([edge, (edge + reach[:, None] * down)[::-1]]))
    skin = np.median(patch[_polygon(patch.shape, points[_JAW]) > 0], axis=0)
    pale = PALE * (GREY * skin.mean() + (1 - GREY) * skin)
    x, y = np.meshgrid(np.arange(patch.shape[1]), np.arange(patch.shape[0]))
    off = np.stack([x, y], axis=2).astype(np.float32) - asked[place(13)]
    shade = 1 - 0.55 * np.clip(np.abs(off @ across) / (width / 2), 0, 1) ** 2
    return np.asarray(pale * shade[..., None], np.float32), band


def _polygon(shape: tuple[int, ...], points: Points) -> Floats:
    import cv2

    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 1, shift=4)
    return mask.astype(np.float32)


class Opener:
    """A LipRenderer that shows another one mouths it has made, of people who have only one."""

    def __init__(self, renderer: LipRenderer) -> None:
        self.name = renderer.name
        self._renderer = renderer

    def choose(self, frames: Ints, shapes: Points, yaw: Points, *, most: int) -> NDArray[np.intp]:
        if not is_still(shapes):
            return self._renderer.choose(frames, shapes, yaw, most=most)
        return np.array([np.abs(yaw).argmin()], np.intp)

    def meet(
        self, faces: Sequence[FacePatch], frames: Ints, shapes: Points, yaw: Points
    ) -> MouthPainter:
        if not is_still(shapes):
            return self._renderer.meet(faces, frames, shapes, yaw)
        made = made_of(faces[0], MouthRange.of(shapes))
        numbers = np.arange(len(made), dtype=np.int32)
        has = measure(np.stack([face.points for face in made]))
        return self._renderer.meet(made, numbers, has, np.full(len(made), yaw[0], np.float32))


def made_of(face: FacePatch, usual: MouthRange) -> list[FacePatch]:
    """Mouths of all that `usual` spans, each a little unlike the one before."""
    made = []
    for number, sway in enumerate(WIDTHS):
        parts = np.linspace(0, 1, OPENINGS)
        asked = np.column_stack(
            [parts if number % 2 == 0 else parts[::-1], np.full(OPENINGS, sway)]
        )
        made += [opened(face, shape) for shape in usual.shapes(asked.astype(np.float32))]
    return made
