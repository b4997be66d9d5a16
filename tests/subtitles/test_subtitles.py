"""Subtitles: cues a reader can follow, in files that come back as they went."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from dubber import languages
from dubber.errors import DataError, NoInputError
from dubber.schema import Segment, Transcript
from dubber.subtitles import read_cues, read_transcript, write_subtitles
from dubber.subtitles.limits import summary
from dubber.text.graphemes import clusters

TAMIL = languages.get("ta")
LONG = "இது மிகவும் நீளமான ஒரு வாக்கியம், " * 8
SAID = Transcript(
    "ta",
    (
        Segment("s1", 0.5, 2.0, "வணக்கம் நண்பர்களே."),
        Segment("s2", 3.0, 12.0, LONG.strip()),
        Segment("s3", 12.5, 13.0, "{\\fs900}<b>நன்றி</b> --> முடிவு"),
    ),
)


@pytest.mark.parametrize("suffix", ["srt", "vtt"])
def test_cues_hold_the_limits_and_lose_no_word(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write_subtitles(SAID, path, language=TAMIL)
    cues = read_cues(path)
    limits = TAMIL.subtitles
    for cue in cues:
        assert cue.start < cue.end
        lines = cue.text.split("\n")
        assert len(lines) <= limits.lines
        assert all(len(clusters(line)) <= limits.line_chars for line in lines)
    assert all(a.end <= b.start for a, b in itertools.pairwise(cues))
    said = " ".join(cue.text.replace("\n", " ") for cue in cues)
    assert LONG.split()[0] in said
    assert said.split().count("வாக்கியம்,") == 8


def test_what_looks_like_markup_or_a_time_line_does_no_harm(tmp_path: Path) -> None:
    write_subtitles(SAID, tmp_path / "a.srt", language=TAMIL)
    text = (tmp_path / "a.srt").read_text(encoding="utf-8")
    assert text.count(" --> ") == len(read_cues(tmp_path / "a.srt"))
    assert "{\\fs900}" not in text


def test_subtitles_become_a_transcript_with_their_times(tmp_path: Path) -> None:
    path = tmp_path / "said.srt"
    path.write_text(
        "1\n00:00:00,500 --> 00:00:01,500\nनमस्ते\nदोस्तों।\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\n<i>धन्यवाद।</i>\n",
        encoding="utf-8-sig",
    )
    heard = read_transcript(path, language="hi")
    assert [(s.start, s.end, s.text) for s in heard.segments] == [
        (0.5, 1.5, "नमस्ते दोस्तों।"),
        (2.0, 3.0, "धन्यवाद।"),
    ]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"1\n00:00:05,000 --> 00:00:01,000\nback\n", "line 2"),
        (b"1\n00:00:00,000 --> 00:00:01,000\ncaf\xe9\n", "line 3"),
        (b"hello\n", "line|no "),
    ],
)
def test_a_spoilt_file_is_refused_with_the_line(
    tmp_path: Path, data: bytes, complaint: str
) -> None:
    path = tmp_path / "bad.srt"
    path.write_bytes(data)
    with pytest.raises(DataError, match=complaint):
        read_transcript(path, language="hi")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoInputError):
        read_transcript(tmp_path / "gone.srt", language="hi")


def test_a_cue_that_nobody_can_read_in_time_is_named_with_the_reason(tmp_path: Path) -> None:
    hurried = Transcript(
        "ta",
        (
            Segment("s1", 0.0, 1.0, "இது மிகவும் நீளமான ஒரு வாக்கியம், யாரும் படிக்க முடியாது."),
            Segment("s2", 1.0, 4.0, "இது படிக்கலாம்."),
        ),
    )
    count, found = write_subtitles(hurried, tmp_path / "a.srt", language=TAMIL)
    assert [(breach.start, breach.kind) for breach in found] == [(0.0, "speed")]
    assert found[0].value > TAMIL.subtitles.chars_per_second
    assert found[0].why == "the next line follows at once"
    assert summary(found, count).startswith("1 of 2 subtitles break a reader's limit")


def test_cues_within_the_limits_break_none(tmp_path: Path) -> None:
    calm = Transcript("ta", (Segment("s1", 0.5, 2.0, "வணக்கம் நண்பர்களே."),))
    assert write_subtitles(calm, tmp_path / "a.vtt", language=TAMIL) == (1, ())
    assert summary((), 1) == ""
