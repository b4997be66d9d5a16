"""The whole job on fakes: what is made, what is redone, what a kill leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dubber import DubOptions, Job
from dubber.errors import (
    DataError,
    MediaError,
    NoInputError,
    OutputError,
    UnavailableError,
    UsageError,
)
from dubber.media.probe import probe
from dubber.open_job import Event
from dubber.pipeline import dub
from dubber.schema import Result
from dubber.weights import sha256_of
from tests.films import make_film

FAKES = DubOptions(asr="fake", mt="fake", tts="fake", lips="off")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(tmp_path / "film.mp4")


def run(film: Path, options: DubOptions = FAKES, targets: str = "ta") -> tuple[Result, ...]:
    return dub(Job(film, "hi", tuple(targets.split(",")), film.parent / "out"), options)


def stages_run(film: Path, options: DubOptions = FAKES, targets: str = "ta") -> set[str]:
    """The stages that did work, by their reports of progress."""
    seen: list[Event] = []
    job = Job(film, "hi", tuple(targets.split(",")), film.parent / "out")
    dub(job, options, report=seen.append)
    return {event.stage for event in seen if event.stage}


def edit(path: Path, segment: int, text: str) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    value["segments"][segment]["text"] = text
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def test_a_film_is_dubbed_into_two_languages_and_heard_once(film: Path) -> None:
    results = run(film, targets="ta,te")
    assert [result.target for result in results] == ["ta", "te"]
    for result in results:
        media = probe(result.video)
        assert media.video is not None
        assert abs(media.duration - probe(film).duration) <= 0.1
        assert media.audio[0].language == {"ta": "tam", "te": "tel"}[result.target]
        assert media.subtitles == 1
        report = json.loads(result.report.read_text(encoding="utf-8"))
        assert [segment["said"][:3] for segment in report["segments"]] == [result.target + ":"] * 2
        assert report["output"]["sha256"] == sha256_of(result.video)
    names = sorted(path.name for path in (film.parent / "out").iterdir())
    assert names == [
        "film.dub",
        "film.hi.srt",
        *(f"film.{code}.{end}" for code in ("ta", "te") for end in ("json", "mp4", "srt")),
    ]


def test_without_faces_the_picture_is_copied_packet_for_packet(film: Path) -> None:
    import av

    (result,) = run(film, replace(FAKES, lips=""))

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    assert packets(result.video) == packets(film)


def test_a_second_run_does_nothing(film: Path) -> None:
    assert {"listen", "transcribe", "translate", "speak", "mix", "mux"} <= stages_run(film)
    assert stages_run(film) == set()


def test_a_corrected_transcript_redoes_what_depends_on_it(film: Path) -> None:
    run(film)
    edit(film.parent / "out" / "film.dub" / "transcript.json", 1, "सुधारा हुआ")
    assert stages_run(film) == {"translate", "speak", "mix", "mux"}
    report = json.loads((film.parent / "out" / "film.ta.json").read_text(encoding="utf-8"))
    assert report["segments"][1]["said"] == "ta:सुधारा हुआ"


def test_a_corrected_translation_is_kept_when_another_line_is_heard_anew(film: Path) -> None:
    run(film)
    folder = film.parent / "out" / "film.dub"
    edit(folder / "translation.ta.json", 0, "என் வரி")
    assert stages_run(film) == {"speak", "mix", "mux"}
    edit(folder / "transcript.json", 1, "सुधारा हुआ")
    run(film)
    report = json.loads((film.parent / "out" / "film.ta.json").read_text(encoding="utf-8"))
    assert [s["said"] for s in report["segments"]] == ["என் வரி", "ta:सुधारा हुआ"]


def test_an_edit_that_cannot_be_read_stops_the_job_and_stays(film: Path) -> None:
    run(film)
    path = film.parent / "out" / "film.dub" / "transcript.json"
    path.write_text('{"schema": "transcript/1",', encoding="utf-8")
    with pytest.raises(DataError, match="mend it"):
        run(film)
    assert path.read_text(encoding="utf-8") == '{"schema": "transcript/1",'


def test_a_given_transcript_is_used_instead_of_hearing(film: Path) -> None:
    subtitles = film.parent / "said.srt"
    subtitles.write_text(
        "1\n00:00:00,500 --> 00:00:01,500\nनमस्ते।\n\n2\n00:00:02,000 --> 00:00:03,200\nधन्यवाद।\n",
        encoding="utf-8",
    )
    options = replace(FAKES, transcript=subtitles)
    assert "listen" not in stages_run(film, options)
    report = json.loads((film.parent / "out" / "film.ta.json").read_text(encoding="utf-8"))
    assert [segment["heard"] for segment in report["segments"]] == ["नमस्ते।", "धन्यवाद।"]


def test_a_glossary_reaches_the_translation_and_the_report_names_what_it_lacks(film: Path) -> None:
    (film.parent / "heard.srt").write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nदिल्ली चलो\n", encoding="utf-8"
    )
    terms = film.parent / "terms.csv"
    terms.write_text("term,translation\nदिल्ली,தில்லி\n", encoding="utf-8")
    options = replace(FAKES, transcript=film.parent / "heard.srt", glossary=terms)
    (result,) = run(film, options)
    report = json.loads(result.report.read_text(encoding="utf-8"))
    assert report["segments"][0]["said"] == "ta:தில்லி चलो"
    edit(film.parent / "out" / "film.dub" / "translation.ta.json", 0, "போகலாம்")
    (result,) = run(film, options)
    assert any(notice.kind == "glossary" for notice in result.notices)


def test_a_doubtful_translation_is_named_and_stops_a_strict_job_until_a_person_mends_it(
    film: Path,
) -> None:
    (result,) = run(film)
    assert not any(notice.kind == "translation-doubtful" for notice in result.notices)
    given = film.parent / "out" / "film.dub" / "translation.ta.json"
    value = json.loads(given.read_text(encoding="utf-8"))
    for segment in value["segments"]:
        segment["confidence"] = 0.01
    given.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    loose = replace(FAKES, since="speak")
    (result,) = run(film, loose)
    doubted = [notice for notice in result.notices if notice.kind == "translation-doubtful"]
    assert [notice.segment_id for notice in doubted] == ["s0001", "s0002"]
    with pytest.raises(
        UnavailableError, match=r"doubtful in 2 of 2 segments.*s0001, s0002"
    ) as error:
        run(film, replace(loose, strict=True))
    assert error.value.exit_code == 69
    edit(given, 0, "என் வரி")
    edit(given, 1, "இரண்டாவது")
    assert run(film, replace(loose, strict=True))


def test_a_transcript_of_hindi_in_latin_letters_is_read_as_hindi(film: Path) -> None:
    given = film.parent / "heard.srt"
    given.write_text("1\n00:00:01,000 --> 00:00:02,000\naap kaise hain\n", encoding="utf-8")
    (result,) = run(film, replace(FAKES, transcript=given))
    report = json.loads(result.report.read_text(encoding="utf-8"))
    assert report["segments"][0]["heard"] == "आप कैसे हैं"


def test_until_a_stage_nothing_later_is_made(film: Path) -> None:
    assert run(film, replace(FAKES, until="transcribe")) == ()
    assert sorted(path.name for path in (film.parent / "out").iterdir()) == ["film.dub"]


def test_a_silent_film_keeps_its_sound_and_says_so(tmp_path: Path) -> None:
    (result,) = run(make_film(tmp_path / "quiet.mp4", spans=()))
    assert [notice.kind for notice in result.notices] == ["no-speech"]
    assert probe(result.video).audio


def test_a_sound_without_a_picture_gives_a_sound(tmp_path: Path) -> None:
    (result,) = run(make_film(tmp_path / "talk.mp4", video=False))
    assert result.video.name == "talk.ta.m4a"
    assert probe(result.video).video is None


def test_bad_input_is_refused_before_any_work(tmp_path: Path) -> None:
    mute = make_film(tmp_path / "mute.mp4", audio=False)
    with pytest.raises(MediaError, match="no audio track"):
        run(mute)
    with pytest.raises(NoInputError):
        run(tmp_path / "nowhere.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("hello, not a video", encoding="utf-8")
    with pytest.raises(MediaError):
        run(text)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(make_film(tmp_path / "whole.mp4").read_bytes()[:-2000])
    with pytest.raises(MediaError):
        run(cut)


def test_the_output_folder_must_be_writable(film: Path) -> None:
    (film.parent / "out").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(OutputError):
        run(film)


def test_dubbing_into_the_language_spoken_is_refused(film: Path) -> None:
    with pytest.raises(UsageError, match="both source and target"):
        run(film, targets="hindi")


def command(film: Path, plan: str = "") -> int:
    """The job in a process of its own, with a fault planned."""
    arguments = [sys.executable, "-m", "dubber", str(film), "--src", "hi", "--tgt", "ta"]
    arguments += ["--asr", "fake", "--mt", "fake", "--tts", "fake", "--lips", "off", "-q"]
    arguments += ["-o", str(film.parent / "out")]
    environment = {**os.environ, "DUB_FAULT": plan}
    return subprocess.run(arguments, env=environment, check=False).returncode


@pytest.mark.parametrize("point", ["listen:1", "built:3", "recorded:5", "mix:1", "mux:1"])
def test_killed_and_started_again_it_ends_with_the_same_bytes(tmp_path: Path, point: str) -> None:
    clean, killed = tmp_path / "clean", tmp_path / "killed"
    for folder in (clean, killed):
        folder.mkdir()
        make_film(folder / "film.mp4")
    (result,) = run(clean / "film.mp4")
    assert command(killed / "film.mp4", f"{point}:kill") == -9
    assert not (killed / "out" / "film.ta.mp4").exists()
    assert command(killed / "film.mp4") == 0
    for name in ("film.ta.mp4", "film.ta.srt", "film.ta.json"):
        assert sha256_of(killed / "out" / name) == sha256_of(result.video.with_name(name))
    assert not list((killed / "out").rglob("*.part"))


def test_a_full_disk_ends_with_its_code_and_the_job_goes_on_later(film: Path) -> None:
    assert command(film, "recorded:2:enospc") == 74
    assert command(film) == 0
