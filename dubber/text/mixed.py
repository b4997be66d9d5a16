"""Text that mixes scripts: Hindi written in Latin letters is brought back to its own.

English words in the midst of Hindi letters stay as they are: translators keep them, voices say them
(`text.latin`).
"""

from __future__ import annotations

import regex

from dubber.languages import Language, english_words
from dubber.text.recover import recover_words
from dubber.text.scripts import script_of
from dubber.text.transliterate import from_devanagari

LATIN_WORD = regex.compile(r"[A-Za-z]+")


def is_romanised(text: str, language: Language) -> bool:
    """Whether `text` is all in Latin letters though the language has its own."""
    scripts = {script_of(word) for word in text.split()}
    return language.script not in scripts and "Latn" in scripts


def in_own_script(text: str, language: Language) -> str:
    """Romanised `text` in the language's own letters: English loanwords as they are spelled there,
    the rest by sound, by the pack's rule. Unchanged if it is not romanised or there is no rule.

    >>> in_own_script("kal office mein meeting hai", languages.get("hi"))  # कल ऑफ़िस में मीटिंग है
    """
    if not is_romanised(text, language) or not language.asr_script_recovery:
        return text
    words = text.split()
    shared = english_words()
    known = [shared.get("".join(LATIN_WORD.findall(word)).casefold(), "") for word in words]
    spelled = recover_words(words, language.asr_script_recovery)
    return " ".join(
        LATIN_WORD.sub(from_devanagari(loan, language.script), word, count=1) if loan else native
        for word, loan, native in zip(words, known, spelled, strict=True)
        if loan or native
    )
