"""How fast a voice speaks each language: the rate for its pack, and what prediction then misses.

    python -m benchmarks pace FOLDER [--tts espeak] [--limit 60]

FOLDER is corpus/spoken, or holds LANGUAGE.txt files. `rate` is syllables a second once
`translation.choose.ONSET_SECONDS` are taken off; `pack` what `langs/` says; `error` the mean
distance of the predicted length from the spoken one, in shares of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks._measure import signature
from dubber import languages
from dubber.errors import NoInputError
from dubber.languages import Language
from dubber.protocols import Synthesizer
from dubber.registry import choose, open_engine
from dubber.text.spoken import spoken_form
from dubber.text.syllables import count
from dubber.translation.choose import ONSET_SECONDS
from dubber.translation.score import read_set


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pace", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tts", default="espeak")
    parser.add_argument("--limit", type=int, default=60)
    options = parser.parse_args(arguments)

    engine: Synthesizer = open_engine(choose("tts", options.tts, "offline"))
    print(f"{engine.name}, {options.limit} sentences, {signature()}")
    for language in languages.all_languages():
        other = "hi" if language.code != "hi" else "ta"
        try:
            lines, _ = read_set(options.folder, language.code, other, options.limit)
        except NoInputError:
            continue
        _show(engine, language, lines)


def _show(engine: Synthesizer, language: Language, lines: list[str]) -> None:
    voice = engine.voices(language)[0]
    said = [spoken_form(line, language) for line in lines]
    syllables = [count(text, language) for text in said]
    spoken = [len(engine.say(text, voice).samples) / engine.rate for text in said]
    rate = sum(syllables) / sum(seconds - ONSET_SECONDS for seconds in spoken)
    misses = [
        abs(ONSET_SECONDS + many / rate - seconds) / seconds
        for many, seconds in zip(syllables, spoken, strict=True)
    ]
    print(
        f"{language.code}  rate {rate:.2f}  pack {language.syllables_per_second:.2f}  "
        f"error {sum(misses) / len(misses):.3f}  {len(lines)} sentences"
    )
