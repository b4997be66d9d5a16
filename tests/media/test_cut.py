"""Parts of films read as films, and stills made into films."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dubber.errors import DataError, MediaError, NoInputError
from dubber.media.cut import Cut, Film, open_film
from dubber.media.still import Still, read_frame, read_still
from dubber.media.video import Frame, VideoWriter
from tests.lipsync.talkers import photo
from tests.media.making import make_picture


def frames_of(film: Film) -> list[Frame]:
    with open_film(film) as reader:
        return list(reader)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_picture(tmp_path_factory.mktemp("cut") / "film.mp4", frames=20)


def test_a_cut_begins_at_zero_with_the_pictures_of_its_part(film: Path) -> None:
    whole, part = frames_of(film), frames_of(Cut(film, 0.5, 1.2, 9.0 / 10 - 0.2))
    assert [frame.index for frame in part] == list(range(7))
    assert [frame.time for frame in part] == pytest.approx(np.arange(7) / 10)
    for frame, same in zip(part, whole[5:], strict=False):
        assert np.array_equal(frame.bgr(), same.bgr())


def test_a_cut_is_repeated_until_it_is_long_enough(film: Path) -> None:
    looped = frames_of(Cut(film, 0.5, 1.0, 1.3))
    assert [frame.time for frame in looped] == pytest.approx(np.arange(13) / 10)
    assert np.array_equal(looped[5].bgr(), looped[0].bgr())
    assert np.array_equal(looped[12].bgr(), looped[2].bgr())


def test_a_looped_cut_can_be_written(film: Path, tmp_path: Path) -> None:
    with (
        open_film(Cut(film, 0.0, 2.0, 4.5)) as reader,
        VideoWriter(tmp_path / "out.mp4", reader.stream) as writer,
    ):
        for frame in reader:
            writer.write(frame)
    assert len(frames_of(tmp_path / "out.mp4")) == 45


def test_a_cut_without_a_picture_is_an_error(film: Path) -> None:
    with pytest.raises(MediaError, match="no picture in that part"):
        frames_of(Cut(film, 5.0, 6.0, 1.0))
    with pytest.raises(ValueError, match="bad cut"):
        Cut(film, 2.0, 1.0, 1.0)


def test_a_still_is_a_film_that_is_drawn_as_it_is_read(tmp_path: Path) -> None:
    still = tmp_path / "face.png"
    odd = photo()[:-1, :-1]
    cv2.imwrite(str(still), odd)
    image = read_still(still)
    assert image.shape == (odd.shape[0] // 2 * 2, odd.shape[1] // 2 * 2, 3)
    asked: list[float] = []

    def picture(time: float) -> np.ndarray:
        asked.append(time)
        return image if time < 0.3 else np.full_like(image, 200)

    shown = frames_of(Still(picture, 0.6))
    assert [frame.time for frame in shown] == pytest.approx(np.arange(15) / 25)
    assert asked[-15:] == pytest.approx(np.arange(15) / 25)
    off = np.abs(shown[7].bgr().astype(int) - image)
    assert off.mean() < 3  # colours at half the size
    assert abs(float((shown[7].bgr().astype(int) - image).mean())) < 0.5
    assert np.abs(shown[8].bgr().astype(int) - 200).max() <= 2


def test_one_picture_of_a_film_is_the_one_shown_then(film: Path) -> None:
    frames = frames_of(film)
    for at, index in ((0.0, 0), (0.79, 7), (0.8, 8), (1.95, 19)):
        assert np.array_equal(read_frame(film, at), frames[index].bgr())
    with pytest.raises(DataError, match=r"ends at 2\.0 s"):
        read_frame(film, 2.5)


def test_a_picture_whose_light_would_be_lost_is_refused(tmp_path: Path) -> None:
    options = {"x265-params": "log-level=none:colorprim=9:transfer=16:colormatrix=9"}
    film = make_picture(
        tmp_path / "hdr.mp4", codec="libx265", pixels="yuv420p10le", options=options, colour=9
    )
    with pytest.raises(MediaError, match="HDR"):
        read_frame(film, 0.0)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(b"\x89PNG no more")
    with pytest.raises(MediaError):
        read_still(tmp_path / "face.png")
    with pytest.raises(NoInputError):
        read_still(tmp_path / "none.png")
