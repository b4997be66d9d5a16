"""A translator's speed, load time and memory, and its chrF++ beside merely copying.

    python -m benchmarks mt FOLDER [--src hi] [--tgt ta,te,…] [--mt compact[:MODEL]] [--limit 200]
                            [--threads 2] [--samples N]

FOLDER holds LANGUAGE.txt files of equal lines, or is corpus/spoken (its held-out part). Both sides
are put in one plain form (NFC, ASCII digits, straight quotes). Speed is in what can be compared
across engines: characters and words of output a second, four candidates each, a batch of 16 at a
time as the pipeline does.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from benchmarks._measure import signature
from dubber import languages
from dubber.protocols import Translator
from dubber.registry import choose, open_engine
from dubber.translation.score import Score, evaluate, read_set

BATCH_SENTENCES = 16


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mt", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--src", default="hi")
    parser.add_argument("--tgt", default="ta")
    parser.add_argument("--mt", default="")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--samples", type=int, default=0, help="print so many translations")
    options = parser.parse_args(arguments)

    before = _resident_megabytes()
    begun = time.perf_counter()
    choice = choose("mt", options.mt, "offline")
    engine: Translator = open_engine(choice, threads=options.threads)
    loaded = time.perf_counter() - begun
    print(f"{choice.identity}, {options.threads} threads, {signature()}")
    targets = options.tgt.split(",")
    lines, _ = read_set(options.folder, options.src, targets[0], options.limit)
    engine.translate(lines[:1], source=options.src, target=targets[0])
    characters, words, seconds = _speed(engine, lines, source=options.src, target=targets[0])
    print(
        f"load {loaded:.2f} s; {characters / seconds:.0f} characters and {words / seconds:.0f} "
        f"words of {targets[0]} a second; peak {_resident_megabytes():.0f} MB resident "
        f"({before:.0f} before loading)"
    )
    scripts = languages.scripts()
    scripts |= getattr(engine, "scripts", {})
    for score in evaluate(
        engine,
        options.folder,
        source=options.src,
        targets=targets,
        scripts=scripts,
        limit=options.limit,
    ):
        _show(score)
    for line in lines[: options.samples]:
        answer = engine.translate([line], source=options.src, target=targets[0])[0][0]
        print(f"{line}\n  {answer.text}  ({answer.score:.2f})")


def _speed(
    engine: Translator, lines: list[str], *, source: str, target: str
) -> tuple[int, int, float]:
    """Characters and words of output, and the seconds they took."""
    begun = time.perf_counter()
    said = []
    for first in range(0, len(lines), BATCH_SENTENCES):
        batch = lines[first : first + BATCH_SENTENCES]
        answers = engine.translate(batch, source=source, target=target, n_best=4)
        said += [candidates[0].text for candidates in answers]
    seconds = time.perf_counter() - begun
    return sum(map(len, said)), sum(len(text.split()) for text in said), seconds


def _show(score: Score) -> None:
    print(
        f"{score.source}-{score.target}  chrF++ {score.chrf:5.2f}  copying {score.copied:5.2f}  "
        f"numbers kept {score.numbers:.3f}  {score.sentences} sentences  {score.signature}"
    )


def _resident_megabytes() -> float:
    """The most this process has held, in MB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
