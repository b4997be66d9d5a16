"""Faces found in a film, and its mouths re-drawn to another voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber import languages
from dubber.config import LipOptions
from dubber.engines.lips_reuse import Reuse
from dubber.lipsync.tracks import FaceTracks
from dubber.lipsync.visemes import trajectory
from dubber.media.video import VideoReader
from dubber.schema import Clip, Phoneme, Take, Timeline
from dubber.stages.find_faces import find_faces
from dubber.stages.sync import SyncReport, sync
from tests.lipsync import talkers

COUNT = 75
SAID = (1.0, 2.2)


def timeline() -> Timeline:
    """`amapamap…` from SAID[0] on."""
    phonemes = tuple(
        Phoneme(sound, n * 0.12, (n + 1) * 0.12) for n, sound in enumerate("amapamapam")
    )
    take = Take("1", "amapamapam", "1.wav", 1.2, 1.0, phonemes)
    return Timeline("hi", COUNT / 25, (Clip(take, SAID[0], 1.2),))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A film of someone who talks all the time, and its face tracks."""
    folder = tmp_path_factory.mktemp("film")
    video = talkers.make_film(folder / "film.mp4", talkers.talk(COUNT, talkers.chatter))
    find_faces(video, talkers.finder(), target=folder / "faces.npz")
    return video, folder / "faces.npz"


@pytest.fixture(scope="module")
def synced(
    film: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, SyncReport]:
    target = tmp_path_factory.mktemp("out") / "picture.mp4"
    report = sync(
        *film,
        timeline(),
        Reuse(),
        language=languages.get("hi"),
        target=target,
        speech=[SAID],
        options=LipOptions(),
    )
    return target, report


def pictures(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.bgr() for frame in reader]


def test_the_face_is_followed_through_every_frame(film: tuple[Path, Path]) -> None:
    tracks = FaceTracks.load(film[1])
    assert len(tracks.times) == COUNT
    assert [len(track) for track in tracks.tracks] == [COUNT]


def test_every_frame_is_kept_and_only_the_spoken_ones_are_drawn(
    film: tuple[Path, Path], synced: tuple[Path, SyncReport]
) -> None:
    target, report = synced
    assert report.changed
    assert report.frames == COUNT
    assert report.faces == 1
    assert 28 <= report.drawn <= 40
    before, after = pictures(film[0]), pictures(target)
    assert len(after) == COUNT
    change = [np.abs(a.astype(int) - b)[120:].mean() for a, b in zip(before, after, strict=True)]
    assert np.mean(change[:20]) < 2.5  # only the encoding
    upper = [np.abs(a.astype(int) - b)[:90].mean() for a, b in zip(before, after, strict=True)]
    assert max(upper) < 3


def test_the_drawn_mouth_follows_the_new_sounds(synced: tuple[Path, SyncReport]) -> None:
    frames = [talkers.Still(image) for image in pictures(synced[0])]
    from dubber.lipsync.points import KEPT

    found = [faces[0].landmarks[list(KEPT), :2] for faces in talkers.finder().find(frames)]
    drawn = talkers.openings(np.array(found, np.float32))
    times = np.arange(COUNT) / 25
    asked = trajectory(timeline().clips, times, language=languages.get("hi"))[:, 0]
    ours = (times > SAID[0] + 0.15) & (times < SAID[1] - 0.05)
    assert np.corrcoef(drawn[ours], asked[ours])[0, 1] > 0.7


def test_a_film_without_a_face_is_left_alone(tmp_path: Path) -> None:
    video = talkers.make_film(tmp_path / "film.mp4", [talkers.nobody()] * 12)
    find_faces(video, talkers.finder(), target=tmp_path / "faces.npz")
    assert FaceTracks.load(tmp_path / "faces.npz").tracks == ()
    report = sync(
        video,
        tmp_path / "faces.npz",
        timeline(),
        Reuse(),
        language=languages.get("hi"),
        target=tmp_path / "picture.mp4",
        speech=[SAID],
        options=LipOptions(),
    )
    assert report == SyncReport(changed=False)
    assert not (tmp_path / "picture.mp4").exists()
