"""The one door to FFmpeg: nobody goes round it, and nothing that is no film comes through it."""

from __future__ import annotations

import ast
import os
from fractions import Fraction
from pathlib import Path

import pytest

from dubber.errors import MediaError, NoInputError, UsageError
from dubber.media.complete import check_complete
from dubber.media.probe import choose_audio, probe
from dubber.media.wav import write_wav
from tests.films import bursts, make_film
from tests.media.making import make_picture


def calls_of_av(path: Path) -> tuple[bool, bool]:
    """Whether a module imports PyAV, and whether it calls `av.open`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = opens = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports |= any(name.name.split(".")[0] == "av" for name in node.names)
        if isinstance(node, ast.ImportFrom):
            imports |= (node.module or "").split(".")[0] == "av"
        if isinstance(node, ast.Attribute) and node.attr == "open":
            opens |= isinstance(node.value, ast.Name) and node.value.id == "av"
    return imports, opens


def test_only_media_knows_pyav_and_only_the_gate_opens_a_film(repository: Path) -> None:
    for path in [repository / "cli.py", *(repository / "dubber").rglob("*.py")]:
        imports, opens = calls_of_av(path)
        assert not imports or path.parent.name == "media", path
        assert not opens or path.name == "gate.py", path


@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8"])
def test_a_playlist_in_disguise_opens_no_other_file(tmp_path: Path, name: str) -> None:
    make_film(tmp_path / "secret.mp4", seconds=1.0)
    (tmp_path / name).write_text(
        f"#EXTM3U\n#EXTINF:1,\nfile://{tmp_path}/secret.mp4\n#EXT-X-ENDLIST\n", encoding="utf-8"
    )
    with pytest.raises(MediaError):
        probe(tmp_path / name)


def test_a_list_of_films_opens_none_of_them(tmp_path: Path) -> None:
    make_film(tmp_path / "secret.mp4", seconds=1.0)
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n", encoding="utf-8")
    with pytest.raises(MediaError):
        probe(tmp_path / "list.mp4")


def test_a_pipe_a_folder_and_nothing_are_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for bad in (tmp_path / "pipe.mp4", tmp_path):
        with pytest.raises(MediaError, match="not an ordinary file"):
            probe(bad)
    with pytest.raises(NoInputError):
        probe(tmp_path / "nowhere.mp4")


def test_what_a_film_holds_is_probed_from_its_content(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=2.0, size=(96, 64))
    odd = film.rename(tmp_path / "film.txt")
    media = probe(odd)
    assert media.video is not None
    assert (media.video.width, media.video.height, media.video.frame_rate) == (96, 64, Fraction(10))
    assert media.duration == pytest.approx(2.0, abs=0.15)
    assert media.audio[0].rate == 16_000


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_film_that_was_cut_short_is_found_out(tmp_path: Path, share: float) -> None:
    film = make_film(tmp_path / "film.mp4")
    data = film.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(MediaError):
        check_complete(cut, probe(cut))
    assert check_complete(film, probe(film)).duration == probe(film).duration


def test_a_track_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    media = probe(make_film(tmp_path / "film.mp4", seconds=1.0))
    assert choose_audio(media).index == media.audio[0].index
    with pytest.raises(UsageError, match="from 1 to 1"):
        choose_audio(media, 2)


@pytest.mark.parametrize("name", ["film.mkv", "film.avi", "sound.wav"])
def test_a_file_of_another_kind_that_was_cut_short_is_found_out(tmp_path: Path, name: str) -> None:
    whole = tmp_path / name
    if name.endswith(".wav"):
        write_wav(whole, bursts(4.0, [(0.0, 4.0)]), 16_000)
    else:
        make_picture(whole, codec="mpeg4", frames=40)
    assert check_complete(whole, probe(whole)).duration == probe(whole).duration
    cut = tmp_path / f"cut.{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    with pytest.raises(MediaError, match="cut short"):
        check_complete(cut, probe(cut))
    part = check_complete(cut, probe(cut), allow_partial=True)
    assert 0 < part.duration < 4.0


@pytest.mark.parametrize(
    "name",
    [b"\xff\xfe.mp4", "तमिल 🎬.mp4".encode(), b"-rf.mp4", b"concat:a|b.mp4", b"new\nline%d.mp4"],
)
def test_a_file_may_have_any_name(tmp_path: Path, name: bytes) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=1.0)
    odd = film.rename(tmp_path / os.fsdecode(name))
    assert probe(odd).video is not None


def test_an_empty_file_and_a_text_say_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaError, match="empty"):
        probe(tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("hello, not a video", encoding="utf-8")
    with pytest.raises(MediaError, match="not a video or a sound"):
        probe(tmp_path / "text.mp4")
