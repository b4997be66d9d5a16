"""A glossary: read with its errors named, and applied to a text and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from dubber import languages
from dubber.errors import DataError, NoInputError
from dubber.text.glossary import Glossary, Term, mark, missing, read_glossary, unmark

TAMIL, TELUGU = languages.get("ta"), languages.get("te")
FILE = """term,translation,pronunciation,language
डबर,keep,டப்பர்,ta
प्रधानमंत्री,பிரதமர்,,Tamil
प्रधानमंत्री,ప్రధాని,,te
GST,keep
"""


def glossary(tmp_path: Path, text: str) -> Glossary:
    path = tmp_path / "terms.csv"
    path.write_text(text, encoding="utf-8")
    return read_glossary(path)


def test_a_line_holds_for_its_language_and_keep_leaves_the_term(tmp_path: Path) -> None:
    terms = glossary(tmp_path, FILE)
    assert terms.hints() == ("डबर", "प्रधानमंत्री", "GST")
    assert terms.translations(TAMIL) == {"डबर": "डबर", "प्रधानमंत्री": "பிரதமர்", "GST": "GST"}
    assert terms.translations(TELUGU) == {"प्रधानमंत्री": "ప్రధాని", "GST": "GST"}
    assert terms.pronunciations(TAMIL) == {"डबर": "டப்பர்"}
    assert terms.pronunciations(TELUGU) == {}


@pytest.mark.parametrize("mark_of_columns", [";", "\t"])
def test_spreadsheets_write_other_separators_and_a_byte_order_mark(
    tmp_path: Path, mark_of_columns: str
) -> None:
    assert glossary(tmp_path, "\ufeff" + FILE.replace(",", mark_of_columns)) == glossary(
        tmp_path, FILE
    )


def test_a_term_is_marked_where_it_stands_alone_and_comes_back(tmp_path: Path) -> None:
    terms = {"दिल्ली": "தில்லி", "gst": "ஜிஎஸ்டி"}
    text = "दिल्ली में GST, दिल्लीवासी 900001।"
    marked, meaning = mark(text, terms)
    assert "दिल्लीवासी" in marked
    assert "GST" not in marked
    assert unmark(marked, meaning) == "தில்லி में ஜிஎஸ்டி, दिल्लीवासी 900001।"


def test_a_lost_or_doubled_mark_is_noticed() -> None:
    _, meaning = mark("दिल्ली चलो", {"दिल्ली": "தில்லி"})
    (number,) = meaning
    assert unmark("செல்", meaning) is None
    assert unmark(f"{number} {number}", meaning) is None
    assert unmark("௯௦௦௦௦௧", meaning) == "தில்லி"  # an engine may write its own digits


def test_a_translation_without_its_term_is_named() -> None:
    terms = {"दिल्ली": "தில்லி", "गोवा": "கோவா"}
    assert missing("दिल्ली और गोवा", "கோவா மட்டும்", terms) == ["दिल्ली"]
    assert missing("मुंबई", "மும்பை", terms) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "does not name its columns"),
        ("डबर,keep\n", "does not name its columns"),
        ("term,translation,sound\n", "does not name its columns"),
        ("term,translation\nडबर\n", "line 2 of the glossary lacks its translation"),
        ("term,translation\n,x\n", "line 2 of the glossary lacks its term"),
        ("term,translation,pronunciation,language\na,b,,xx\n", "unknown language 'xx'"),
        ("term,translation\na,b,c,d,e\n", "too many columns"),
    ],
)
def test_a_bad_glossary_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint) as caught:
        glossary(tmp_path, text)
    assert caught.value.cure


def test_a_glossary_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoInputError):
        read_glossary(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"term,translation\n\xff\xfe,x\n")
    with pytest.raises(DataError, match="not UTF-8"):
        read_glossary(tmp_path / "latin.csv")


def test_an_empty_glossary_changes_nothing() -> None:
    assert mark("कुछ भी", Glossary().translations(TAMIL)) == ("कुछ भी", {})
    assert Glossary((Term("a", "b"),)).translations(TAMIL) == {"a": "b"}
