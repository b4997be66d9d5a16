"""Sentences, and pieces small enough for an engine."""

from __future__ import annotations

import re

from dubber.languages import Language
from dubber.text.graphemes import clusters

MAX_BYTES = 2000
CLAUSE_ENDS = ",;:،؛–—"
OPENING = "\"'“‘([«"
ADDRESS = re.compile(
    r"(?<![\w.+-])(?:https?://|www\.|[\w.+-]+@|\w+\.[a-z0-9])[\w./?=&%#:+~@-]*[\w/]", re.ASCII
)  # the last way to begin is a name with a dot and a small letter: x.org, v1.2
CLOSING = "\"'”’)]»"


def split(text: str, language: Language) -> list[str]:
    """The sentences of `text`, each with its end mark. An abbreviation of the pack, an initial, a
    decimal point or a mark within an address (a.b@c.in, x.org/y?z) ends none."""
    ends = re.escape(language.sentence_ends)
    sentences: list[str] = []
    begun = 0
    addresses = [match.span() for match in ADDRESS.finditer(text)]
    for mark in re.finditer(rf"[{ends}]+[{re.escape(CLOSING)}]*(?=\s|$|[^\W\d_])", text):
        if any(first < mark.start() < last for first, last in addresses):
            continue
        before = text[begun : mark.end()].split()
        after = text[mark.end() :].split(maxsplit=1)
        touching = after[0] if after and not text[mark.end()].isspace() else ""
        if mark.group().startswith(".") and before and _goes_on(before[-1], touching, language):
            continue
        sentences.append(text[begun : mark.end()].strip())
        begun = mark.end()
    sentences.append(text[begun:].strip())
    return [sentence for sentence in sentences if sentence]


def chunks(text: str, language: Language, max_bytes: int = MAX_BYTES) -> list[str]:
    """Sentences; those over `max_bytes` of UTF-8 cut at clauses, else at words, else in one."""
    pieces: list[str] = []
    for sentence in split(text, language):
        if len(sentence.encode()) <= max_bytes:
            pieces.append(sentence)
        else:
            pieces += _cut(sentence, max_bytes)
    return pieces


def _goes_on(word: str, touching: str, language: Language) -> bool:
    """Whether the full stop after `word` (it is part of it) does not end a sentence: an
    abbreviation, the inside of one (कि.मी.) with what touches it behind, or an initial."""
    bare = word.lstrip(OPENING)
    if bare in language.abbreviations or any(
        short.startswith(bare) and (bare + touching).startswith(short)
        for short in (*language.abbreviations, *language.units)
        if touching
    ):
        return True
    letters = bare.rstrip(".")
    return len(clusters(letters)) == 1 and letters[0].isalpha()


def _cut(sentence: str, max_bytes: int) -> list[str]:
    pieces: list[str] = []
    for word in sentence.split():
        last = pieces[-1] if pieces else ""
        at_clause = last.endswith(tuple(CLAUSE_ENDS)) and len(last.encode()) > max_bytes // 2
        if last and not at_clause and len(f"{last} {word}".encode()) <= max_bytes:
            pieces[-1] = f"{last} {word}"
        else:
            pieces += _cut_word(word, max_bytes)
    return pieces


def _cut_word(word: str, max_bytes: int) -> list[str]:
    """A word that is too long by itself, in runs of whole characters."""
    pieces = [""]
    for cluster in clusters(word):
        if pieces[-1] and len((pieces[-1] + cluster).encode()) > max_bytes:
            pieces.append("")
        pieces[-1] += cluster
    return pieces
