"""Where to look: words that go together find each other, whatever else stands beside them."""

from __future__ import annotations

import numpy as np
import pytest

from dubber.translation.batches import Encoded
from dubber.translation.guide import aims, token_table

WORDS = 12  # tokens 0..11 of one language; their translations are 12 higher


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    lot = np.random.default_rng(1)
    tokens: list[int] = []
    rows = []
    for _ in range(400):
        said = lot.permutation(WORDS)[: lot.integers(3, 7)]
        start = len(tokens)
        tokens += [*said, *(said + WORDS)]
        rows.append((start, start + len(said), len(tokens), 0, 1, 0))
    data = Encoded(np.array(tokens, np.uint16), np.array(rows, np.int64), ("hi", "ta"), ("c",))
    return token_table(data, 2 * WORDS)


def test_each_word_finds_its_translation_in_both_directions(table: np.ndarray) -> None:
    assert list(table[:WORDS].argmax(axis=1)) == list(range(WORDS, 2 * WORDS))
    assert list(table[WORDS:].argmax(axis=1)) == list(range(WORDS))


def test_a_target_token_looks_at_its_source_and_padding_at_nothing(table: np.ndarray) -> None:
    unused = 2 * WORDS - 1
    source, target = np.array([[3, 1, 2]]), np.array([[WORDS + 1, WORDS + 3, unused]])
    looked = aims(table, source, target)
    assert looked.shape == (1, 3, 3)
    assert list(looked[0].argmax(axis=1)[:2]) == [1, 0]
    assert looked[0, :2].sum(axis=1) == pytest.approx([1, 1], abs=0.1)
    assert looked[0, 2].sum() < 0.5
