"""A user's glossary: terms that are heard, translated, shown and spoken in one fixed way.

A CSV with a header line `term,translation,pronunciation,language`; the last two columns may be
left out or empty. `translation` is what stands for the term in the target language, or `keep`: the
term as it is. `pronunciation` is how a voice reads it. `language` limits the line to one target.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from dubber import languages
from dubber.errors import DataError, DubError, NoInputError
from dubber.languages import Language
from dubber.text.normalize import ascii_digits

KEEP = "keep"
COLUMNS = ("term", "translation", "pronunciation", "language")
FIRST_MARK = 900_001  # stands for a term while an engine translates; engines keep numbers


@dataclass(frozen=True, slots=True)
class Term:
    """One line: `language` is a code, or "" for all targets."""

    term: str
    translation: str
    pronunciation: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms, in the file's order. The empty one changes nothing."""

    terms: tuple[Term, ...] = ()

    def hints(self) -> tuple[str, ...]:
        """The terms as they may be heard, each once: for a recogniser."""
        return tuple(dict.fromkeys(term.term for term in self.terms))

    def translations(self, target: Language) -> dict[str, str]:
        """Term to what stands for it in `target`; its own lines go before those for all."""
        found: dict[str, str] = {}
        for term in self._for(target):
            found.setdefault(term.term, term.term if _keeps(term) else term.translation)
        return found

    def pronunciations(self, target: Language) -> dict[str, str]:
        """What stands in a text of `target` to how it is said, where the glossary says how."""
        found: dict[str, str] = {}
        for term in self._for(target):
            if term.pronunciation:
                written = term.term if _keeps(term) else term.translation
                found.setdefault(written, term.pronunciation)
        return found

    def _for(self, target: Language) -> list[Term]:
        own = [term for term in self.terms if term.language == target.code]
        return own + [term for term in self.terms if not term.language]


def read_glossary(path: Path) -> Glossary:
    """The glossary in `path`. NoInputError if it is not there; DataError names line and cure."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NoInputError(f"cannot read the glossary ({error.strerror})", subject=path) from error
    except UnicodeDecodeError as error:
        raise DataError(
            "the glossary is not UTF-8", subject=path, cure="save it as CSV UTF-8"
        ) from error
    lines = text.splitlines()
    by = max(",;\t", key=lambda mark: lines[0].count(mark)) if lines else ","
    rows = csv.DictReader(lines, delimiter=by, skipinitialspace=True)
    names = [name.strip().casefold() for name in rows.fieldnames or ()]
    unknown = [name for name in names if name not in COLUMNS]
    if names[:2] != list(COLUMNS[:2]) or unknown:
        raise DataError(
            "the glossary's first line does not name its columns",
            subject=path,
            cure="begin it with: " + ",".join(COLUMNS),
        )
    rows.fieldnames = names
    return Glossary(tuple(_term(row, rows.line_num, path) for row in rows))


def _term(row: Mapping[str | None, str | list[str] | None], line: int, path: Path) -> Term:
    values = [_clean(row.get(name)) for name in COLUMNS]
    term, translation, pronunciation, name = values
    where = f"line {line} of the glossary"
    if None in row:
        raise DataError(f"{where} has too many columns", subject=path, cure='quote "a, b"')
    if not term or not translation:
        raise DataError(
            f"{where} lacks its {'translation' if term else 'term'}",
            subject=path,
            cure=f"give one, or `{KEEP}` to leave the term as it is",
        )
    try:
        code = languages.get(name).code if name else ""
    except DubError as error:
        raise DataError(f"{where}: {error.what}", subject=path, cure=error.cure) from error
    return Term(term, translation, pronunciation, code)


def _clean(value: str | Sequence[str] | None) -> str:
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""


def _keeps(term: Term) -> bool:
    return term.translation.casefold() == KEEP


def mark(text: str, translations: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """`text` with each term that stands in it as a number no engine changes, and what each number
    stands for."""
    if not translations:
        return text, {}
    meaning: dict[str, str] = {}
    by_term = {term.casefold(): said for term, said in translations.items()}

    def marked(match: regex.Match[str]) -> str:
        number = FIRST_MARK + len(meaning)
        while str(number) in text:
            number += 100
        meaning[str(number)] = by_term[match[0].casefold()]
        return str(number)

    return _alone(translations).sub(marked, text), meaning


def unmark(text: str, meaning: Mapping[str, str]) -> str | None:
    """`text` with its numbers turned into terms again; None if one was lost."""
    text = ascii_digits(text)
    for number, said in meaning.items():
        if text.count(number) != 1:
            return None
        text = text.replace(number, said)
    return text


def missing(source: str, said: str, translations: Mapping[str, str]) -> list[str]:
    """Terms that stand in `source` and whose translation does not stand in `said`."""
    by_term = {term.casefold(): text for term, text in translations.items()}
    found = _alone(translations).findall(source) if translations else []
    plain = said.casefold()
    return [term for term in found if by_term[term.casefold()].casefold() not in plain]


def _alone(terms: Mapping[str, str]) -> regex.Pattern[str]:
    keys = "|".join(regex.escape(term) for term in sorted(terms, key=len, reverse=True))
    edge = r"[\p{L}\p{M}\p{N}]"
    return regex.compile(rf"(?<!{edge})(?:{keys})(?!{edge})", regex.IGNORECASE)
