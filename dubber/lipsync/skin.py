"""What lies before a mouth: a hand, a microphone. The landmark network guesses the lips behind it
and is as sure as ever, so the skin around the mouth is watched instead.

A few places of the lower face are compared with what they usually are in the shot, after the upper
face has told how the light changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

#: MediaPipe's numbers: cheeks, below the nose, chin, jaw; and the bridge of the nose.
LOWER = (50, 205, 187, 280, 425, 411, 164, 18, 200, 199, 175, 148, 377, 136, 365)
UPPER = (168, 6, 197, 195, 5, 4)
SPOT = 0.05  # of the face's width: what a place's colour is the mean of
CHANGED = 4  # places that differ make a cover; fewer are a shadow, or stubble in another light
DIFFERENT = 12.0  # levels (10 GRID clips: never above 9; a drawn hand or microphone: above 15)
TIMES = 3.0  # … and so many times what is usual in the shot
SOFT = 0.25  # part of that threshold over which a face passes from seen to covered
BLOCK = 1500  # frames that are compared with each other


def colours(image: Image, landmarks: Points) -> Floats:
    """Of the places of a face, (len(LOWER) + len(UPPER), 3); `landmarks` (478, 3)."""
    import cv2

    flat = landmarks[:, :2]
    width = float(np.linalg.norm(flat[234] - flat[454]))
    size = max(3, round(SPOT * width) | 1)
    height, across = image.shape[:2]
    low = np.clip(flat.min(axis=0) - size, 0, (across - 2, height - 2)).astype(int)
    high = np.clip(flat.max(axis=0) + size, low + 2, (across, height)).astype(int)
    cut = image[low[1] : high[1], low[0] : high[0]]
    soft = cv2.blur(cut, (size, size), borderType=cv2.BORDER_REPLICATE)
    spots = np.rint(flat[list((*LOWER, *UPPER))] - low).astype(int)
    spots = np.clip(spots, 0, (cut.shape[1] - 1, cut.shape[0] - 1))
    return np.asarray(soft[spots[:, 1], spots[:, 0]], np.float32)


def clearness(seen: Floats) -> Floats:
    """How far the mouth is free in each of (n, places, 3) frames of one face, 0..1: (n,)."""
    parts = [_clear(seen[first : first + BLOCK]) for first in range(0, len(seen), BLOCK)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _clear(seen: Floats) -> Floats:
    lower, upper = seen[:, : len(LOWER)], seen[:, len(LOWER) :]
    light = upper.mean(axis=1, keepdims=True) + 1  # (n, 1, 3)
    lower = lower * (np.median(light, axis=0) / light)
    off = np.abs(lower - np.median(lower, axis=0)).mean(axis=2)
    change = np.sort(off, axis=1)[:, -CHANGED]
    most = max(DIFFERENT, TIMES * float(np.median(change)))
    return np.asarray(np.clip((most - change) / (SOFT * most) + 1, 0, 1), np.float32)
