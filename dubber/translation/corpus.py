"""Parallel text: reading it, and keeping only the pairs that are one.

The layout is `FOLDER/CORPUS/AA-BB.tsv`: a line is a sentence in language aa, a tab, the same in bb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dubber.errors import DataError
from dubber.text import scripts_map
from dubber.translation.wire import MASKS, Span, keepers, masked, plain

PAIR_NAME = re.compile(r"([a-z]{2,3})-([a-z]{2,3})\.tsv")
MARKUP = re.compile(r"[{}<>\\|%$]|&\w+;|__|\[\[|http|--")
ENDS = re.compile(r"[?？؟]")
CHARACTERS = {"Latn": r"[A-Za-z]", "Arab": r"[\u0600-\u06ff]"}

#: How much of a language's letters a sentence must be written in to count as that language.
MIN_OWN_SCRIPT = 0.7
MAX_CHARACTERS = 400
MAX_RATIO = 2.0  # of lengths, after each language's own length is divided out
MIN_RATIO_CHARACTERS = 12  # shorter pairs vary too much for a ratio to mean anything


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence in two languages, in plain form; `corpus` says where it is from."""

    corpus: str
    a: str
    b: str
    text_a: str
    text_b: str


@dataclass(frozen=True, slots=True)
class CorpusRule:
    """What is known of a corpus: its weight in sampling; `noisy`: pairs may be misaligned."""

    weight: float = 1.0
    noisy: bool = False


def read(folder: Path, *, corpora: Iterable[str], languages: Iterable[str]) -> Iterator[Pair]:
    """All pairs of `corpora` under `folder` between `languages`, in a fixed order."""
    wanted = set(languages)
    for corpus in corpora:
        paths = sorted((folder / corpus).glob("*-*.tsv"))
        if not paths:
            raise DataError(
                "no parallel text", subject=folder / corpus, cure="unpack the corpus there first"
            )
        for path in paths:
            named = PAIR_NAME.fullmatch(path.name)
            if named and set(named.groups()) <= wanted:
                yield from _read_file(path, corpus, *named.groups())


def _read_file(path: Path, corpus: str, a: str, b: str) -> Iterator[Pair]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            left, tab, right = line.rstrip("\n").partition("\t")
            if tab:
                yield Pair(corpus, a, b, plain(left), plain(right))


def own_share(text: str, script: str) -> float:
    """Share of the letters and signs of `text` that belong to `script`, 0 to 1."""
    letters = [c for c in text if c.isalpha() or ord(c) >= scripts_map.DEVANAGARI]
    if not letters:
        return 0.0
    return len(_letters(script).findall(text)) / len(letters)


def _letters(script: str) -> re.Pattern[str]:
    if script in CHARACTERS:
        return re.compile(CHARACTERS[script])
    start = scripts_map.BLOCKS[script]
    return re.compile(f"[{chr(start)}-{chr(start + scripts_map.BLOCK - 1)}।॥]")


def expansions(pairs: Iterable[Pair]) -> dict[tuple[str, str], float]:
    """For each pair of languages, characters in b for one in a, over the whole corpus."""
    totals: dict[tuple[str, str], list[int]] = {}
    for pair in pairs:
        total = totals.setdefault((pair.a, pair.b), [0, 0])
        total[0] += len(pair.text_a)
        total[1] += len(pair.text_b)
    return {key: total_b / max(1, total_a) for key, (total_a, total_b) in totals.items()}


def refusal(
    pair: Pair, *, scripts: Mapping[str, str], expansion: float, rule: CorpusRule
) -> str | None:
    """Why a pair is no good for training, or None if it is."""
    a, b = pair.text_a, pair.text_b
    if not a or not b or max(len(a), len(b)) > MAX_CHARACTERS:
        return "length"
    if MARKUP.search(a) or MARKUP.search(b):
        return "markup"
    for text, language in ((a, pair.a), (b, pair.b)):
        bare = re.sub(r"[A-Za-z]+", "", text) if scripts[language] != "Latn" else text
        if own_share(bare, scripts[language]) < MIN_OWN_SCRIPT:
            return "script"
    if _numbers(a) != _numbers(b):
        return "numbers"
    ratio = len(b) / (len(a) * expansion)
    limit = 1.6 if rule.noisy else MAX_RATIO
    if max(len(a), len(b)) >= MIN_RATIO_CHARACTERS and not 1 / limit <= ratio <= limit:
        return "ratio"
    if rule.noisy and bool(ENDS.search(a)) != bool(ENDS.search(b)):
        return "punctuation"
    if rule.noisy and ('"' in a) != ('"' in b):
        return "punctuation"
    return None


def mask_pair(
    pair: Pair, scripts: Mapping[str, str], carried: Iterable[tuple[Span, Span]] = ()
) -> tuple[str, str] | None:
    """Both sides in wire form, what they share (numbers, Latin words) masked alike.

    `carried` are further spans that share a mask, as many as there are masks for. None if numbers
    and Latin words alone are more than the masks.
    """
    spans = _shared(pair, latin="Latn" not in (scripts[pair.a], scripts[pair.b]))
    if len(spans) > len(MASKS):
        return None
    free = [
        (a, b)
        for a, b in carried
        if all(a[1] <= kept[0] or kept[1] <= a[0] for kept, _ in spans)
        and all(b[1] <= kept[0] or kept[1] <= b[0] for _, kept in spans)
    ]
    spans = sorted([*spans, *free[: len(MASKS) - len(spans)]])
    return (
        scripts_map.to_devanagari(masked(pair.text_a, [a for a, _ in spans]), scripts[pair.a]),
        scripts_map.to_devanagari(masked(pair.text_b, [b for _, b in spans]), scripts[pair.b]),
    )


def _shared(pair: Pair, *, latin: bool) -> list[tuple[Span, Span]]:
    """Where the same number or Latin word stands on both sides, each used once."""
    free = keepers(pair.text_b, latin=latin)
    found = []
    for match in keepers(pair.text_a, latin=latin):
        same = next((other for other in free if other.group() == match.group()), None)
        if same is not None:
            free.remove(same)
            found.append((match.span(), same.span()))
    return found


def _numbers(text: str) -> list[str]:
    return sorted(match.group() for match in keepers(text, latin=False))
