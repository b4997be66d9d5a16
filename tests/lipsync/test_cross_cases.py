"""Films that go wrong elsewhere: the right face at the right time, and no frame lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dubber import languages
from dubber.config import LipOptions
from dubber.engines.lips_reuse import Reuse
from dubber.lipsync.tracks import FaceTracks
from dubber.media import streams
from dubber.media.video import VideoReader
from dubber.schema import Clip, Phoneme, Take, Timeline
from dubber.stages.find_faces import find_faces
from dubber.stages.sync import SyncReport, sync
from tests.lipsync import talkers

Span = tuple[float, float]
WIDTH, HEIGHT = talkers.SIZE
OPTIONS = {"crf": "10", "bf": "0", "preset": "ultrafast"}
KEPT, DRAWN = 16, 22  # levels by which a mouth differs after the encoding alone, and drawn anew


def still() -> np.ndarray:
    return talkers.talking(0.02)


def stranger(opening: float) -> np.ndarray:
    """Somebody else: mirrored, darker, with a longer face and thicker brows."""
    image = cv2.flip(talkers.talking(opening), 1)
    face = talkers.face()
    middle = WIDTH - float(face[:, 0].mean())
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    top = float(face[:, 1].min())
    narrow = middle + (x - middle) * 1.12
    long = np.where(y > top, top + (y - top) * 0.9, y).astype(np.float32)
    image = cv2.remap(image, narrow.astype(np.float32), long, cv2.INTER_CUBIC)
    return np.asarray(np.clip(image * np.array([0.5, 0.62, 0.72]), 0, 255), np.uint8)


def film(
    path: Path,
    images: Sequence[np.ndarray],
    *,
    ticks: Sequence[int] | None = None,
    rate: int = 25,
    rotation: int = 0,
) -> Path:
    """Images as a film; `ticks` in thousandths of a second where they come irregularly."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options=OPTIONS)
        stored = [np.ascontiguousarray(np.rot90(image, rotation // 90)) for image in images]
        stream.width, stream.height = stored[0].shape[1], stored[0].shape[0]
        stream.pix_fmt = "yuv420p"
        if rotation:
            stream.set_display_matrix(streams.matrix_of(rotation, False))
        if ticks is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, image in enumerate(stored):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if ticks is not None:
                frame.pts, frame.time_base = ticks[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def babble(start: float, end: float) -> Clip:
    sounds = tuple(
        Phoneme("am"[n % 2], n * 0.12, (n + 1) * 0.12) for n in range(int((end - start) / 0.12))
    )
    return Clip(Take("1", "", "1.wav", end - start, 1.0, sounds), start, end - start)


def dubbed(
    video: Path, spans: Sequence[Span], *, tracks: FaceTracks | None = None
) -> tuple[SyncReport, list[np.ndarray], FaceTracks]:
    """The film with its mouths re-drawn in `spans`: report, pictures, faces found."""
    faces, target = video.with_suffix(".npz"), video.with_suffix(".out.mp4")
    find_faces(video, talkers.finder(), target=faces)
    if tracks is not None:
        tracks.save(faces)
    report = sync(
        video,
        faces,
        Timeline("hi", 99.0, tuple(babble(*span) for span in spans)),
        Reuse(),
        language=languages.get("hi"),
        target=target,
        speech=list(spans),
        options=LipOptions(),
    )
    return report, pictures(target) if report.changed else [], FaceTracks.load(faces)


def pictures(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.bgr() for frame in reader]


def times(path: Path) -> list[float]:
    with VideoReader(path) as reader:
        return [round(frame.time, 3) for frame in reader]


def changes(video: Path, after: Sequence[np.ndarray], part: tuple[slice, slice]) -> np.ndarray:
    """For each frame, how much was drawn in a part of the picture: its most changed percent."""
    before = pictures(video)
    assert len(before) == len(after)
    return np.array(
        [
            np.percentile(np.abs(a[part].astype(int) - b[part]).max(axis=2), 99)
            for a, b in zip(before, after, strict=True)
        ]
    )


def mouth(x: int = 0) -> tuple[slice, slice]:
    low = talkers.face()[:, 1].mean()
    return slice(int(low), int(low) + 60), slice(x + 80, x + 230)


def test_of_two_who_take_turns_each_says_their_own_lines(tmp_path: Path) -> None:
    images = []
    for n in range(90):
        left = talkers.talking(talkers.chatter(n)) if n < 44 else still()
        right = stranger(talkers.chatter(n)) if n >= 46 else stranger(0.02)
        images.append(np.hstack([left, right]))
    video = film(tmp_path / "film.mp4", images)
    report, after, tracks = dubbed(video, [(0.2, 1.6), (2.0, 3.4)])
    assert report.faces == 2
    assert len({track.person for track in tracks.tracks}) == 2
    left, right = changes(video, after, mouth()), changes(video, after, mouth(WIDTH))
    assert left[8:38].mean() > DRAWN
    assert right[8:38].max() < KEPT
    assert right[54:82].mean() > DRAWN
    assert left[54:82].max() < KEPT


def test_a_face_that_leaves_and_returns_is_the_same_person(tmp_path: Path) -> None:
    talk = talkers.talk(70, talkers.chatter)
    images = [*talk[:30], *[talkers.nobody()] * 20, *talk[30:]]
    video = film(tmp_path / "film.mp4", images)
    report, after, tracks = dubbed(video, [(0.1, 3.4)])
    assert len(tracks.tracks) == 2
    assert {track.person for track in tracks.tracks} == {0}
    assert report.faces == 2
    drawn = changes(video, after, mouth())
    assert drawn[32:48].max() < KEPT
    assert drawn[8:26].mean() > DRAWN
    assert drawn[56:80].mean() > DRAWN


def test_another_shot_of_the_same_person_draws_on_all_their_mouths(tmp_path: Path) -> None:
    talk = talkers.talk(60, talkers.chatter)
    near = cv2.getRotationMatrix2D((165, 110), 0, 1.35)
    close = [cv2.warpAffine(image, near, talkers.SIZE) for image in talk[30:]]
    cutaway = [stranger(0.02)] * 20
    video = film(tmp_path / "film.mp4", [*talk[:30], *cutaway, *close])
    report, after, tracks = dubbed(video, [(0.1, 3.1)])
    assert list(tracks.cuts) == [30, 50]
    assert [track.person for track in tracks.tracks] == [0, 1, 0]
    assert report.faces == 2  # the listener of the cutaway keeps their mouth
    drawn = changes(video, after, mouth())
    assert drawn[32:48].max() < KEPT
    assert drawn[52:70].mean() > DRAWN


def test_a_hand_before_the_mouth_stays_in_the_picture(tmp_path: Path) -> None:
    images = talkers.talk(75, talkers.chatter)
    face = talkers.face()
    lips = face[:, 1].max() - 22
    for n in range(30, 46):
        skin = tuple(int(v) for v in np.median(images[n][90:100, 150:180], axis=(0, 1)) * 0.85)
        middle = int(face[:, 0].mean())
        for finger in range(4):
            y = int(lips) - 12 + 11 * finger
            cv2.line(images[n], (middle - 38, y), (middle + 70, y - 6), (40, 60, 90), 12)
            cv2.line(images[n], (middle - 38, y), (middle + 70, y - 6), skin, 9)
    video = film(tmp_path / "film.mp4", images)
    _, after, tracks = dubbed(video, [(0.1, 2.9)])
    (track,) = tracks.tracks
    assert track.clear[32:44].max() < 0.1
    assert track.clear[:28].min() > 0.9
    assert track.clear[48:].min() > 0.9
    drawn = changes(video, after, mouth())
    assert drawn[31:45].max() < KEPT
    assert drawn[8:26].mean() > DRAWN
    assert drawn[52:70].mean() > DRAWN


def test_a_head_that_turns_away_gets_its_own_mouth_back(tmp_path: Path) -> None:
    video = film(tmp_path / "film.mp4", talkers.talk(75, talkers.chatter))
    _, _, tracks = dubbed(video, [(0.1, 2.9)])
    (track,) = tracks.tracks
    yaw = np.interp(np.arange(75), [25, 40, 75], [0, 70, 70]).astype(np.float32)
    turned = replace(tracks, tracks=(replace(track, yaw=yaw),))
    _, after, _ = dubbed(video, [(0.1, 2.9)], tracks=turned)
    drawn = changes(video, after, mouth())
    assert drawn[8:24].mean() > DRAWN
    assert drawn[42:].max() < KEPT


def test_a_face_of_24_pixels_keeps_them(tmp_path: Path) -> None:
    images = []
    for image in talkers.talk(30, talkers.chatter):
        small = cv2.resize(image, (90, 68), interpolation=cv2.INTER_AREA)
        whole = talkers.nobody().copy()
        whole[80:148, 100:190] = small
        images.append(whole)
    video = film(tmp_path / "film.mp4", images)
    report, _, tracks = dubbed(video, [(0.1, 1.1)])
    assert not report.changed
    assert all(track.size.max() < 40 for track in tracks.tracks)


def test_a_phone_film_that_lies_on_its_side_is_drawn_upright(tmp_path: Path) -> None:
    images = talkers.talk(40, talkers.chatter)
    video = film(tmp_path / "film.mp4", images, rotation=90)
    report, after, _ = dubbed(video, [(0.1, 1.5)])
    assert report.drawn > 25
    assert after[0].shape == images[0].shape
    drawn = changes(video, after, mouth())
    assert drawn[8:30].mean() > DRAWN
    assert changes(video, after, (slice(0, 60), slice(0, WIDTH))).max() < KEPT


@pytest.mark.parametrize("rate", [50, 60])
def test_at_twice_the_frames_the_mouth_takes_twice_the_steps(tmp_path: Path, rate: int) -> None:
    count = int(1.2 * rate)
    images = talkers.talk(count, lambda n: talkers.chatter(n * 25 / rate))  # type: ignore[arg-type]
    video = film(tmp_path / "film.mp4", images, rate=rate)
    report, after, _ = dubbed(video, [(0.1, 1.1)])
    assert report.frames == count
    drawn = changes(video, after, mouth())
    assert drawn[int(0.35 * rate) : rate].mean() > DRAWN


def test_frames_of_uneven_length_keep_their_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    ticks = np.cumsum(rng.choice([17, 33, 40, 100], 60)).tolist()
    video = film(tmp_path / "film.mp4", talkers.talk(60, talkers.chatter), ticks=ticks)
    due = times(video)
    report, after, _ = dubbed(video, [(0.2, due[-1] - 0.2)])
    assert report.drawn > 40
    assert len(after) == 60
    assert np.allclose(times(video.with_suffix(".out.mp4")), due, atol=0.002)


def test_a_face_that_fills_a_4k_picture_is_drawn(tmp_path: Path) -> None:
    images = [
        cv2.resize(image, (3840, 2160), interpolation=cv2.INTER_LINEAR)
        for image in talkers.talk(8, talkers.chatter)
    ]
    video = film(tmp_path / "film.mp4", images)
    report, after, _ = dubbed(video, [(0.0, 0.32)])
    assert report.drawn >= 7
    assert after[0].shape == (2160, 3840, 3)
