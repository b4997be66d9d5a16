"""Who is who: the same person in another shot, or after they left and came back.

A face is told by the directions of the edges in its upper part (histograms of oriented gradients:
Dalal and Triggs 2005), turned level; the mouth's part is left out. Coarse, and meant for the few
people of one film: in doubt they are two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.warp import similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

SIDE = 64  # pixels of the level face
CELLS, ROWS = 8, 6  # cells a side, and those of them above the mouth
DIRECTIONS = 8
#: Where the eyes' middles and the tip of the nose come to lie.
MARKS = np.array([[20, 26], [44, 26], [32, 44]], np.float32)
FLAT = 3.0  # strength of an edge below which it hardly counts
TURNED = 25.0  # degrees of yaw beyond which a face is not looked at
LEAST_PIXELS = 40  # width of a face that can be told
SAME = 0.91  # cosine: GRID's six people: 0.887 at most between two, 0.926 at least within one


def look(image: Image, landmarks: Points) -> Floats:
    """How a face looks, (ROWS * CELLS * DIRECTIONS,), of length 1; `landmarks` (478, 3)."""
    import cv2

    flat = landmarks[:, :2]
    marks = np.stack([flat[[33, 133]].mean(axis=0), flat[[362, 263]].mean(axis=0), flat[2]])
    cut = cv2.warpAffine(
        image, similarity(marks.astype(np.float32), MARKS), (SIDE, SIDE), flags=cv2.INTER_AREA
    )
    grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.0)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    angle = (np.arctan2(down, across) % np.pi) / np.pi * DIRECTIONS
    half = DIRECTIONS / 2
    shares = [
        strength * np.clip(1 - np.abs((angle - k + half) % DIRECTIONS - half), 0, 1)
        for k in range(DIRECTIONS)
    ]
    cells = np.stack(
        [cv2.resize(share, (CELLS, CELLS), interpolation=cv2.INTER_AREA) for share in shares],
        axis=2,
    )
    around = np.sqrt(cv2.blur((cells**2).sum(axis=2), (3, 3)))[..., None] + FLAT
    signs = np.sqrt(cells / around)[:ROWS].ravel()
    return np.asarray(signs / max(float(np.linalg.norm(signs)), 1e-6), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A track: the frames it spans, how many frames it is seen in, and the mean of its looks (or
    None if it was never looked at)."""

    first: int
    last: int
    count: int
    look: Floats | None


def people(sightings: Sequence[Sighting]) -> list[int]:
    """A number for each track, equal for one person; numbered by first appearance.

    Long tracks are placed first; two that are seen at the same time are never one person.
    """
    persons: list[list[int]] = []
    for number in sorted(range(len(sightings)), key=lambda n: (-sightings[n].count, n)):
        best, most = None, SAME
        for person in persons:
            if any(_together(sightings[number], sightings[other]) for other in person):
                continue
            alike = _alike(sightings[number], [sightings[other] for other in person])
            if alike >= most:
                best, most = person, alike
        if best is None:
            persons.append([number])
        else:
            best.append(number)
    persons.sort(key=lambda person: min(sightings[n].first for n in person))
    found = [0] * len(sightings)
    for name, person in enumerate(persons):
        for number in person:
            found[number] = name
    return found


def _together(one: Sighting, other: Sighting) -> bool:
    return one.first <= other.last and other.first <= one.last


def _alike(one: Sighting, known: Sequence[Sighting]) -> float:
    """Cosine with the mean look of a person's tracks, the longer ones counting more."""
    looks = [(other.look, other.count) for other in known if other.look is not None]
    if one.look is None or not looks:
        return -1.0
    mean = sum(look * count for look, count in looks)
    scale = float(np.linalg.norm(mean)) * float(np.linalg.norm(one.look))
    return float(mean @ one.look) / max(scale, 1e-9)
