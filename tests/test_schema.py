"""The nouns: they check themselves, and go through files unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from dubber.errors import DataError
from dubber.schema import (
    Candidate,
    Choice,
    Clip,
    Notice,
    Phoneme,
    Segment,
    Take,
    Timeline,
    Transcript,
    Weighed,
    Word,
    timeline_from_json,
    timeline_to_json,
    transcript_from_json,
    transcript_to_json,
)

HEARD = Transcript(
    "ta",
    (
        Segment(
            "s0001",
            0.5,
            2.25,
            "வணக்கம்",
            (Word("வணக்கம்", 0.5, 1.0, 0.75),),
            "A",
            -0.5,
            "नमस्ते",
            (Candidate("வணக்கம்", -0.5, Weighed(1.25, 1.0, 0.5, -1.5)), Candidate("ஆம்", -0.75)),
            Choice(1.75, 2.25, "the model's first"),
        ),
        Segment("s0002", 3.0, 4.0, "நன்றி"),
    ),
    "mt.compact",
)


def test_a_transcript_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(transcript_to_json(HEARD), encoding="utf-8")
    assert transcript_from_json(path) == HEARD
    assert "வணக்கம்" in path.read_text(encoding="utf-8")  # a person can read it


def test_a_timeline_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    take = Take("s1", "ஆம்", "a.wav", 1.5, 1.1, (Phoneme("a", 0.0, 0.5),), (Word("ஆம்", 0, 1.5),))
    timeline = Timeline("ta", 10.0, (Clip(take, 2.0, 1.4, 1.05),), (Notice("fast", "1.5x", "s1"),))
    path = tmp_path / "t.json"
    path.write_text(timeline_to_json(timeline), encoding="utf-8")
    assert timeline_from_json(path) == timeline


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not readable as JSON"),
        ("[" * 100_000 + "]" * 100_000, "not readable as JSON"),
        ('{"schema": "transcript/1", "segments": [{"start": NaN}]}', "NaN"),
        ('{"schema": "timeline/1"}', "expected schema transcript/1"),
        ('{"schema": "transcript/1", "language": "hi"}', "KeyError"),
        (
            '{"schema": "transcript/1", "language": "hi", "segments": '
            '[{"id": "s1", "start": 2, "end": 1, "text": ""}]}',
            "segment s1: bad span",
        ),
        (
            '{"schema": "transcript/1", "language": "hi", "segments": '
            '[{"id": "s1", "start": 1, "end": 1e999, "text": ""}]}',
            "bad span",
        ),
        (
            '{"schema": "transcript/1", "language": "hi", "segments": '
            '[{"id": "s1", "start": 1, "end": 2, "text": 7}]}',
            "a text was expected",
        ),
    ],
)
def test_a_spoilt_file_is_refused_with_its_name_and_place(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "edited.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=complaint) as caught:
        transcript_from_json(path)
    assert caught.value.subject == str(path)


def test_segments_out_of_order_or_sharing_an_id_are_refused() -> None:
    one, two = Segment("a", 0, 1, "x"), Segment("b", 2, 3, "y")
    with pytest.raises(DataError, match="order"):
        Transcript("hi", (two, one))
    with pytest.raises(DataError, match="share an id"):
        Transcript("hi", (one, one))
