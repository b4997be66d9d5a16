"""How good a translator is on a development set, beside what merely copying would score."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from dubber.errors import DataError, NoInputError, UnavailableError
from dubber.protocols import Progress, Translator, silent
from dubber.text import scripts_map
from dubber.text.glossary import missing
from dubber.translation.wire import NUMBER, plain
from dubber.translation.written import is_written, sentences

BATCH_SENTENCES = 64


@dataclass(frozen=True, slots=True)
class Score:
    """chrF++ and BLEU with sacrebleu's signatures, on `sentences` sentences; `copied` is chrF++ of
    the source itself in the target's script; `numbers` the share of the source's numbers found in
    the output; `terms` that of a glossary's terms; `length` characters written for one wanted."""

    source: str
    target: str
    sentences: int
    chrf: float
    bleu: float
    copied: float
    numbers: float
    length: float
    signature: str
    bleu_signature: str
    terms: float | None = None


def evaluate(
    translator: Translator,
    folder: Path,
    *,
    source: str,
    targets: Sequence[str],
    scripts: Mapping[str, str],
    glossary: Mapping[str, Mapping[str, str]] | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> list[Score]:
    """A score for each of `targets`, on the first `limit` sentences of the set in `folder`.

    Both sides are put in plain form first (NFC, ASCII digits, straight quotes). `glossary` gives
    each target's terms, of which the share that the output holds is counted. NoInputError for a
    missing file.
    """
    sets = [read_set(folder, source, target, limit) for target in targets]
    whole = sum(len(lines) for lines, _ in sets)
    scores: list[Score] = []
    done = 0
    for target, (lines, wanted) in zip(targets, sets, strict=True):
        said: list[str] = []
        for first in range(0, len(lines), BATCH_SENTENCES):
            batch = lines[first : first + BATCH_SENTENCES]
            answers = translator.translate(batch, source=source, target=target)
            said += [plain(candidates[0].text) for candidates in answers]
            progress(done + len(said), whole)
        done += len(said)
        copied = [
            scripts_map.from_devanagari(
                scripts_map.to_devanagari(line, scripts[source]), scripts[target]
            )
            for line in lines
        ]
        value, signature = chrf(said, wanted)
        bleu_value, bleu_signature = bleu(said, wanted)
        scores.append(
            Score(
                source,
                target,
                len(lines),
                chrf=value,
                bleu=bleu_value,
                copied=chrf(copied, wanted)[0],
                numbers=numbers_kept(lines, said),
                length=sum(map(len, said)) / max(1, sum(map(len, wanted))),
                signature=signature,
                bleu_signature=bleu_signature,
                terms=terms_kept(lines, said, (glossary or {}).get(target, {})),
            )
        )
    return scores


def read_set(
    folder: Path, source: str, target: str, limit: int | None
) -> tuple[list[str], list[str]]:
    """The first `limit` sentences of a set in two languages, in plain form: `LANGUAGE.txt` files of
    equal lines, or the held-out part of `corpus/spoken`. NoInputError if it has not both."""
    if is_written(folder):
        both = [
            (texts[source], texts[target])
            for texts in sentences(folder, held_out=True)
            if source in texts and target in texts
        ]
    else:
        sides = [_lines(folder / f"{language}.txt") for language in (source, target)]
        if len(sides[0]) != len(sides[1]):
            what = f"{source}.txt and {target}.txt have different numbers of lines"
            raise DataError(what, subject=folder)
        both = [pair for pair in zip(*sides, strict=True) if all(pair)]
    if not both:
        raise NoInputError(f"no sentences from {source} to {target}", subject=folder)
    return [a for a, _ in both[:limit]], [b for _, b in both[:limit]]


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise NoInputError("no development set", subject=path)
    return [plain(line) for line in path.read_text(encoding="utf-8").splitlines()]


def chrf(said: Sequence[str], wanted: Sequence[str]) -> tuple[float, str]:
    """chrF++ of the whole set and sacrebleu's signature of how it was computed."""
    metric = _sacrebleu("chrf", "CHRF")(word_order=2)
    value = metric.corpus_score(list(said), [list(wanted)])
    return float(value.score), str(metric.get_signature())


def bleu(said: Sequence[str], wanted: Sequence[str]) -> tuple[float, str]:
    """BLEU of the whole set and its signature."""
    metric = _sacrebleu("bleu", "BLEU")()
    value = metric.corpus_score(list(said), [list(wanted)])
    return float(value.score), str(metric.get_signature())


def _sacrebleu(module: str, name: str) -> Any:
    try:
        return getattr(import_module(f"sacrebleu.metrics.{module}"), name)
    except ImportError as error:
        raise UnavailableError(
            "sacrebleu is missing", cure='pip install "dub[evaluate]"'
        ) from error


def terms_kept(
    sources: Sequence[str], said: Sequence[str], terms: Mapping[str, str]
) -> float | None:
    """Share of a glossary's terms in `sources` that stand in the translation; None without any."""
    whole = sum(len(missing(line, "", terms)) for line in sources)
    lost = sum(len(missing(line, out, terms)) for line, out in zip(sources, said, strict=True))
    return 1 - lost / whole if whole else None


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
