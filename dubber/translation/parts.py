"""A sentence too long for a model, in parts that are not; and the parts' translations as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from dubber.schema import Candidate

CUT_WORDS = 24  # a run of words without a mark is cut after so many
MARKS = re.compile(r"(?<=[,;:।.!?])\s+")

Fits = Callable[[str], bool]


def cut(text: str, fits: Fits) -> list[str]:
    """`text` in as few parts that `fits` as its clauses allow; nothing of it is left out.

    It is cut at marks, else after some words, else (no spaces to cut at) in the middle, until all
    parts fit or are one character long.
    """
    if fits(text):
        return [text]
    parts: list[str] = []
    for clause in MARKS.split(text):
        for piece in _small(clause, fits):
            longer = f"{parts[-1]} {piece}" if parts else piece
            if parts and fits(longer):
                parts[-1] = longer
            else:
                parts.append(piece)
    return parts


def _small(clause: str, fits: Fits) -> list[str]:
    if fits(clause):
        return [clause]
    words = clause.split(" ")
    if len(words) > CUT_WORDS:
        runs = [" ".join(words[n : n + CUT_WORDS]) for n in range(0, len(words), CUT_WORDS)]
    elif len(words) > 1:
        middle = len(words) // 2
        runs = [" ".join(words[:middle]), " ".join(words[middle:])]
    elif len(clause) > 1:
        middle = len(clause) // 2
        runs = [clause[:middle], clause[middle:]]
    else:
        return [clause]
    return [piece for run in runs for piece in _small(run, fits)]


def joined(parts: Sequence[str], answers: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Translations of the whole from those of its parts, best with best, as many as the part with
    the fewest has. A score is weighed by its part's length."""
    if len(parts) == 1:
        return list(answers[0])
    weights = [max(1, len(part)) for part in parts]
    return [
        Candidate(
            " ".join(candidate.text for candidate in way if candidate.text),
            sum(c.score * w for c, w in zip(way, weights, strict=True)) / sum(weights),
        )
        for way in zip(*answers, strict=False)
    ]
