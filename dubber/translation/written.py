"""The project's own corpus of spoken sentences: `corpus/spoken/TOPIC.tsv`.

A header names the languages; a line is a sentence's id and its text in each, empty where there is
none. Lines whose number ends in 0 are held out, one in ten of every topic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

from dubber.errors import DataError
from dubber.translation.corpus import Pair
from dubber.translation.wire import plain

NAME = "spoken"  # as a corpus
EVERY = 10  # one in so many lines is held out


def is_written(folder: Path) -> bool:
    """Whether `folder` holds a corpus of this form."""
    return any(_header(path)[:1] == ["id"] for path in sorted(folder.glob("*.tsv")))


def sentences(folder: Path, *, held_out: bool) -> Iterator[Mapping[str, str]]:
    """Every sentence of one side of the split: language to text in plain form, where it has one.

    DataError names the file and line that is not as its header says.
    """
    paths = sorted(folder.glob("*.tsv"))
    if not paths:
        raise DataError("no sentences", subject=folder, cure="give the folder of TOPIC.tsv files")
    for path in paths:
        languages = _header(path)[1:]
        lines = path.read_text(encoding="utf-8").splitlines()
        for place, line in enumerate(lines[1:], 2):
            name, *texts = line.split("\t")
            number = name.rpartition("-")[2]
            if len(texts) != len(languages) or not number.isdigit():
                raise DataError(f"line {place} is not as the header says", subject=path)
            if (int(number) % EVERY == 0) == held_out:
                yield {
                    language: plain(text)
                    for language, text in zip(languages, texts, strict=True)
                    if text
                }


def pairs(folder: Path, *, languages: Iterable[str]) -> Iterator[Pair]:
    """What may be trained on, as pairs of every two of `languages`, in the order given there."""
    wanted = tuple(languages)
    for texts in sentences(folder, held_out=False):
        there = [language for language in wanted if language in texts]
        for a, b in combinations(there, 2):
            yield Pair(NAME, a, b, texts[a], texts[b])


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return lines.readline().rstrip("\n").split("\t")
