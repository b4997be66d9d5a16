"""The command line: one line an error, a documented code, and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.films import make_film

FAKES = ["--asr", "fake", "--mt", "fake", "--tts", "fake", "--lips", "off"]


def dub(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dubber", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of good and bad inputs."""
    folder = tmp_path_factory.mktemp("inputs")
    make_film(folder / "good.mp4", seconds=2.0, spans=((0.5, 1.2),))
    make_film(folder / "mute.mp4", seconds=1.0, audio=False)
    (folder / "text.mp4").write_text("hello, not a video", encoding="utf-8")
    (folder / "empty.mp4").write_bytes(b"")
    whole = (folder / "good.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "list.mp4").write_text(
        f"#EXTM3U\n#EXTINF:2,\nfile://{folder}/good.mp4\n#EXT-X-ENDLIST\n", encoding="utf-8"
    )
    (folder / "folder.mp4").mkdir()
    (folder / "latin.srt").write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\ncaf\xe9\n")
    (folder / "file").write_text("", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nowhere.mp4"], 66, "no such file"),
        (["mute.mp4"], 65, "no audio track"),
        (["text.mp4"], 65, "text.mp4"),
        (["empty.mp4"], 65, "empty"),
        (["cut.mp4"], 65, "cut.mp4"),
        (["list.mp4"], 65, "list.mp4"),
        (["folder.mp4"], 65, "not an ordinary file"),
        (["good.mp4", "--transcript", "latin.srt"], 65, "latin.srt"),
        (["good.mp4", "--transcript", "gone.srt"], 66, "gone.srt"),
        (["good.mp4", "--glossary", "gone.csv"], 66, "gone.csv"),
        (["good.mp4", "--glossary", "latin.srt"], 65, "not UTF-8"),
        (["good.mp4", "-o", "file/out"], 73, "output folder"),
        (["good.mp4", "--mt", "no-such-engine"], 2, "use one of"),
        (["good.mp4", "--asr", "whisper:no-such-card"], 69, "dub weights list"),
        (["good.mp4", "--audio-track", "7"], 2, "from 1 to 1"),
        (["good.mp4", "--subs", "docx"], 2, "docx"),
    ],
)
def test_wrong_input_gives_one_line_and_its_code(
    folder: Path, words: list[str], code: int, says: str
) -> None:
    engines = [
        w
        for pair in zip(FAKES[::2], FAKES[1::2], strict=True)
        if pair[0] not in words
        for w in pair
    ]
    done = dub(*words, "--src", "hi", "--tgt", "ta", *engines, "-q", folder=folder)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    if code != 2 or "--subs" not in words:
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith(f"error[{code}]: ")
    assert not list(folder.glob("**/*.part"))
    assert not (folder / "dubbed" / "good.ta.mp4").exists()


@pytest.mark.parametrize("language", ["xx", "klingon", "tamilll"])
def test_an_unknown_language_is_a_usage_error_that_names_near_ones(
    folder: Path, language: str
) -> None:
    done = dub("good.mp4", "--src", "hi", "--tgt", language, *FAKES, folder=folder)
    assert done.returncode == 2
    assert language in done.stderr
    if language == "tamilll":
        assert "tamil" in done.stderr.lower()


def test_one_bad_video_of_two_does_not_stop_the_other(folder: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "a.mp4", seconds=2.0, spans=((0.5, 1.2),))
    (tmp_path / "b.mp4").write_text("no video", encoding="utf-8")
    words = ["b.mp4", "a.mp4", "--src", "hi", "--tgt", "ta", *FAKES]
    done = dub(*words, "--json", folder=tmp_path)
    assert done.returncode == 3
    records = json.loads(done.stdout)
    assert "error" in records[0]
    assert Path(tmp_path / records[1]["output"]).is_file()


def test_two_videos_of_one_name_are_refused_before_any_work(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        make_film(tmp_path / name / "talk.mp4", seconds=1.0)
    words = ["x/talk.mp4", "y/talk.mp4", "--src", "hi", "--tgt", "ta", *FAKES]
    done = dub(*words, folder=tmp_path)
    assert done.returncode == 73
    assert not (tmp_path / "dubbed").exists()


@pytest.mark.parametrize(
    "name", ["हिन्दी वीडियो.mp4", "a'b\"c;$(touch x).mp4", "100%d.mp4", "-rf.mp4"]
)
def test_any_file_name_works(tmp_path: Path, name: str) -> None:
    make_film(tmp_path / "plain.mp4", seconds=1.0, spans=((0.2, 0.8),)).rename(tmp_path / name)
    words = ["--src", "hi", "--tgt", "ta", *FAKES, "-q", "--", name]
    done = dub("video", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dubbed" / f"{Path(name).stem}.ta.mp4").is_file()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("stem", [b"bad\xff\xfe", "क".encode() * 83])
def test_a_name_that_is_no_text_or_too_long_gets_a_shorter_one(tmp_path: Path, stem: bytes) -> None:
    film = tmp_path / os.fsdecode(stem + b".mp4")
    make_film(tmp_path / "plain.mp4", seconds=1.0, spans=((0.2, 0.8),)).rename(film)
    words = ["--src", "hi", "--tgt", "ta", *FAKES, "-q", os.fsdecode(film.name)]
    done = dub("video", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (result,) = (tmp_path / "dubbed").glob("*.ta.mp4")
    assert result.name.encode("utf-8")


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, dubber; "
        "heavy = {'torch', 'transformers', 'cv2', 'mediapipe', 'ctranslate2', 'av'}; "
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_help_and_version_are_quick_and_whole(tmp_path: Path) -> None:
    shown = dub("--help", folder=tmp_path)
    assert shown.returncode == 0
    assert "Exit codes: 0 ok" in shown.stdout
    assert "dub, version" in dub("--version", folder=tmp_path).stdout


def test_languages_say_for_each_stage_which_engines_there_are_and_what_they_are_worth(
    tmp_path: Path,
) -> None:
    rows = {
        row["code"]: row for row in json.loads(dub("languages", "--json", folder=tmp_path).stdout)
    }
    assert len(rows) >= 14
    assert {"engine": "tts.espeak", "quality": "preview", "present": True} in rows["as"]["tts"]
    assert {"engine": "asr.whisper", "quality": "poor", "present": True} in rows["mr"]["asr"]
    assert not any(able["present"] for able in rows["ne"]["mt"])
    assert rows["or"]["asr"] == []
