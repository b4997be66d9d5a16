"""Hindi that a recogniser wrote in Urdu or Latin letters, back in Devanagari.

Whisper's small models hear Hindi well and spell it as Urdu. The sounds are all there (short vowels
apart), so each word is looked up by its sounds among the words of Hindi, by how near they are and
how common the word is; frequencies come from `wordfreq` (CC-BY-SA data, used where it is
installed). It is a repair, not a transliteration: names and rare words come out as they sound.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from math import log10
from unicodedata import normalize

from dubber.errors import ConfigError, UnavailableError
from dubber.text import recover_tables as tables

LEXICON_WORDS = 30_000
RARITY = 0.25  # cost of a word ten times rarer, in units of one consonant misheard
COMMONEST = 7.5  # the Zipf frequency that costs nothing
FARTHEST = 0.34  # the misheard share of a word's sounds beyond which it is spelled as it sounds
NEAR = 1.0  # … but a word this near is always taken
MAX_KEY = 24  # sounds; longer words are spelled as they sound

ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
LATIN = re.compile(r"[A-Za-z]")
DEVANAGARI = re.compile(r"[\u0900-\u097f]")
MARKS = re.compile(r"[\u064b-\u065f\u0670\u0640\u200b-\u200f\u2066-\u2069]")  # of vowels
EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


def recover(text: str, rule: str) -> str:
    """`text` by the rule of that name ("" for none); words in Devanagari and digits stay."""
    return " ".join(word for word in recover_words(text.split(), rule) if word)


def recover_words(words: Sequence[str], rule: str) -> list[str]:
    """As many words as there were, so that each keeps its time.

    "" stands for a word that Hindi writes together with the one before it.
    """
    if not rule:
        return list(words)
    try:
        recoverer = RULES[rule]
    except KeyError:
        raise ConfigError(f"no script recovery is called {rule!r}") from None
    return recoverer(words)


def _hindi(words: Sequence[str]) -> list[str]:
    spelled = [MARKS.sub("", word.strip()).translate(tables.SIGNS) for word in words]
    recovered: list[str] = []
    before = ""  # the spelling of the word before
    for number, word in enumerate(spelled):
        match = EDGES.match(word)
        opening, core, closing = match.groups() if match else ("", word, "")
        after = spelled[number + 1] if number + 1 < len(spelled) else ""
        found = _hindi_word(core, before, after)
        joined = _joined(recovered, before, core, found)
        if joined is not None:
            place, text = joined
            recovered[place] = text + closing
            recovered.append("")
        else:
            recovered.append(opening + found + closing)
        before = "" if closing else core
    return recovered


def _hindi_word(word: str, before: str, after: str) -> str:
    """One bare word, between its neighbours as they were spelled."""
    if word == tables.MAIN:
        alone = before in tables.BEFORE_I or after in tables.AFTER_I
        return tables.MEANS_I if alone else tables.MEANS_IN
    known = tables.FREQUENT.get(word)
    return known if known is not None else _nearest(word)


def _joined(recovered: list[str], before: str, word: str, found: str) -> tuple[int, str] | None:
    """The place and the text of the word before, if `word` is written together with it."""
    if not before or not recovered or not recovered[-1]:
        return None
    last = recovered[-1]
    future = word in tables.FUTURE and last.endswith(tables.BEFORE_FUTURE)
    case = word in tables.CASES and before in tables.PRONOUNS
    if future or case:
        return len(recovered) - 1, last + found
    return None


@lru_cache(maxsize=20_000)
def _nearest(word: str) -> str:
    """The word of Hindi that sounds nearest, or the sounds themselves in Devanagari."""
    if DEVANAGARI.search(word):
        return word
    if ARABIC.search(word):
        sounds = _urdu_sounds(word)
    elif LATIN.search(word):
        sounds = _latin_sounds(word)
    else:
        return word
    if not sounds:
        return ""
    best, best_cost, best_distance = "", float("inf"), float("inf")
    if len(sounds) <= MAX_KEY:
        for candidate, other, rarity in _candidates(sounds):
            if rarity >= best_cost:
                break  # they come by rarity
            distance = _distance(sounds, other)
            if distance + rarity < best_cost:
                best, best_cost, best_distance = candidate, distance + rarity, distance
    if best and best_distance <= max(NEAR, FARTHEST * len(sounds)):
        return best
    return _spelled(sounds)


def _urdu_sounds(word: str) -> str:
    sounds = []
    for number, letter in enumerate(word):
        places = tables.URDU.get(letter)
        if places is None:
            continue
        first, middle, last = places
        at_end = number == len(word) - 1
        sounds.append(first if number == 0 else last if at_end else middle)
    return "".join(sounds)


def _latin_sounds(word: str) -> str:
    sounds = [tables.LATIN[letters] for letters in tables.LATIN_LETTERS.findall(word.lower())]
    if sounds and sounds[0][0] in tables.VOWELS:
        sounds[0] = "a" + sounds[0].replace("a", "")
    return "".join(sounds)


def _hindi_sounds(word: str) -> str:
    sounds: list[str] = []
    for number, letter in enumerate(word):
        if letter == tables.NUKTA and sounds:
            sounds[-1] = sounds[-1].replace("D", "R")
        sound = tables.HINDI.get(letter, "")
        if letter in tables.FULL_VOWELS:
            sound = "a" + sound if number == 0 else sound
        sounds.append(sound)
    return "".join(sounds)


@cache
def _lexicon() -> dict[str, list[tuple[str, str, float]]]:
    """Hindi words with their sounds and rarity, by skeleton and skeleton less one consonant."""
    try:
        from wordfreq import get_frequency_dict
    except ImportError as error:
        raise UnavailableError(
            "the frequencies of Hindi words are not installed", cure="pip install wordfreq"
        ) from error
    frequencies = get_frequency_dict("hi", wordlist="small")
    index: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for word, frequency in list(frequencies.items())[:LEXICON_WORDS]:
        word = normalize("NFC", word)
        if not tables.HINDI_WORD.fullmatch(word):
            continue
        sounds = _hindi_sounds(word)
        rarity = RARITY * (COMMONEST - (log10(frequency) + 9))
        for skeleton in _skeletons(sounds):
            index[skeleton].append((word, sounds, rarity))
    return dict(index)


def _skeletons(sounds: str) -> set[str]:
    """The consonants, by kind, and what is left when any one of them is missing."""
    skeleton = "".join(tables.KIND.get(sound, "") for sound in sounds)
    return {skeleton} | {skeleton[:n] + skeleton[n + 1 :] for n in range(len(skeleton))}


def _candidates(sounds: str) -> list[tuple[str, str, float]]:
    index, found = _lexicon(), {}
    for skeleton in _skeletons(sounds):
        for entry in index.get(skeleton, ()):
            found[entry[0]] = entry
    return sorted(found.values(), key=lambda entry: entry[2])


def _distance(heard: str, meant: str) -> float:
    """Weighted edit distance between two words' sounds; one consonant misheard costs 1."""
    gap, swap = tables.GAP, _swap
    row = [0.0]
    for other in meant:
        row.append(row[-1] + gap.get(other, 1.0))
    for sound in heard:
        lost = gap.get(sound, 1.0)
        new = [row[0] + lost]
        for place, other in enumerate(meant):
            cost = row[place] if sound == other else row[place] + swap(sound, other)
            new.append(min(cost, row[place + 1] + lost, new[place] + gap.get(other, 1.0)))
        row = new
    return row[-1]


@cache
def _swap(one: str, other: str) -> float:
    """What it costs to take one sound for another."""
    for pair in (one + other, other + one):
        if pair in tables.SWAP:
            return tables.SWAP[pair]
    vowels = (one in tables.VOWELS) + (other in tables.VOWELS)
    return (1.0, 1.3, 0.5)[vowels]


def _spelled(sounds: str) -> str:
    """Sounds in Devanagari, as a reader would write down an unknown name."""
    letters: list[str] = []
    for number, sound in enumerate(sounds):
        vowel = tables.AS_VOWEL.get(sound)
        after_consonant = bool(letters) and tables.CONSONANT.fullmatch(letters[-1]) is not None
        if sound == "h" and letters and letters[-1] in tables.ASPIRATED:
            letters[-1] = tables.ASPIRATED[letters[-1]]
        elif vowel is None:
            letters.append(tables.AS_CONSONANT.get(sound, ""))
        elif after_consonant:
            letters.append(vowel[1])
        elif not (sound == "a" and number + 1 < len(sounds) and sounds[1] in tables.VOWELS):
            letters.append(vowel[0])
    return "".join(letters)


RULES: dict[str, Callable[[Sequence[str]], list[str]]] = {"hindi-phonetic": _hindi}
