"""Encoded pairs on disk, and the batches drawn from them.

A data folder holds `data.json` (what it is), `tokens.npy` (all tokens, one after the other, uint16)
and `pairs.npy` (one row a pair: where its two sides start and end, its direction's two languages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COPIED_TOKENS = 12  # of a sentence to be copied: where to look is learned on short ones first
Shuffle = Callable[[NDArray[np.int64]], NDArray[np.int64]]

#: Columns of `pairs.npy`.
START_A, START_B, END, LANGUAGE_A, LANGUAGE_B, CORPUS = range(6)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """tokens (n,), pairs (m, 6); `languages` and `corpora` give names to the last columns."""

    tokens: NDArray[np.uint16]
    pairs: NDArray[np.int64]
    languages: tuple[str, ...]
    corpora: tuple[str, ...]

    def save(self, folder: Path) -> None:
        np.save(folder / "tokens.npy", self.tokens, allow_pickle=False)
        np.save(folder / "pairs.npy", self.pairs, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, *, languages: tuple[str, ...], corpora: tuple[str, ...]) -> Encoded:
        return cls(
            np.load(folder / "tokens.npy", allow_pickle=False),
            np.load(folder / "pairs.npy", allow_pickle=False),
            languages,
            corpora,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """source (B, S) and target (B, T + 1) token ids; target begins with bos, ends with eos."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]

    @property
    def tokens(self) -> int:
        """Target tokens, padding included."""
        return int(self.target.size)


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids with a meaning; `tags` are the target languages' own."""

    pad: int
    bos: int
    eos: int
    tags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How often a direction and a corpus are drawn. A direction's chance is its weight times its
    number of pairs to the power of `temperature`; a corpus multiplies its pairs' chances."""

    temperature: float = 0.6
    directions: Mapping[str, float] | None = None  # "hi-ta", "hi-*", "*-en"; the first that fits
    corpora: Mapping[str, float] | None = None
    #: Share of pairs that are a target in random order, to be copied. No language model can guess
    #: it, so that the decoder must learn to look at the source.
    copies: float = 0.08
    batch_tokens: int = 3000
    pool: int = 4096  # pairs drawn at a time, then sorted by length into batches

    def weight(self, source: str, target: str) -> float:
        rules = self.directions or {}
        for name in (f"{source}-{target}", f"{source}-*", f"*-{target}"):
            if name in rules:
                return rules[name]
        return 0.0


class Drawer:
    """Draws batches without end; the same seed and step give the same batch."""

    def __init__(
        self, data: Encoded, specials: Specials, sampling: Sampling, *, seed: int, skip: int = 0
    ) -> None:
        self._data, self._specials, self._sampling = data, specials, sampling
        self._seed, self._round = seed, skip
        self._rows, self._flip, self._chances = self._directions()

    @property
    def round(self) -> int:
        """Pools drawn so far; give it as `skip` to go on from there."""
        return self._round

    def _directions(self) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
        pairs, names = self._data.pairs, self._data.languages
        factors = self._sampling.corpora or {}
        by_corpus = np.array([factors.get(name, 1.0) for name in self._data.corpora])
        rows, flips, chances = [], [], []
        for a in range(len(names)):
            for b in range(len(names)):
                own = np.flatnonzero((pairs[:, LANGUAGE_A] == a) & (pairs[:, LANGUAGE_B] == b))
                for flip, (source, target) in ((False, (a, b)), (True, (b, a))):
                    weight = self._sampling.weight(names[source], names[target])
                    if not len(own) or not weight:
                        continue
                    share = by_corpus[pairs[own, CORPUS]]
                    whole = weight * share.sum() ** self._sampling.temperature
                    rows.append(own)
                    flips.append(np.full(len(own), flip))
                    chances.append(whole * share / share.sum())
        chance = np.concatenate(chances)
        return np.concatenate(rows), np.concatenate(flips), chance / chance.sum()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            rng = np.random.default_rng((self._seed, self._round))
            self._round += 1
            drawn = rng.choice(len(self._rows), self._sampling.pool, p=self._chances)
            yield from self._batches(drawn, rng)

    def _batches(self, drawn: NDArray[np.int64], rng: np.random.Generator) -> Iterator[Batch]:
        copied = rng.random(len(drawn)) < self._sampling.copies
        sides = [
            self._sides(int(number), shuffle=rng.permutation if copy else None)
            for number, copy in zip(drawn, copied, strict=True)
        ]
        lengths = np.array([max(len(source), len(target)) for source, target in sides])
        order = np.argsort(lengths + rng.random(len(lengths)), kind="stable")
        groups: list[list[int]] = [[]]
        for number in order:
            if groups[-1] and (len(groups[-1]) + 1) * lengths[number] > self._sampling.batch_tokens:
                groups.append([])
            groups[-1].append(int(number))
        for place in rng.permutation(len(groups)):
            yield self._batch([sides[number] for number in groups[place]])

    def _sides(
        self, number: int, *, shuffle: Shuffle | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        row = self._data.pairs[self._rows[number]]
        a = self._data.tokens[row[START_A] : row[START_B]].astype(np.int64)
        b = self._data.tokens[row[START_B] : row[END]].astype(np.int64)
        source, target = (b, a) if self._flip[number] else (a, b)
        if shuffle is not None:
            source = target = shuffle(target)[:COPIED_TOKENS]
        column = LANGUAGE_A if self._flip[number] else LANGUAGE_B
        special = self._specials
        tag = special.tags[self._data.languages[row[column]]]
        return (
            np.concatenate([[tag], source, [special.eos]]),
            np.concatenate([[special.bos], target, [special.eos]]),
        )

    def _batch(self, sides: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> Batch:
        return Batch(
            _padded([source for source, _ in sides], self._specials.pad),
            _padded([target for _, target in sides], self._specials.pad),
        )


def _padded(rows: list[NDArray[np.int64]], pad: int) -> NDArray[np.int64]:
    whole = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    for number, row in enumerate(rows):
        whole[number, : len(row)] = row
    return whole
