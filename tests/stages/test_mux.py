"""The finished film: what was put in is in it, the picture as it was, and nothing half-written."""

from __future__ import annotations

import errno
import hashlib
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dubber.errors import MediaError, OutputError, StorageError
from dubber.languages import get
from dubber.media import gate, streams
from dubber.media.audio import write_wav
from dubber.media.probe import probe
from dubber.media.verify import Expected, verify
from dubber.stages import mux as stage
from dubber.stages.mux import MuxReport, mux
from tests.films import make_film
from tests.media.making import make_picture

SECONDS = 3.0
LINE = "வணக்கம், நலமா?"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", seconds=SECONDS)


def track_of(folder: Path, seconds: float) -> Path:
    clock = np.arange(round(seconds * 48_000)) / 48_000
    tone = (0.2 * np.sin(2 * np.pi * 440 * clock)).astype(np.float32)
    write_wav(folder / "track.wav", np.stack([tone, tone], axis=1), 48_000)
    return folder / "track.wav"


def dubbed(film: Path, folder: Path, target: Path, **more: object) -> MuxReport:
    media = probe(film)
    subtitles = folder / "lines.srt"
    subtitles.write_text(f"1\n00:00:00,500 --> 00:00:01,500\n{LINE}\n", encoding="utf-8")
    options: dict[str, object] = {"subtitles": [(subtitles, get("ta"))], "comment": "made", **more}
    return mux(
        media,
        None,
        track_of(folder, media.duration),
        target,
        language=get("ta"),
        source_language=get("hi"),
        **options,  # type: ignore[arg-type]
    )


def picture_times(path: Path) -> list[tuple[float, bytes]]:
    """When each frame is shown, and what is in it."""
    with gate.open_input(path) as container:
        stream = streams.picture_stream(container)
        assert stream is not None
        zero = streams.film_zero(container)
        frames = gate.decoded(container, stream, path=path)
        return [
            (
                float((frame.pts or 0) * streams.fraction(frame.time_base) - zero),
                hashlib.sha256(frame.to_ndarray().tobytes()).digest(),
            )
            for frame in frames
        ]


def test_the_picture_is_copied_and_every_track_says_its_language(
    film: Path, tmp_path: Path
) -> None:
    target = tmp_path / "film.ta.mp4"
    report = dubbed(film, tmp_path, target, keep_original=True)
    assert report.picture == "copied"
    assert report.duration == pytest.approx(SECONDS, abs=0.11)
    assert picture_times(target) == picture_times(film)
    media = probe(target)
    assert [(track.language, track.default) for track in media.audio] == [
        ("tam", True),
        ("hin", False),
    ]
    with av.open(str(target)) as container:
        assert container.metadata["comment"] == "made"
        lines = container.streams.subtitles[0]
        assert lines.language == "tam"
        shown = [bytes(p) for p in container.demux(lines) if p.size > 2]
    assert [line[2:].decode() for line in shown] == [LINE]


