"""Which pairs are good enough to learn from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dubber.errors import DataError
from dubber.translation.align import aligned
from dubber.translation.corpus import CorpusRule, Pair, mask_pair, read, refusal

SCRIPTS = {"hi": "Deva", "ta": "Taml", "en": "Latn"}


def hindi_tamil(hindi: str, tamil: str) -> Pair:
    return Pair("stories", "hi", "ta", hindi, tamil)


Refused = Callable[[str, str], str | None]


@pytest.fixture
def why() -> Refused:
    def of(hindi: str, tamil: str, *, noisy: bool = False) -> str | None:
        return refusal(
            hindi_tamil(hindi, tamil), scripts=SCRIPTS, expansion=1.2, rule=CorpusRule(1.0, noisy)
        )

    return of


def test_a_good_pair_is_kept(why: Refused) -> None:
    assert why("मैं घर जाता हूँ।", "நான் வீட்டிற்குச் செல்கிறேன்.") is None


@pytest.mark.parametrize(
    ("hindi", "tamil", "reason"),
    [
        ("", "வீடு", "length"),
        ("फ़ाइल {name} खोलें", "கோப்பு {name} திற", "markup"),
        ("नमस्ते", "hello there", "script"),
        ("मेरे पास 5 गायें हैं", "என்னிடம் 6 மாடுகள் உள்ளன", "numbers"),
        ("हाँ, वह कल शाम को बाज़ार गया था", "ஆம்", "ratio"),
    ],
)
def test_a_bad_pair_says_why(why: Refused, hindi: str, tamil: str, reason: str) -> None:
    assert why(hindi, tamil) == reason


def test_a_question_and_an_answer_are_no_pair_in_a_doubtful_corpus() -> None:
    pair = hindi_tamil("वह कहाँ गया है?", "அவன் வீட்டிற்குப் போனான்.")
    sure, doubtful = CorpusRule(1.0), CorpusRule(1.0, noisy=True)
    assert refusal(pair, scripts=SCRIPTS, expansion=1.2, rule=sure) is None
    assert refusal(pair, scripts=SCRIPTS, expansion=1.2, rule=doubtful) == "punctuation"


def test_both_sides_wear_the_same_mask_in_whatever_order() -> None:
    wires = mask_pair(hindi_tamil("PDF में 12 पन्ने", "12 பக்கங்கள் PDF இல்"), SCRIPTS)
    assert wires is not None
    assert wires[0].startswith("<0>") and "<1>" in wires[0]
    assert wires[1].startswith("<1>") and "<0>" in wires[1]


def test_what_only_one_side_has_is_not_masked() -> None:
    wires = mask_pair(hindi_tamil("CSV और 3", "சிஎஸ்வி 3"), SCRIPTS)
    assert wires is not None
    assert wires[0].startswith("CSV") and "<0>" in wires[0]


def test_sentences_that_share_no_words_are_told_from_pairs() -> None:
    left = ["लाल गाय घर", "नीला पानी नदी", "बड़ा पेड़ फल", "छोटा बच्चा खेल"] * 8
    right = ["red cow home", "blue water river", "great tree fruit", "small child play"] * 8
    pairs = list(zip(left, right, strict=True))
    wrong = [(left[0], right[1]), (left[2], right[3]), (left[1], right[2]), (left[3], right[0])]
    right_ones = list(zip(left[:4], right[:4], strict=True))
    doubtful = [False] * len(pairs) + [True] * 8
    keep = aligned(pairs + wrong + right_ones, doubtful=doubtful, seed=1, above=0.5)
    assert all(keep[: len(pairs)])
    assert not any(keep[len(pairs) : len(pairs) + 4])
    assert all(keep[len(pairs) + 4 :])


def test_a_corpus_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="stories"):
        list(read(tmp_path, corpora=["stories"], languages=SCRIPTS))


def test_files_are_read_in_plain_form(tmp_path: Path) -> None:
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "hi-ta.tsv").write_text("पाँच  ५\tஐந்து 5\nno tab\n", "utf-8")
    (tmp_path / "stories" / "hi-or.tsv").write_text("क\tକ\n", "utf-8")
    pairs = list(read(tmp_path, corpora=["stories"], languages=SCRIPTS))
    assert pairs == [Pair("stories", "hi", "ta", "पाँच 5", "ஐந்து 5")]
