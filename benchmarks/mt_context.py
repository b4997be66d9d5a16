"""Are neighbouring sentences better translated together than each alone?

    python -m benchmarks mt_context FOLDER [--src hi] [--tgt ta] [--mt …] [--limit N]

FOLDER holds LANGUAGE.txt files whose lines follow each other. Lines go in pairs: each alone, and
both as one text that is split again at the end of its first sentence. A pair that does not come
back as two sentences is translated alone, as the pipeline would have to.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks._measure import signature
from dubber import languages
from dubber.protocols import Translator
from dubber.registry import choose, open_engine
from dubber.text.sentences import split
from dubber.translation.score import chrf, read_set
from dubber.translation.wire import plain

BATCH_SENTENCES = 16


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mt_context", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--src", default="hi")
    parser.add_argument("--tgt", default="ta")
    parser.add_argument("--mt", default="")
    parser.add_argument("--limit", type=int, default=200)
    options = parser.parse_args(arguments)

    source, target = languages.get(options.src), languages.get(options.tgt)
    choice = choose("mt", options.mt, "offline")
    engine: Translator = open_engine(choice)
    print(f"{choice.identity}, {source.code}-{target.code}, {signature()}")
    lines, wanted = read_set(options.folder, source.code, target.code, options.limit)
    pairs = [
        number
        for number in range(0, len(lines) - 1, 2)
        if all(len(split(line, source)) == 1 for line in lines[number : number + 2])
    ]

    def ask(texts: list[str]) -> list[str]:
        said = []
        for first in range(0, len(texts), BATCH_SENTENCES):
            batch = texts[first : first + BATCH_SENTENCES]
            answers = engine.translate(batch, source=source.code, target=target.code)
            said += [plain(candidates[0].text) for candidates in answers]
        return said

    alone = ask([lines[n + k] for n in pairs for k in (0, 1)])
    both = [split(text, target) for text in ask([f"{lines[n]} {lines[n + 1]}" for n in pairs])]
    right = [wanted[n + k] for n in pairs for k in (0, 1)]
    together = [
        text
        for place, halves in enumerate(both)
        for text in (halves if len(halves) == 2 else alone[2 * place : 2 * place + 2])
    ]
    whole = sum(len(halves) == 2 for halves in both)
    print(f"{len(pairs)} pairs; {whole} came back as two sentences")
    print(f"each alone  chrF++ {chrf(alone, right)[0]:.2f}")
    print(f"together    chrF++ {chrf(together, right)[0]:.2f}, the others alone")
    print(chrf([""], [""])[1])
