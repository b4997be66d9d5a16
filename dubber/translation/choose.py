"""Which of several translations is spoken: the one that means the same and takes the same time.

A translator's candidates are weighed in one coin, natural-log probability a token: what the model
gives, less what a candidate costs by being too long or too short for its slot, by losing numbers
and by losing a glossary's terms. A segment of several sentences is weighed as a whole: a short
first sentence may pay for a long second one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dubber.config import ChoiceOptions
from dubber.languages import Language
from dubber.schema import Candidate, Choice, Slot, Weighed
from dubber.text.glossary import missing
from dubber.text.numbers import numbers_lost, numbers_meant
from dubber.text.spoken import spoken_form
from dubber.text.syllables import count

ONSET_SECONDS = 0.3  # what a voice needs besides its syllables: it begins and ends (benchmarks)
MAX_SUMS = 256  # lengths that are kept in sight while sentences are joined


def seconds_of(syllables: int, language: Language, *, pace: float = 1.0) -> float:
    """How long a voice of `language` takes for so many syllables; `pace` 1.25 is a voice that is
    quicker than the pack's rate by a quarter."""
    return ONSET_SECONDS + syllables / (language.syllables_per_second * pace) if syllables else 0.0


def misfit(seconds: float, slot: Slot, *, tolerance: float) -> float:
    """The natural log of how far a length is beyond what its slot bears: 0.0 where it fits.

    Too long is over `tolerance` times the slot with the silence it may borrow; too short is under
    its own time divided by `tolerance`.
    """
    if not seconds:
        return 0.0
    own, room = slot.end - slot.start, slot.limit - slot.start
    over = math.log(seconds / max(room, ONSET_SECONDS))
    under = math.log(max(own, ONSET_SECONDS) / seconds)
    return max(0.0, over - math.log(tolerance), under - math.log(tolerance))


@dataclass(frozen=True)
class Judge:
    """Weighs translations from `source` to `target`; `terms` are a glossary's, `pronunciations`
    how they are said, `pace` the voice's (`seconds_of`); under confidence `doubtful` the
    translator is not to be trusted."""

    source: Language
    target: Language
    options: ChoiceOptions
    terms: Mapping[str, str]
    pronunciations: Mapping[str, str]
    pace: float = 1.0
    doubtful: float = 0.0

    def choose(
        self, sentences: Sequence[str], answers: Sequence[Sequence[Candidate]], slot: Slot
    ) -> tuple[list[Candidate], Choice]:
        """Whole translations of a segment, the best first, and why.

        `answers` holds the candidates of each of its `sentences`, best by the model first, none
        empty; there is at least one sentence. At most `options.n_best` come back, all different.
        """
        segment = _Segment(self, sentences)
        parts = [
            [segment.part(n, candidate) for candidate in candidates]
            for n, candidates in enumerate(answers)
        ]
        weighed: dict[str, Candidate] = {}
        for part in _joined(parts):
            candidate = self._weighed(part, slot)
            known = weighed.get(candidate.text)
            if known is None or _total(known) < _total(candidate):
                weighed[candidate.text] = candidate
        best = sorted(weighed.values(), key=lambda candidate: -_total(candidate))
        first = self._weighed(_plus([candidates[0] for candidates in parts]), slot)
        return best[: max(1, self.options.n_best)], self._choice(best[0], first, slot)

    def _weighed(self, part: _Part, slot: Slot) -> Candidate:
        seconds = seconds_of(part.syllables, self.target, pace=self.pace)
        cost = self.options.length * misfit(seconds, slot, tolerance=self.options.tolerance)
        total = part.worth - cost
        why = Weighed(seconds, part.numbers, part.terms, total)
        text = re.sub(r"\s+", " ", " ".join(part.texts)).strip()
        return Candidate(text, part.score, why)

    def _choice(self, best: Candidate, first: Candidate, slot: Slot) -> Choice:
        own, room = slot.end - slot.start, slot.limit - slot.start
        return Choice(round(own, 3), round(room, 3), _reason(best, first, slot, self.options))


