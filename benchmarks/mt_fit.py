"""Does the translation that is chosen fit its slot better than the model's first, and at what cost?

    python -m benchmarks mt_fit FOLDER [FOLDER…] [--src hi] [--tgt ta] [--mt compact[:MODEL]]
                                [--tts espeak] [--limit 250] [--sweep] [--doubt]

A FOLDER is corpus/spoken (its held-out part) or holds LANGUAGE.txt files of equal lines. A
sentence's slot is as long as the voice needs for the source, and borrows no silence. What is
translated is then spoken by the voice, and its real length counts:

    short enough  at most 1.2 times the slot: the voice need not hurry more than nobody notices
    fits          that, and at least the slot / 1.2: the mouth does not move in silence

`--sweep` shows the shares and chrF++ for other costs of length, by predicted lengths; `--doubt`
the chrF++ of sentences by the model's confidence, and the confidence under which a translation is
doubtful: where the held-out sentences up to it score under 25, which is seldom a translation. It is
what `registry.py` says of the engine.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from benchmarks._measure import signature
from dubber import languages
from dubber.config import ChoiceOptions
from dubber.protocols import Synthesizer, Translator
from dubber.registry import choose, open_engine
from dubber.schema import Candidate, Slot
from dubber.text.spoken import spoken_form
from dubber.translation.choose import Judge, confidence_of
from dubber.translation.score import chrf, read_set
from dubber.translation.wire import plain

BATCH_SENTENCES = 16
WITHIN = 1.2
COSTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
STEPS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.01)
DOUBTFUL_CHRF = 25.0
FEWEST = 25  # sentences that a score is taken of


@dataclass(frozen=True)
class Line:
    """A sentence, what it should become, what the model offers, and the seconds it has."""

    source: str
    wanted: str
    offers: list[Candidate]
    slot: Slot


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mt_fit", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--src", default="hi")
    parser.add_argument("--tgt", default="ta")
    parser.add_argument("--mt", default="")
    parser.add_argument("--tts", default="espeak")
    parser.add_argument("--limit", type=int, default=250, help="sentences of each folder")
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--doubt", action="store_true")
    options = parser.parse_args(arguments)

    choice = choose("mt", options.mt, "offline")
    translator: Translator = open_engine(choice)
    voice = Voice(open_engine(choose("tts", options.tts, "offline")))
    judge = Judge(languages.get(options.src), languages.get(options.tgt), ChoiceOptions(), {}, {})
    print(f"{choice.identity}, {options.src}-{options.tgt}, {signature()}")
    lines: list[Line] = []
    for folder in options.folders:
        lines += _translated(folder, options.limit, translator, voice, judge)
    _show(lines, voice, judge)
    if options.sweep:
        _sweep(lines, judge)
    if options.doubt:
        _doubt(lines, judge)


class Voice:
    """How long the voice takes for a text."""

    def __init__(self, engine: Synthesizer) -> None:
        self._engine = engine

    def seconds(self, text: str, language: languages.Language) -> float:
        said = spoken_form(text, language)
        if not any(letter.isalnum() for letter in said):
            return 0.0
        voice = self._engine.voices(language)[0]
        return len(self._engine.say(said, voice).samples) / self._engine.rate


def _translated(
    folder: Path, limit: int, translator: Translator, voice: Voice, judge: Judge
) -> list[Line]:
    sources, wanted = read_set(folder, judge.source.code, judge.target.code, limit)
    lines: list[Line] = []
    for first in range(0, len(sources), BATCH_SENTENCES):
        batch = sources[first : first + BATCH_SENTENCES]
        answers = translator.translate(
            batch,
            source=judge.source.code,
            target=judge.target.code,
            n_best=judge.options.n_best,
        )
        for source, right, offers in zip(batch, wanted[first:], answers, strict=False):
            seconds = voice.seconds(source, judge.source)
            lines.append(Line(source, right, offers, Slot("s", 0.0, seconds, seconds)))
    print(f"{folder.name}: {len(sources)} sentences")
    return lines


def _chosen(line: Line, judge: Judge) -> Candidate:
    return judge.choose([line.source], [line.offers], line.slot)[0][0]


def _show(lines: Sequence[Line], voice: Voice, judge: Judge) -> None:
    alike = replace(judge, options=replace(judge.options, length=0.0))
    for name, texts in (
        ("the model's first", [line.offers[0].text for line in lines]),
        ("chosen, length apart", [_chosen(line, alike).text for line in lines]),
        ("chosen", [_chosen(line, judge).text for line in lines]),
        ("reference", [line.wanted for line in lines]),
    ):
        spoken = [voice.seconds(text, judge.target) for text in texts]
        print(f"{name:<22}{_shares(lines, spoken)}{_worth(lines, texts)}")
    print(chrf([""], [""])[1])


def _sweep(lines: Sequence[Line], judge: Judge) -> None:
    print("by predicted lengths, for other costs of length:")
    for cost in COSTS:
        other = replace(judge, options=replace(judge.options, length=cost))
        chosen = [_chosen(line, other) for line in lines]
        spoken = [c.weighed.seconds if c.weighed else 0.0 for c in chosen]
        print(f"{cost:<22}{_shares(lines, spoken)}{_worth(lines, [c.text for c in chosen])}")


def _doubt(lines: Sequence[Line], judge: Judge) -> None:
    print("by confidence of what was chosen:")
    chosen = [_chosen(line, judge) for line in lines]
    for low, high in pairwise(STEPS):
        there = [
            (line, candidate)
            for line, candidate in zip(lines, chosen, strict=True)
            if low <= confidence_of(candidate) < high
        ]
        if there:
            worth = _worth([line for line, _ in there], [c.text for _, c in there])
            print(f"{low:.1f} to {min(high, 1.0):.1f}: {len(there):>4} sentences{worth}")
    print(f"doubtful below {_threshold(lines, chosen):.2f}")


def _threshold(lines: Sequence[Line], chosen: Sequence[Candidate]) -> float:
    """The confidence up to which the chosen score under `DOUBTFUL_CHRF`; 1.0 if all do."""
    ranked = sorted(zip(lines, chosen, strict=True), key=lambda pair: pair[1].score)
    for first in range(0, len(ranked) - FEWEST + 1, FEWEST):
        some = ranked[first : first + FEWEST]
        value, _ = chrf([plain(c.text) for _, c in some], [line.wanted for line, _ in some])
        if value >= DOUBTFUL_CHRF:
            return confidence_of(some[0][1])
    return 1.0


def _shares(lines: Sequence[Line], spoken: Sequence[float]) -> str:
    ratios = [s / line.slot.end for s, line in zip(spoken, lines, strict=True)]
    short = sum(ratio <= WITHIN for ratio in ratios) / len(ratios)
    fits = sum(1 / WITHIN <= ratio <= WITHIN for ratio in ratios) / len(ratios)
    return f"short enough {short:.3f}  fits {fits:.3f}  "


def _worth(lines: Sequence[Line], texts: Sequence[str]) -> str:
    return f"  chrF++ {chrf([plain(t) for t in texts], [line.wanted for line in lines])[0]:.2f}"
