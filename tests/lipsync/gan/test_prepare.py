"""From films to a data set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dubber.errors import DataError, NoInputError
from dubber.lipsync.gan.canvas import HEIGHT, SIDE, WIDTH
from dubber.lipsync.gan.clips import KNOWN, TRAIN, UNSEEN, Clip, read_clips, read_manifest
from dubber.lipsync.gan.prepare import find_sources, prepare
from dubber.lipsync.points import KEPT
from tests.lipsync.talkers import chatter, finder, make_film, nobody, talk


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("films")
    talking = talk(60, chatter)
    for name, images in {
        "anna/one.mp4": talking[:30],
        "anna/two.mp4": [*talking[:28], *[nobody()] * 5, *talking[20:60]],
        "anna/short.mp4": talking[:10],
        "ben/one.mp4": talking[5:35],
    }.items():
        (home / name).parent.mkdir(exist_ok=True)
        make_film(home / name, images)
    (home / "ben" / "broken.mp4").write_bytes(b"no film")
    return home


def prepared(films: Path, out: Path) -> dict[str, object]:
    sources = find_sources([films / "anna", films / "ben"], by_file=False, unseen=["ben"])
    return prepare(sources, out, open_finder=finder, licence="CC0-1.0", credit="nobody")


def test_clips_are_cut_where_no_face_is_and_bad_films_are_listed(
    films: Path, tmp_path: Path
) -> None:
    manifest = prepared(films, tmp_path)
    reasons = {film["name"]: film["reason"] for film in manifest["left_out"]}  # type: ignore[attr-defined]
    assert set(reasons) == {"short.mp4", "broken.mp4"}
    assert "25 frames" in reasons["short.mp4"]
    assert read_manifest(tmp_path) == manifest
    assert manifest["licence"] == "CC0-1.0"
    train, unseen = read_clips(tmp_path, TRAIN), read_clips(tmp_path, UNSEEN)
    assert [len(clip.faces) for clip in train[:2]] == [30, 28]
    assert 25 <= len(train[2].faces) <= 40  # a lost face is looked for every few frames
    assert [clip.speaker for clip in unseen] == ["ben"]
    clip = train[1]
    assert clip.faces.shape == (28, HEIGHT, WIDTH, 3)
    assert clip.whole.shape == (28, SIDE, SIDE, 3)
    assert clip.points.shape == (28, len(KEPT), 2)
    assert clip.points[:, :, 0].min() > 0
    assert clip.points[:, :, 0].max() < WIDTH


def test_what_stands_is_not_made_again(films: Path, tmp_path: Path) -> None:
    before = prepared(films, tmp_path)
    clips = sorted((tmp_path / "clips").iterdir())
    times = [clip.stat().st_mtime_ns for clip in clips]
    assert prepared(films, tmp_path) == before
    assert [clip.stat().st_mtime_ns for clip in clips] == times


def test_a_speaker_is_a_folder_or_a_file_and_every_nth_film_is_held_out(films: Path) -> None:
    by_folder = find_sources([films / "anna"], by_file=False, known_every=2)
    assert {source.speaker for source in by_folder} == {"anna"}
    assert [source.split for source in by_folder] == [TRAIN, KNOWN, TRAIN]
    by_file = find_sources([films / "anna"], by_file=True, unseen=["two"])
    assert {source.speaker: source.split for source in by_file} == {
        "one": TRAIN,
        "short": TRAIN,
        "two": UNSEEN,
    }


def test_no_video_and_no_face_are_one_clear_line(films: Path, tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match="no videos"):
        find_sources([tmp_path], by_file=False)
    with pytest.raises(DataError, match="no such speaker: carl"):
        find_sources([films / "anna"], by_file=False, unseen=["carl"])
    sources = find_sources([films / "ben" / "broken.mp4"], by_file=True)
    with pytest.raises(DataError, match="no film with a face"):
        prepare(sources, tmp_path / "out", open_finder=finder, licence="x")


def test_a_damaged_clip_and_a_foreign_manifest_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "clip.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(DataError, match="not a clip"):
        Clip.load(tmp_path / "clip.npz")
    np.savez(tmp_path / "pickled.npz", faces=np.array([print], dtype=object))
    with pytest.raises(DataError, match="not a clip"):
        Clip.load(tmp_path / "pickled.npz")
    with pytest.raises(NoInputError, match="no prepared faces"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "other/1"}))
    with pytest.raises(DataError, match="lips-data/1"):
        read_manifest(tmp_path)