@dataclass(frozen=True, slots=True)
class _Part:
    """Candidates of some of a segment's sentences, one of each. `score` is its share of the mean
    log-probability; `numbers` and `terms` the shares kept of the segment's; `worth` the sum."""

    texts: tuple[str, ...] = ()
    syllables: int = 0
    score: float = 0.0
    numbers: float = 1.0
    terms: float = 1.0
    worth: float = 0.0


@dataclass(frozen=True)
class _Segment:
    """What the candidates of one segment's sentences are measured against."""

    judge: Judge
    sentences: Sequence[str]

    @cached_property
    def _numbers(self) -> int:
        return sum(len(numbers_meant(sentence, self.judge.source)) for sentence in self.sentences)

    @cached_property
    def _terms(self) -> int:
        return sum(len(missing(sentence, "", self.judge.terms)) for sentence in self.sentences)

    @cached_property
    def _letters(self) -> int:
        return sum(max(1, len(sentence)) for sentence in self.sentences)

    def part(self, number: int, candidate: Candidate) -> _Part:
        """A candidate of sentence `number`, as its part of the whole."""
        judge, sentence = self.judge, self.sentences[number]
        lost_numbers = lost_terms = 0.0
        if self._numbers:
            lost = numbers_lost(sentence, candidate.text, judge.source, judge.target)
            lost_numbers = len(lost) / self._numbers
        if self._terms:
            lost_terms = len(missing(sentence, candidate.text, judge.terms)) / self._terms
        said = spoken_form(candidate.text, judge.target, pronunciations=judge.pronunciations)
        score = candidate.score * max(1, len(sentence)) / self._letters
        return _Part(
            (candidate.text,),
            count(said, judge.target),
            score,
            1.0 - lost_numbers,
            1.0 - lost_terms,
            score - judge.options.numbers * lost_numbers - judge.options.terms * lost_terms,
        )


def _joined(parts: Sequence[Sequence[_Part]]) -> list[_Part]:
    """One candidate of each sentence, in all ways that may be best: of ways that are equally long
    up to the sentence before the last, the worthiest goes on."""
    sums = [_Part()]
    for number, own in enumerate(parts):
        ways = [_plus([before, part]) for before in sums for part in own]
        if number + 1 == len(parts):
            return ways
        longest: dict[int, _Part] = {}
        for way in sorted(ways, key=lambda way: -way.worth):
            longest.setdefault(way.syllables, way)
        sums = list(longest.values())[:MAX_SUMS]
    return sums


def _plus(parts: Sequence[_Part]) -> _Part:
    return _Part(
        tuple(text for part in parts for text in part.texts),
        sum(part.syllables for part in parts),
        sum(part.score for part in parts),
        1.0 - sum(1.0 - part.numbers for part in parts),
        1.0 - sum(1.0 - part.terms for part in parts),
        sum(part.worth for part in parts),
    )


def _total(candidate: Candidate) -> float:
    return candidate.weighed.total if candidate.weighed else candidate.score


def _reason(best: Candidate, first: Candidate, slot: Slot, options: ChoiceOptions) -> str:
    """In a few words: what the chosen one has over the model's first."""
    mine, other = best.weighed, first.weighed
    if best.text == first.text or mine is None or other is None:
        return "the model's first"
    gains = []
    if mine.numbers > other.numbers:
        gains.append("keeps more of the numbers")
    if mine.terms > other.terms:
        gains.append("keeps more of the glossary")
    near, far = (misfit(w.seconds, slot, tolerance=options.tolerance) for w in (mine, other))
    if near < far:
        gains.append(f"fits better ({mine.seconds:.1f} s, the model's first {other.seconds:.1f} s)")
    return ", ".join(gains) or "more probable as a whole"


def confidence_of(candidate: Candidate) -> float:
    """0 to 1: the geometric mean of the probabilities the model gave its tokens."""
    return min(1.0, math.exp(candidate.score))
