"""Sentences, and pieces small enough for an engine."""

from __future__ import annotations

import re

from dubber.languages import Language

MAX_BYTES = 2000
CLAUSE_ENDS = ",;:،؛–—"
CLOSING = "\"'”’)]»"


def split(text: str, language: Language) -> list[str]:
    """The sentences of `text`, each with its end mark. An abbreviation of the pack, an initial or a
    decimal point ends none."""
    ends = re.escape(language.sentence_ends)
    sentences: list[str] = []
    begun = 0
    for mark in re.finditer(rf"[{ends}]+[{re.escape(CLOSING)}]*(?=\s|$|[^\W\d_])", text):
        before = text[begun : mark.end()].split()
        if mark.group().startswith(".") and before and _goes_on(before[-1], language):
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


def _goes_on(word: str, language: Language) -> bool:
    """Whether the full stop after `word` (it is part of it) does not end a sentence."""
    if word in language.abbreviations:
        return True
    letters = word.rstrip(".")
    return len(letters) == 1 and letters.isalpha()


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
    from dubber.text.graphemes import clusters

    pieces = [""]
    for cluster in clusters(word):
        if pieces[-1] and len((pieces[-1] + cluster).encode()) > max_bytes:
            pieces.append("")
        pieces[-1] += cluster
    return pieces
