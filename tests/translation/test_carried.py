"""Names and other words that a model never met."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dubber.translation.carried import WORD, Census, Known, shared_spans
from dubber.translation.corpus import Pair, mask_pair
from dubber.translation.wire import close_wire, open_wire


def found(hindi: str, other: str, script: str) -> list[tuple[str, str]]:
    spans = shared_spans(hindi, other, script, WORD.finditer(hindi))
    return [(hindi[slice(*a)], other[slice(*b)]) for a, b in spans]


@pytest.mark.parametrize(
    ("hindi", "other", "script", "shared"),
    [
        ("केरल में बारिश", "கேரளாவில் மழை", "Taml", [("केरल", "கேரள")]),
        ("तंदूरी रोटी", "தந்தூரி ரொட்டியின்", "Taml", [("तंदूरी", "தந்தூரி"), ("रोटी", "ரொட்டி")]),
        ("मैसूर गए", "మైసూర్ వెళ్ళారు", "Telu", [("मैसूर", "మైసూర్")]),
        ("रिया आई", "Riya came", "Latn", [("रिया", "Riya")]),
        ("पनीर", "پنیر", "Arab", [("पनीर", "پنیر")]),
        ("पानी लाओ", "தண்ணீர் கொண்டு வா", "Taml", []),
    ],
)
def test_a_word_is_found_again_by_its_sound(
    hindi: str, other: str, script: str, shared: list[tuple[str, str]]
) -> None:
    assert found(hindi, other, script) == shared


def test_a_word_ends_before_the_danda() -> None:
    assert [m.group() for m in WORD.finditer("क्या हुआ। उसने १२ फल काटे॥")] == [
        "क्या",
        "हुआ",
        "उसने",
        "फल",
        "काटे",
    ]


def test_an_ending_stays_for_the_model_to_learn() -> None:
    pair = Pair("x", "hi", "ta", "केरल में 3 दिन", "கேரளாவில் 3 நாட்கள்")
    spans = shared_spans(pair.text_a, pair.text_b, "Taml", WORD.finditer("केरल"))
    assert mask_pair(pair, {"hi": "Deva", "ta": "Taml"}, spans) == (
        "<0> में <1> दिन",
        "<0>ाविल् <1> नाट्कळ्",
    )


def test_an_ending_joins_the_word_that_was_kept() -> None:
    assert close_wire("<0>ुक्कु", script="Taml", kept=["ராஜன்"]) == "ராஜனுக்கு"
    assert close_wire("<0>िल्", script="Mlym", kept=["ഡൽഹിൽ"]) == "ഡൽഹിലില്"
    assert close_wire("<0> है", script="Deva", kept=["राजन्"]) == "राजन् है"


def test_what_was_met_often_enough_is_known(tmp_path: Path) -> None:
    census = Census(["hi"])
    census.add("राम घर गया", "hi", 1.0)
    census.add("राम घर गया", "hi", 1.0)  # the same sentence, in another pair
    census.add("सीता घर आई", "hi", 1.0)
    census.add("நான்", "ta", 9.0)
    census.known().save(tmp_path)
    known = Known.load(tmp_path)
    assert [m.group() for m in known.strange("राम और सीता घर", "hi")] == ["राम", "और", "सीता"]
    assert not list(known.strange("எதுவும்", "ta")), "no list, no strangers"
    assert not list(Known.load(tmp_path / "none").strange("कुछ भी", "hi"))


def test_strangers_get_the_masks_that_numbers_leave() -> None:
    def carry(text: str) -> list[tuple[tuple[int, int], str]]:
        return [(m.span(), m.group().upper()) for m in re.finditer("[a-z]+", text)]

    text = " ".join(f"{n} x" for n in range(8))
    wire = open_wire(text, script="Latn", latin=False, carry=carry)
    assert wire.kept == ("0", "X", "1", "X", "2", "3", "4", "5", "6", "7")
    assert close_wire(wire.text, script="Latn", kept=wire.kept) == "0 X 1 X 2 x 3 x 4 x 5 x 6 x 7 x"
