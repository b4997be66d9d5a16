"""Do two sentences share words? A small word-for-word model, learned from the corpus itself.

IBM Model 1 (Brown et al., 1993) on word beginnings, since Indic words carry long endings. It is
only used to tell a pair from a non-pair: a pair is kept if it scores better than most of the same
sentences paired at random.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

ROUNDS = 4
STEM_CHARACTERS = 4
MIN_COUNT = 2  # a word seen once explains anything it stands beside
FLOOR = 1e-4

WORD = re.compile(r"[^\W\d_][\w\u0900-\u097f]*")
Words = tuple[str, ...]


def stems(text: str) -> Words:
    """The words of a sentence in wire form, each cut to its beginning."""
    return tuple(word[:STEM_CHARACTERS].lower() for word in WORD.findall(text))


def word_table(pairs: Sequence[tuple[Words, Words]]) -> dict[str, dict[str, float]]:
    """t[a][b]: the probability that word a is translated by word b."""
    table: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        counts: dict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
        for left, right in pairs:
            for b in right:
                chances = [table[a].get(b, FLOOR) if table else 1.0 for a in left]
                whole = sum(chances)
                for a, chance in zip(left, chances, strict=True):
                    counts[a][b] += chance / whole
        table = {}
        for a, row in counts.items():
            whole = sum(row.values())
            table[a] = {b: n / whole for b, n in row.items() if n / whole > FLOOR}
    return table


def agreement(left: Words, right: Words, table: dict[str, dict[str, float]]) -> float:
    """Mean over the words of `right` of the log of the best probability any of `left` gives it."""
    if not left or not right:
        return math.log(FLOOR)
    return sum(
        math.log(max(max(table.get(a, {}).get(b, FLOOR) for a in left), FLOOR)) for b in right
    ) / len(right)


def aligned(
    pairs: Sequence[tuple[str, str]], *, doubtful: Sequence[bool], seed: int, above: float = 0.9
) -> list[bool]:
    """Which pairs to keep: those not `doubtful`, and doubtful ones that score above the `above`
    quantile of doubtful sentences paired at random. Texts are in wire form.

    Doubtful pairs are scored by tables that never saw them (learned from the sure pairs and the
    other half of the doubtful), or a wrong pair would vouch for itself.
    """
    left, right = _common([stems(a) for a, _ in pairs]), _common([stems(b) for _, b in pairs])
    rng = np.random.default_rng(seed)
    keep = [not doubt for doubt in doubtful]
    places = rng.permutation(np.flatnonzero(np.asarray(doubtful)))
    sure = np.flatnonzero(np.asarray(keep))
    halves = (places[::2], places[1::2])
    for judged, others in (halves, halves[::-1]):
        if len(judged) < 2:
            continue
        learned = [(left[i], right[i]) for i in (*sure, *others)]
        forth = word_table(learned)
        back = word_table([(b, a) for a, b in learned])

        def score(i: int, j: int) -> float:
            return agreement(left[i], right[j], forth) + agreement(right[j], left[i], back)  # noqa: B023 - used in this round only

        strangers = np.roll(judged, 1)
        bar = np.quantile([score(i, j) for i, j in zip(judged, strangers, strict=True)], above)
        for number in judged:
            keep[number] = score(number, number) > bar
    return keep


def _common(sentences: list[Words]) -> list[Words]:
    counts: defaultdict[str, int] = defaultdict(int)
    for words in sentences:
        for word in words:
            counts[word] += 1
    return [tuple(word for word in words if counts[word] >= MIN_COUNT) for words in sentences]
