"""Pictures: a patch changes its own samples and no others, and times are kept as they were."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dubber.media.probe import probe
from dubber.media.video import VideoReader, VideoWriter, why_not_redrawn
from tests.films import make_film


def planes(frame: object) -> list[np.ndarray]:
    picture = frame.picture  # type: ignore[attr-defined]
    whole = picture.to_ndarray()
    height = picture.height
    return [whole[:height], whole[height:]]


def test_a_patch_leaves_every_other_sample_bit_for_bit(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=1.0, size=(96, 64))
    with VideoReader(film) as reader:
        frame = next(iter(reader))
        patch = frame.crop(16, 8, 32, 24)
        patch[4:20, 4:28] = (10, 200, 30)
        drawn = frame.with_patch(16, 8, patch)
    luma, chroma = planes(frame)
    new_luma, new_chroma = planes(drawn)
    changed = luma != new_luma
    assert changed[12:28, 20:44].all()
    changed[12:28, 20:44] = False
    assert not changed.any()
    assert (chroma != new_chroma).any()
    seen = drawn.crop(24, 16, 8, 8).reshape(-1, 3).mean(axis=0)
    assert np.abs(seen - (10, 200, 30)).max() < 12


def test_a_patch_of_what_is_there_changes_nothing(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=1.0)
    with VideoReader(film) as reader:
        frame = next(iter(reader))
        assert frame.with_patch(0, 0, frame.crop(0, 0, 96, 64)) is frame


@pytest.mark.parametrize("place", [(90, 0, 16, 16), (-2, 0, 16, 16), (0, 60, 16, 16)])
def test_a_patch_outside_the_picture_is_refused(
    tmp_path: Path, place: tuple[int, int, int, int]
) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=1.0)
    with VideoReader(film) as reader, pytest.raises(ValueError, match="is not within"):
        next(iter(reader)).crop(*place)


def uneven_film(path: Path) -> list[Fraction]:
    """A film whose frames are not evenly spaced; their times."""
    ticks = [0, 40, 120, 160, 400, 440]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, tick in enumerate(ticks):
            image = np.full((48, 64, 3), 40 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return [Fraction(tick, 1000) for tick in ticks]


def test_uneven_times_of_frames_survive_the_rewriting(tmp_path: Path) -> None:
    wanted = uneven_film(tmp_path / "uneven.mp4")
    copy = tmp_path / "copy.mp4"
    with VideoReader(tmp_path / "uneven.mp4") as reader, VideoWriter(copy, reader.stream) as writer:
        for frame in reader:
            writer.write(frame)
    with VideoReader(copy) as reader:
        times = [frame.time for frame in reader]
    assert times == pytest.approx([float(time) for time in wanted], abs=0.002)


@pytest.mark.parametrize("size", [(96, 64), (320, 240), (360, 288)])
def test_the_same_pictures_give_the_same_bytes(tmp_path: Path, size: tuple[int, int]) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=2.0, size=size)
    copies = set()
    for _ in range(4):
        copy = tmp_path / "copy.mp4"
        with VideoReader(film) as reader, VideoWriter(copy, reader.stream) as writer:
            for frame in reader:
                writer.write(frame)
        copies.add(copy.read_bytes())
    assert len(copies) == 1


def test_a_plain_film_can_be_redrawn(tmp_path: Path) -> None:
    stream = probe(make_film(tmp_path / "film.mp4", seconds=1.0)).video
    assert stream is not None
    assert why_not_redrawn(stream) == ""
