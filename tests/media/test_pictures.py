"""Pictures as films have them: turned, in other formats, in other colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.errors import MediaError
from dubber.media import streams
from dubber.media.colour import LAYOUTS, to_planes
from dubber.media.planes import samples
from dubber.media.probe import probe
from dubber.media.video import Frame, VideoReader, VideoWriter, why_not_redrawn
from tests.media.making import make_picture

RED = (0, 0, 200)


def first_frame(path: Path) -> Frame:
    with VideoReader(path) as reader:
        return next(iter(reader))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_display_matrix_says_what_was_written_into_it(rotation: int, mirrored: bool) -> None:
    assert streams.orientation(streams.matrix_of(rotation, mirrored)) == (rotation, mirrored)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_picture_is_patched_where_it_is_seen(tmp_path: Path, rotation: int) -> None:
    film = make_picture(tmp_path / "film.mp4", rotation=rotation)
    frame = first_frame(film)
    media = probe(film)
    assert media.video is not None
    assert media.video.rotation == rotation
    assert frame.bgr().shape[:2] == ((96, 64) if rotation % 180 else (64, 96))
    patch = np.full((8, 12, 3), RED, np.uint8)
    patched = frame.with_patch(4, 10, patch)
    seen = patched.bgr()
    assert np.abs(seen[10:18, 4:16].astype(int) - RED).max() <= 4
    seen = seen.copy()
    seen[10:18, 4:16] = frame.bgr()[10:18, 4:16]
    assert np.array_equal(seen, frame.bgr())


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_picture_stays_turned(tmp_path: Path, rotation: int) -> None:
    film = make_picture(tmp_path / "film.mp4", rotation=rotation)
    with VideoReader(film) as reader, VideoWriter(tmp_path / "new.mp4", reader.stream) as writer:
        for frame in reader:
            writer.write(frame)
    media = probe(tmp_path / "new.mp4")
    assert media.video is not None
    assert media.video.rotation == rotation


@pytest.mark.parametrize("colour", [1, 6])  # BT.709 and BT.601
@pytest.mark.parametrize(
    "pixels", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le"]
)
def test_only_the_samples_under_a_patch_change(tmp_path: Path, pixels: str, colour: int) -> None:
    film = make_picture(tmp_path / "film.mp4", pixels=pixels, colour=colour)
    frame = first_frame(film)
    patched = frame.with_patch(16, 8, np.full((16, 24, 3), RED, np.uint8))
    assert np.abs(patched.bgr()[8:24, 16:40].astype(int) - RED).max() <= 4
    for plane in range(3):
        before, after = samples(frame.picture, plane), samples(patched.picture, plane).copy()
        high, wide = before.shape[0] / 64, before.shape[1] / 96
        rows = slice(round(8 * high), round(24 * high))
        columns = slice(round(16 * wide), round(40 * wide))
        assert not np.array_equal(after[rows, columns], before[rows, columns])
        after[rows, columns] = before[rows, columns]
        assert np.array_equal(after, before)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p"])
def test_bgr_and_back_gives_every_sample_again(tmp_path: Path, pixels: str) -> None:
    frame = first_frame(make_picture(tmp_path / "film.mp4", pixels=pixels))
    planes = to_planes(frame.bgr(), LAYOUTS[pixels], frame._colours)
    for number, plane in enumerate(planes):
        off = np.abs(plane.astype(int) - samples(frame.picture, number))
        assert np.percentile(off, 99) <= 1  # but where a colour has no BGR


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_drawing_the_colour_that_is_there_moves_no_sample(tmp_path: Path, pixels: str) -> None:
    frame = first_frame(make_picture(tmp_path / "film.mp4", pixels=pixels))
    patch = frame.crop(0, 0, 96, 64)
    patch[30:34, 40:44] = RED
    patched = frame.with_patch(0, 0, patch)
    for plane in range(3):
        moved = samples(patched.picture, plane) != samples(frame.picture, plane)
        assert 0 < moved.sum() <= 16


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    film = make_picture(tmp_path / "film.mp4", pixels="yuv420p10le", frames=4)
    with VideoReader(film) as reader, VideoWriter(tmp_path / "new.mp4", reader.stream) as writer:
        for frame in reader:
            writer.write(frame)
    media = probe(tmp_path / "new.mp4")
    assert media.video is not None
    assert (media.video.codec, media.video.pixel_format) == ("hevc", "yuv420p10le")
    assert media.video.frames == 4


def test_a_picture_of_odd_size_is_not_redrawn(tmp_path: Path) -> None:
    film = make_picture(tmp_path / "film.mkv", codec="ffv1", size=(95, 63))
    with pytest.raises(MediaError, match="no picture in a format we read"):
        probe(film)  # ffv1 is not on the list of decoders
    film = make_picture(tmp_path / "film.mov", codec="mjpeg", pixels="yuvj420p", size=(95, 63))
    media = probe(film)
    assert media.video is not None
    assert "odd" in why_not_redrawn(media.video)
    with pytest.raises(MediaError, match="odd"):
        VideoWriter(tmp_path / "new.mp4", media.video)
    assert not list(tmp_path.glob(".*"))


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    film = make_picture(tmp_path / "film.mp4")

    def write_and_fail() -> None:
        target = tmp_path / "new.mp4"
        with VideoReader(film) as reader, VideoWriter(target, reader.stream) as writer:
            writer.write(next(iter(reader)))
            raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_part_is_the_same_pixels_as_in_the_whole(tmp_path: Path, rotation: int) -> None:
    film = make_picture(tmp_path / "film.mp4", frames=2, rotation=rotation)
    rng = np.random.default_rng(rotation)
    with VideoReader(film) as reader:
        frame = next(iter(reader))
    for _ in range(20):
        w, h = (int(rng.integers(1, side)) for side in (frame.width, frame.height))
        x, y = int(rng.integers(0, frame.width - w)), int(rng.integers(0, frame.height - h))
        fresh = Frame(frame.picture, index=0, ticks=0, time_base=frame.time_base, rotation=rotation)
        assert np.array_equal(fresh.crop(x, y, w, h), frame.bgr()[y : y + h, x : x + w])
        assert "_image" not in vars(fresh)


def test_a_thumbnail_looks_like_its_picture(tmp_path: Path) -> None:
    film = make_picture(tmp_path / "film.mp4", frames=1)
    with VideoReader(film) as reader:
        frame = next(iter(reader))
    small = frame.thumbnail(24)
    assert 20 <= small.shape[1] <= 24
    off = small.mean(axis=(0, 1)) - frame.bgr().mean(axis=(0, 1))
    assert np.abs(off).max() < 6
