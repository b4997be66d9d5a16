"""Words that are carried over: names, mostly, and others that a model never met.

A small model makes up a translation for a word it does not know. Behind a mask, as a number is, it
comes out as it was, in the target's letters: right for a name, and for any other word at least not
wrong. `Known` tells which words a model has met; `versions` shows it in training what a masked word
looks like, in pairs whose two sides share a rare one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from dubber.text import scripts_map
from dubber.text.transliterate import transliterate

KNOWN_WORDS = "known.json"
SEEN = 2.0  # a word is known from this sum of its sentences' weights on
RARE = 20.0  # and worth masking in training up to this one
SHORTEST = 3  # sounds of a word that may be found again in another language
LONGEST_SUFFIX = 7  # letters that the other language may hang on

#: Letters with their marks; what Unicode calls a mark is no letter to Python. A danda is neither.
WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u0963\u0970-\u0dff\u200c\u200d]+[^\W\d_]*)*")

VIRAMA = "\u094d"
_SILENT = frozenset("\u0901\u0902\u0903\u093c\u094dअ")
_TRAILING = re.compile(f"[{''.join(sorted(_SILENT))}]*")
_VOWELS = {"ाआ": "A", "िीइई": "I", "ुूउऊ": "U", "ेैएऐॆऎॅऍ": "E", "ोौओऔॊऒॉऑ": "O", "ृऋ": "R"}
_ROWS = {"कखगघ": "k", "चछजझ": "c", "टठडढ": "t", "तथदध": "t", "पफबभ": "p", "शषस": "s",
         "ङञणनऩ": "n", "रऱ": "r", "लळऴ": "l", "वब": "p", "य": "y", "म": "m", "ह": "h"}  # fmt: skip
_SOUND = {letter: sound for row in (_VOWELS, _ROWS) for letters, sound in row.items()
          for letter in letters}  # fmt: skip


class Known:
    """The words that a model has met, a set a language; a language without one knows them all."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._words = {language: frozenset(known) for language, known in words.items()}

    @classmethod
    def load(cls, folder: Path) -> Known:
        """What `prepare` left in `folder`; nothing is unknown to a model without the file.

        ValueError if the file is not as it was written.
        """
        path = folder / KNOWN_WORDS
        if not path.exists():
            return cls({})
        words = json.loads(path.read_text(encoding="utf-8"))
        return cls({language: text.split() for language, text in words.items()})

    def save(self, folder: Path) -> None:
        words = {language: " ".join(sorted(known)) for language, known in self._words.items()}
        (folder / KNOWN_WORDS).write_text(
            json.dumps(words, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )

    def strange(self, text: str, language: str) -> Iterator[re.Match[str]]:
        """Where in plain `text` a word stands that was never met."""
        words = self._words.get(language)
        if words is not None:
            yield from (m for m in WORD.finditer(text) if m.group().casefold() not in words)


class Census:
    """How often each word of the hubs was met: sentences, by the weight of their corpus."""

    def __init__(self, hubs: Iterable[str]) -> None:
        self._counts: dict[str, defaultdict[str, float]] = {hub: defaultdict(float) for hub in hubs}
        self._seen: set[tuple[str, str]] = set()

    def add(self, text: str, language: str, weight: float) -> None:
        """A sentence in plain form; the same one counts once."""
        if language not in self._counts or (language, text) in self._seen:
            return
        self._seen.add((language, text))
        for word in {match.group().casefold() for match in WORD.finditer(text)}:
            self._counts[language][word] += weight

    def known(self) -> Known:
        return Known(
            {
                language: (word for word, count in counts.items() if count >= SEEN)
                for language, counts in self._counts.items()
            }
        )

    def is_rare(self, word: str, language: str) -> bool:
        counts = self._counts.get(language)
        return counts is not None and counts.get(word.casefold(), 0.0) <= RARE


def shared_spans(
    text_a: str, text_b: str, script_b: str, rare: Iterable[re.Match[str]]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where words of `text_a` (the matches `rare`) stand in `text_b` by their sound: spans of
    both, each used once. In a Brahmic script only a word's beginning may be it, endings stay."""
    free = [(m.start(), m.group()) for m in WORD.finditer(text_b)]
    whole = not scripts_map.maps(script_b)
    found = []
    for match in rare:
        wanted = _sounds(match.group())
        if len(wanted) < SHORTEST:
            continue
        for place, (start, word) in enumerate(free):
            letters = _devanagari(word, script_b)
            end = _beginning(letters, wanted)
            if (whole and end != len(letters)) or end is None:
                continue
            taken = len(word) if whole else end
            if len(word) - taken > LONGEST_SUFFIX:
                continue
            found.append((match.span(), (start, start + taken)))
            del free[place]
            break
    return found


@cache
def _devanagari(word: str, script: str) -> str:
    """By place in the Unicode block, so that a letter stays a letter, or else by sound."""
    if scripts_map.maps(script):
        return scripts_map.to_devanagari(word, script)
    return transliterate(word, "Deva")


@cache
def _sounds(word: str) -> str:
    """What is left of a word without length, voice, breath and nasality."""
    return "".join(sound for _, sound in _heard(transliterate(word, "Deva")))


def _heard(letters: str) -> Iterator[tuple[int, str]]:
    """Each sound with the place behind it. A doubled consonant is one; a nasal without a vowel
    is none."""
    last, joined = "", False
    for place, letter in enumerate(letters):
        if letter == VIRAMA:
            joined = True
            continue
        sound = _SOUND.get(letter, "" if letter in _SILENT else letter)
        dead_nasal = sound in "nm" and letters[place + 1 : place + 2] == VIRAMA
        if (
            sound
            and not (joined and sound == last)
            and not (dead_nasal and place + 2 < len(letters))
        ):
            yield place + 1, sound
        if sound:
            last, joined = sound, False


def _beginning(letters: str, wanted: str) -> int | None:
    """How many of `letters` sound as `wanted`, or None if they do not begin so."""
    for said, (end, sound) in enumerate(_heard(letters)):
        if sound != wanted[said]:
            return None
        if said + 1 == len(wanted):
            return end + len(_TRAILING.match(letters, end)[0])  # type: ignore[index]
    return None
