"""Do subtitles hold each language's limits?

    python -m benchmarks subtitles FOLDER [--limit 2000]

FOLDER holds LANGUAGE.txt, a sentence a line. Each is a segment as long as the pack's own rate says
it takes to speak, with a third of a second of silence behind it. Counted are cues, those that break
a limit (by kind), and grapheme clusters that were split (there must be none).
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from benchmarks._measure import signature
from dubber import languages
from dubber.languages import Language
from dubber.schema import Segment, Transcript
from dubber.subtitles.cues import cues_of
from dubber.subtitles.limits import breaches
from dubber.subtitles.reading import clean
from dubber.text.graphemes import clusters
from dubber.text.spoken import spoken_form
from dubber.text.syllables import count

SILENCE = 0.33
BLANKS = " \n\u200c\u200d"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks subtitles", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=2000)
    options = parser.parse_args(arguments)
    print(signature())
    print("language  sentences  cues  within limits  too fast  other  split clusters")
    for language in languages.all_languages():
        path = options.folder / f"{language.code}.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()[: options.limit]
            _show(language, [line.strip() for line in lines if line.strip()])


def _show(language: Language, lines: list[str]) -> None:
    segments, now = [], 0.0
    for number, line in enumerate(lines):
        spoken = count(spoken_form(line, language), language)
        end = now + max(0.5, spoken / language.syllables_per_second)
        segments.append(Segment(f"s{number}", now, end, line))
        now = end + SILENCE
    cues = cues_of(Transcript(language.code, tuple(segments)), language)
    found = breaches(cues, language.subtitles)
    kinds = Counter(breach.kind for breach in found)
    broken = len({breach.start for breach in found})
    shown = [c for cue in cues for c in clusters(cue.text) if c.strip(BLANKS)]
    said = [c for line in lines for c in clusters(clean(line)) if c.strip(BLANKS)]
    split = sum((Counter(shown) - Counter(said)).values())
    print(
        f"{language.code:<10}{len(lines):<11}{len(cues):<6}{1 - broken / len(cues):<15.3f}"
        f"{kinds['speed']:<10}{len(found) - kinds['speed']:<7}{split}"
    )
