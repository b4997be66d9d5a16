"""Which source token a target token comes from: a table that tells the decoder where to look.

A word-for-word model (IBM Model 1, Brown et al. 1993) over vocabulary pieces is learned from the
prepared pairs; while the network is trained, one head of its last cross-attention is drawn towards
it (guided alignment: Chen et al. 2016, "Guided Alignment Training for Topic-Aware NMT"). From
little text a decoder else learns to write its language long before it learns to read the source.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dubber.protocols import Progress, silent
from dubber.translation.batches import END, START_A, START_B, Encoded

ROUNDS = 4
MOST_TOKENS = 32  # a side; in longer pairs anything explains anything
NULL = 2e-3  # what a source of no word explains
DIAGONAL = 4.0  # how steeply chances fall away from the same place in the sentence

Table = NDArray[np.float32]


def token_table(
    data: Encoded, vocabulary: int, *, rounds: int = ROUNDS, progress: Progress = silent
) -> Table:
    """t[a, b]: the probability that token a is translated by token b, (vocabulary, vocabulary),
    over every pair in both directions."""
    groups = _by_lengths(data)
    table = np.full((vocabulary, vocabulary), 1.0 / vocabulary, dtype=np.float32)
    for number in range(rounds):
        counts = np.zeros_like(table)
        for left, right in groups:
            for a, b in ((left, right), (right, left)):
                chances = table[a[:, :, None], b[:, None, :]] * _near(a.shape[1], b.shape[1])
                chances /= chances.sum(axis=1, keepdims=True) + NULL
                np.add.at(counts, (a[:, :, None], b[:, None, :]), chances)
        table = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-6)
        progress(number + 1, rounds)
    return table


def aims(table: Table, source: NDArray[np.int64], target: NDArray[np.int64]) -> Table:
    """Where each token of target (B, T) should look in source (B, S): (B, T, S), each row summing
    to how sure the table is, at most 1."""
    chances = (
        table[source[:, None, :], target[:, :, None]] * _near(source.shape[1], target.shape[1]).T
    )
    looked: Table = chances / (chances.sum(axis=2, keepdims=True) + NULL)
    return looked


def _near(a: int, b: int) -> Table:
    """How likely two places are to belong together by where they stand alone, (a, b)."""
    away = np.abs(np.linspace(0, 1, a)[:, None] - np.linspace(0, 1, b)[None])
    return np.exp(-DIAGONAL * away).astype(np.float32)


def _by_lengths(data: Encoded) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The pairs' tokens, those of equal lengths together: [(n, a), (n, b)] …"""
    pairs = data.pairs
    a = pairs[:, START_B] - pairs[:, START_A]
    b = pairs[:, END] - pairs[:, START_B]
    short = np.flatnonzero((a <= MOST_TOKENS) & (b <= MOST_TOKENS))
    order = short[np.argsort(a[short] * (MOST_TOKENS + 1) + b[short], kind="stable")]
    keys = a[order] * (MOST_TOKENS + 1) + b[order]
    groups = []
    for rows in np.split(order, np.flatnonzero(np.diff(keys)) + 1):
        for first in range(0, len(rows), 2000):
            some = rows[first : first + 2000]
            left = pairs[some, START_A, None] + np.arange(a[some[0]])
            right = pairs[some, START_B, None] + np.arange(b[some[0]])
            groups.append((data.tokens[left].astype(np.int64), data.tokens[right].astype(np.int64)))
    return groups
