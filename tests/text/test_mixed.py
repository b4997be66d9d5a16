"""Latin-script Hindi comes back to Devanagari; English among Hindi letters stays."""

from __future__ import annotations

import pytest

from dubber import languages
from dubber.text.mixed import in_own_script, is_romanised

HINDI, TAMIL, ENGLISH = (languages.get(code) for code in ("hi", "ta", "en"))


@pytest.mark.parametrize(
    ("latin", "hindi"),
    [
        ("aap kaise hain", "आप कैसे हैं"),
        ("mujhe yeh video bahut pasand aaya", "मुझे ये वीडियो बहुत पसंद आया"),
        ("WhatsApp par bhejo", "वॉट्सऐप पर भेजो"),
    ],
)
def test_hindi_in_latin_letters_is_read_as_hindi(latin: str, hindi: str) -> None:
    assert in_own_script(latin, HINDI) == hindi


def test_what_is_not_romanised_stays() -> None:
    for text, language in (
        ("WhatsApp पर भेजो, ठीक है", HINDI),
        ("How are you?", ENGLISH),
        ("vanakkam nanbargale", TAMIL),  # no rule for Tamil
    ):
        assert in_own_script(text, language) == text
    assert is_romanised("vanakkam", TAMIL)
