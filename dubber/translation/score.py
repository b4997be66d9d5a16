"""How good a translator is on a development set, beside what merely copying would score."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dubber.errors import NoInputError, UnavailableError
from dubber.protocols import Progress, Translator, silent
from dubber.text import scripts_map
from dubber.translation.wire import NUMBER, plain

BATCH_SENTENCES = 64


@dataclass(frozen=True, slots=True)
class Score:
    """chrF++ and its signature, on `sentences` sentences; `copied` is chrF++ of the source itself
    in the target's script; `numbers` is the share of the source's numbers found in the output."""

    source: str
    target: str
    sentences: int
    chrf: float
    copied: float
    numbers: float
    signature: str


def evaluate(
    translator: Translator,
    folder: Path,
    *,
    source: str,
    targets: Sequence[str],
    scripts: Mapping[str, str],
    limit: int | None = None,
    progress: Progress = silent,
) -> list[Score]:
    """A score for each of `targets`, on the first `limit` lines of `folder/LANGUAGE.txt`.

    Both sides are put in plain form first (NFC, ASCII digits, straight quotes). NoInputError for a
    missing file.
    """
    lines = read_lines(folder, source, limit)
    scores = []
    for number, target in enumerate(targets):
        wanted = read_lines(folder, target, limit)
        said: list[str] = []
        for first in range(0, len(lines), BATCH_SENTENCES):
            batch = lines[first : first + BATCH_SENTENCES]
            answers = translator.translate(batch, source=source, target=target)
            said += [plain(candidates[0].text) for candidates in answers]
            progress(number * len(lines) + len(said), len(targets) * len(lines))
        copied = [
            scripts_map.from_devanagari(
                scripts_map.to_devanagari(line, scripts[source]), scripts[target]
            )
            for line in lines
        ]
        value, signature = chrf(said, wanted)
        scores.append(
            Score(
                source,
                target,
                len(lines),
                value,
                chrf(copied, wanted)[0],
                numbers_kept(lines, said),
                signature,
            )
        )
    return scores


def read_lines(folder: Path, language: str, limit: int | None) -> list[str]:
    """The first `limit` lines of a development set in one language, in plain form."""
    path = folder / f"{language}.txt"
    if not path.is_file():
        raise NoInputError("no development set", subject=path)
    lines = path.read_text(encoding="utf-8").split("\n")
    return [plain(line) for line in lines if line.strip()][:limit]


def chrf(said: Sequence[str], wanted: Sequence[str]) -> tuple[float, str]:
    """chrF++ of the whole set and sacrebleu's signature of how it was computed."""
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise UnavailableError(
            "sacrebleu is missing", cure='pip install "dub[evaluate]"'
        ) from error
    metric = CHRF(word_order=2)
    value = metric.corpus_score(list(said), [list(wanted)])
    return float(value.score), str(metric.get_signature())


def numbers_kept(sources: Sequence[str], said: Sequence[str]) -> float:
    """Share of the numbers written in `sources` that stand in the translation; 1.0 for none."""
    found = whole = 0
    for line, answer in zip(sources, said, strict=True):
        there = re.findall(NUMBER, answer)
        for item in re.findall(NUMBER, line):
            whole += 1
            if item in there:
                found += 1
                there.remove(item)
    return found / whole if whole else 1.0