def test_the_same_film_is_the_same_bytes(film: Path, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        dubbed(film, tmp_path, tmp_path / name)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_film_without_a_picture_becomes_a_sound(tmp_path: Path) -> None:
    sound = make_film(tmp_path / "talk.mp4", seconds=2.0, video=False)
    report = dubbed(sound, tmp_path, tmp_path / "talk.ta.m4a")
    assert (report.picture, report.frames) == ("", 0)
    assert probe(tmp_path / "talk.ta.m4a").video is None


def test_a_picture_that_an_mp4_cannot_hold_is_encoded_and_said_so(tmp_path: Path) -> None:
    film = make_picture(tmp_path / "film.mkv", codec="mjpeg", pixels="yuvj420p")
    report = dubbed(film, tmp_path, tmp_path / "film.ta.mp4")
    assert report.picture == "re-encoded"
    assert [notice.kind for notice in report.notices] == ["picture-re-encoded"]
    media = probe(tmp_path / "film.ta.mp4")
    assert media.video is not None
    assert media.video.codec == "h264"


def test_a_turned_film_stays_turned(tmp_path: Path) -> None:
    film = make_picture(tmp_path / "film.mp4", rotation=90)
    dubbed(film, tmp_path, tmp_path / "film.ta.mp4")
    media = probe(tmp_path / "film.ta.mp4")
    assert media.video is not None
    assert media.video.rotation == 90


def test_chapters_and_title_are_kept(film: Path, tmp_path: Path) -> None:
    titled = tmp_path / "titled.mkv"
    with av.open(str(film)) as source, av.open(str(titled), "w") as out:
        out.metadata["title"] = "मेरा गाँव"
        pairs = {s.index: out.add_stream_from_template(s, opaque=True) for s in source.streams}
        out.set_chapters(
            [
                {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000),
                 "metadata": {"title": "एक"}},
                {"id": 2, "start": 1000, "end": 3000, "time_base": Fraction(1, 1000),
                 "metadata": {"title": "दो"}},
            ]
        )  # fmt: skip
        for packet in source.demux():
            if packet.size:
                packet.stream = pairs[packet.stream.index]
                out.mux_one(packet)
    dubbed(titled, tmp_path, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["title"] == "मेरा गाँव"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["एक", "दो"]


def test_a_film_that_is_not_right_never_gets_its_name(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "film.ta.mp4"
    target.write_bytes(b"what stood there before")

    def refuse(path: Path, expected: Expected) -> None:
        raise MediaError("not right", subject=path)

    monkeypatch.setattr(stage, "verify", refuse)
    with pytest.raises(MediaError):
        dubbed(film, tmp_path, target)
    assert target.read_bytes() == b"what stood there before"
    assert not list(tmp_path.glob(".*.part"))


def test_a_full_disk_is_told_from_a_wrong_place(film: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        dubbed(film, tmp_path, tmp_path / "nowhere" / "film.ta.mp4")
    for code, kind in ((errno.ENOSPC, StorageError), (errno.EROFS, OutputError)):
        with pytest.raises(kind), gate.writing(tmp_path / "x"):
            raise OSError(code, os.strerror(code))


def test_nothing_half_written_is_left_when_a_write_fails(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_full(path: Path, **options: object) -> object:
        return real(Path("/dev/full"), **options)  # type: ignore[arg-type]

    real = gate.open_output
    monkeypatch.setattr(gate, "open_output", opened_full)
    with pytest.raises(StorageError, match="No space left"):
        dubbed(film, tmp_path, tmp_path / "film.ta.mp4")
    assert not list(tmp_path.glob("*.mp4"))
    assert not list(tmp_path.glob(".*.part"))


def test_dead_drafts_are_swept_and_living_ones_left(tmp_path: Path) -> None:
    target = tmp_path / "film [x]*?.mp4"
    dead = tmp_path / f".{target.name}.{2**22 + 1}.part"  # above every process id
    living = gate.draft_of(target)
    other = tmp_path / f".other.mp4.{2**22 + 1}.part"
    for path in (dead, living, other):
        path.write_bytes(b"x")
    gate.sweep(target)
    assert (dead.exists(), living.exists(), other.exists()) == (False, True, True)


@pytest.mark.parametrize("name", ["க" * 83 + ".mp4", "🎬" * 62 + ".mp4", "a.mp4"])
def test_a_draft_of_any_name_can_be_written(tmp_path: Path, name: str) -> None:
    draft = gate.draft_of(tmp_path / name)
    draft.write_bytes(b"x")
    assert draft.parent == tmp_path


def test_verify_finds_what_is_missing(film: Path) -> None:
    good = Expected(SECONDS, 0.11, picture=True, sounds=1, subtitles=0)
    assert verify(film, good).frames == round(SECONDS * 10)
    for wrong in (
        Expected(SECONDS + 1, 0.11, picture=True, sounds=1, subtitles=0),
        Expected(SECONDS, 0.11, picture=True, sounds=2, subtitles=0),
        Expected(SECONDS, 0.11, picture=False, sounds=1, subtitles=0),
        Expected(SECONDS, 0.11, picture=True, sounds=1, subtitles=1),
    ):
        with pytest.raises(MediaError):
            verify(film, wrong)
    silence = make_film(film.with_name("silent.mp4"), seconds=1.0, spans=())
    with pytest.raises(MediaError, match="silence"):
        verify(silence, Expected(1.0, 0.11, picture=True, sounds=1, subtitles=0))
