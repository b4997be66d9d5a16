"""From the raw numbers of BlazeFace (short range) to face boxes.

Bazarevsky et al. 2019, "BlazeFace"; anchors, decoding and blending of overlapping boxes as in
MediaPipe's face detection graph (128 x 128 input, 896 anchors of size 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

INPUT = 128  # pixels a side
LAYERS = ((16, 2), (8, 6))  # cells a side, anchors a cell
RIGHT_EYE, LEFT_EYE = 2, 3  # rows of a decoded box: centre, size, then six key points
SAME_FACE = 0.3  # boxes that overlap more are one face


def anchors() -> Floats:
    """Centres of the 896 anchors in 0..1 of the input, shape (896, 2) as x, y."""
    grids = []
    for cells, copies in LAYERS:
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), copies, axis=0))
    return np.concatenate(grids).astype(np.float32)


def decode(
    regressors: Floats, logits: Floats, centres: Floats, *, least: float = 0.5
) -> tuple[Floats, Floats]:
    """Faces of one input: (k, 8, 2) rows centre, size, six key points in 0..1, and scores (k,).

    `regressors` (896, 16), `logits` (896,), `centres` from `anchors`. Overlapping boxes are
    blended by score; best first.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    sure = np.flatnonzero(scores >= least)
    boxes = regressors[sure].reshape(-1, 8, 2) / INPUT
    boxes[:, 0] += centres[sure]
    boxes[:, 2:] += centres[sure, None]
    return merge(boxes.astype(np.float32), scores[sure].astype(np.float32))


def merge(boxes: Floats, scores: Floats, *, same: float = SAME_FACE) -> tuple[Floats, Floats]:
    """One box a face: those that overlap the best by more than `same` are averaged by score."""
    kept, best = [], []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        group = left[overlap(boxes[left[0]], boxes[left]) > same]
        if not len(group):  # a box of no area
            group = left[:1]
        weights = scores[group] / scores[group].sum()
        kept.append((boxes[group] * weights[:, None, None]).sum(axis=0))
        best.append(scores[left[0]])
        left = left[~np.isin(left, group)]
    if not kept:
        return np.zeros((0, 8, 2), np.float32), np.zeros(0, np.float32)
    return np.stack(kept).astype(np.float32), np.array(best, np.float32)


def overlap(box: Floats, others: Floats) -> Floats:
    """Intersection over union of a box (8, 2) with each of `others` (k, 8, 2)."""
    low = np.maximum(box[0] - box[1] / 2, others[:, 0] - others[:, 1] / 2)
    high = np.minimum(box[0] + box[1] / 2, others[:, 0] + others[:, 1] / 2)
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(box[1]) + np.prod(others[:, 1], axis=1) - common
    return np.asarray(common / np.maximum(union, 1e-12), np.float32)
