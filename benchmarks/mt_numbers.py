"""Do numbers survive translation? Those in figures, and those in words.

    python -m benchmarks mt_numbers FOLDER [FOLDER…] [--src hi] [--tgt ta] [--mt compact[:MODEL]]
                                    [--limit 1000]

A FOLDER is corpus/spoken (its held-out part) or holds LANGUAGE.txt files. Sentences go through the
translation stage as a film's would, one a segment. A number in words counts as kept in figures too.
The word for one is not counted, nor is one that may say something else at the end of a clause
(Hindi दो, "give"; `also` of a pack): how many those are is printed. The reference shows what people
keep.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks._measure import signature
from dubber import languages
from dubber.config import ChoiceOptions
from dubber.languages import Language
from dubber.protocols import Translator
from dubber.registry import choose, open_engine
from dubber.schema import Segment, Slot, Transcript
from dubber.stages.translate import translate
from dubber.text.numbers import FIGURES_FROM, figures_in, numbers_in, numbers_lost, numbers_meant
from dubber.text.syllables import count
from dubber.translation.choose import Judge, seconds_of
from dubber.translation.score import read_set

KINDS = ("figures", "words", "small words")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mt_numbers", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--src", default="hi")
    parser.add_argument("--tgt", default="ta")
    parser.add_argument("--mt", default="")
    parser.add_argument("--limit", type=int, default=1000, help="sentences of each folder")
    options = parser.parse_args(arguments)

    source, target = languages.get(options.src), languages.get(options.tgt)
    choice = choose("mt", options.mt, "offline")
    engine: Translator = open_engine(choice)
    print(f"{choice.identity}, {source.code}-{target.code}, {signature()}")
    lines: list[str] = []
    wanted: list[str] = []
    for folder in options.folders:
        there, right = read_set(folder, source.code, target.code, options.limit)
        lines += there
        wanted += right
    numbered = [n for n, line in enumerate(lines) if numbers_meant(line, source)]
    unsure = sum(len(numbers_in(x, source)) - len(numbers_meant(x, source)) for x in lines)
    print(f"{len(lines)} sentences, {len(numbered)} with numbers; {unsure} words not counted")
    lines, wanted = [lines[n] for n in numbered], [wanted[n] for n in numbered]
    slots = [_slot(number, line, source) for number, line in enumerate(lines)]
    heard = Transcript(
        source.code,
        tuple(
            Segment(slot.segment_id, slot.start, slot.end, line)
            for slot, line in zip(slots, lines, strict=True)
        ),
    )
    judge = Judge(source, target, ChoiceOptions(), {}, {}, doubtful=choice.spec.doubtful)
    said = translate(heard, engine, slots=slots, judge=judge)
    first = [c[0].text for c in engine.translate(lines, source=source.code, target=target.code)]
    for name, texts in (
        ("the model's first", first),
        ("as spoken", [segment.text for segment in said.segments]),
        ("reference", wanted),
    ):
        print(f"{name:<20}{_shares(lines, texts, source, target)}")


def _slot(number: int, line: str, source: Language) -> Slot:
    """Ten seconds a sentence, of which it has what it takes to say it."""
    start = 10.0 * number
    end = start + min(9.0, seconds_of(count(line, source), source))
    return Slot(f"s{number:05}", start, end, end)


def _shares(lines: Sequence[str], said: Sequence[str], source: Language, target: Language) -> str:
    there: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for line, text in zip(lines, said, strict=True):
        there.update(_kinds(numbers_meant(line, source), line))
        lost.update(_kinds(numbers_lost(line, text, source, target), line))
    shares = [
        f"{kind} {1 - lost[kind] / there[kind]:.4f} of {there[kind]}"
        for kind in KINDS
        if there[kind]
    ]
    return "  ".join([*shares, f"all {1 - lost.total() / max(1, there.total()):.4f}"])


def _kinds(numbers: Sequence[str], line: str) -> list[str]:
    """How each of `numbers`, those in figures first, stands in `line`."""
    figures = figures_in(line)
    kinds = []
    for number in numbers:
        if number in figures:
            figures.remove(number)
            kinds.append("figures")
        else:
            kinds.append("words" if float(number) >= FIGURES_FROM else "small words")
    return kinds
