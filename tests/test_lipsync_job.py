"""A face says another sound: `dub lipsync`, and `dub evaluate lips` of what it made."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from dubber import languages
from dubber.commands.lips import evaluate_lips
from dubber.commands.lips import lipsync as lipsync_command
from dubber.commands.lips import talk as talk_command
from dubber.config import LipOptions
from dubber.engines.lips_reuse import Reuse
from dubber.errors import DataError, DubError, MediaError, NoInputError, OutputError, UsageError
from dubber.lipsync.asked import AskedMouths
from dubber.lipsync_job import LipsyncJob, LipsyncResult, lipsync
from dubber.media.audio import blocks
from dubber.media.probe import probe
from dubber.media.video import VideoReader
from dubber.media.wav import write_wav
from tests import films
from tests.lipsync import talkers

RATE = 16_000
COUNT = 60


def vowels(seconds: float, spans: list[tuple[float, float]]) -> np.ndarray:
    """An [a] in each of `spans`, silence elsewhere."""
    clock = np.arange(round(seconds * RATE)) / RATE
    voice = np.zeros(len(clock))
    for k in range(1, 40):
        gain = sum(1 / (1 + ((120 * k - f) / 90) ** 2) for f in (750, 1200, 2600))
        voice += gain * np.sin(2 * np.pi * 120 * k * clock)
    loud = sum((clock > a) & (clock < b) for a, b in spans)
    return (0.05 * voice * loud).astype(np.float32)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    return talkers.make_film(folder / "film.mp4", talkers.talk(COUNT, talkers.chatter))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    write_wav(path, vowels(1.6, [(0.3, 0.6), (0.9, 1.3)]), RATE)
    return path


def run(video: Path, audio: Path, out: Path, **more: object) -> LipsyncResult:
    return lipsync(
        LipsyncJob(video, audio, out, **more),  # type: ignore[arg-type]
        finder=talkers.finder(),
        renderer=Reuse(),
        options=LipOptions(),
    )


def pictures(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.bgr() for frame in reader]


def loudness(path: Path) -> np.ndarray:
    """Root mean square of each tenth of a second."""
    media = probe(path)
    heard = np.concatenate(list(blocks(path, audio=media.audio[0], rate=RATE, channels=1)))[:, 0]
    whole = heard[: len(heard) // 1600 * 1600].reshape(-1, 1600)
    return np.asarray(np.sqrt((whole**2).mean(axis=1)))


def openings(path: Path) -> np.ndarray:
    from dubber.lipsync.points import KEPT

    stills = [talkers.Still(image) for image in pictures(path)]
    found = [faces[0].landmarks[list(KEPT), :2] for faces in talkers.finder().find(stills)]
    return talkers.openings(np.array(found, np.float32))


def test_the_mouth_opens_for_the_sound_and_rests_in_its_silence(
    film: Path, sound: Path, tmp_path: Path
) -> None:
    result = run(film, sound, tmp_path / "out.mp4", fit="crop", asked=tmp_path / "asked.npz")
    assert result.picture.changed
    assert result.picture.frames == 40
    opening = openings(tmp_path / "out.mp4")
    assert len(opening) == 40
    assert opening[25:31].mean() > opening[2:5].mean() + 0.05
    assert opening[36:].mean() < 0.6 * opening[25:31].mean()
    asked = AskedMouths.load(tmp_path / "asked.npz")
    assert len(asked.roles) == 1


def test_the_rest_of_the_film_stays_around_the_sound(
    film: Path, sound: Path, tmp_path: Path
) -> None:
    result = run(film, sound, tmp_path / "out.mp4", start=0.4)
    assert result.picture.frames == COUNT
    before, after = pictures(film), pictures(tmp_path / "out.mp4")
    change = [np.abs(a.astype(int) - b)[120:].mean() for a, b in zip(before, after, strict=True)]
    assert max(change[:6]) < 3
    heard = loudness(tmp_path / "out.mp4")
    assert heard[:6].max() < 0.01
    assert heard[8:9].min() > 0.02


def test_the_films_own_sound_is_kept_around_the_new_one(sound: Path, tmp_path: Path) -> None:
    video = films.make_film(tmp_path / "film.mp4", seconds=4.0, spans=((0.2, 3.8),))
    result = run(video, sound, tmp_path / "out.mp4", start=1.0)
    assert not result.picture.changed
    assert result.film.picture == "copied"
    heard = loudness(tmp_path / "out.mp4")
    assert heard[4:9].min() > 0.1
    assert heard[10:12].max() < 0.05  # the new sound begins with silence
    assert heard[30:36].min() > 0.1


def test_a_short_film_is_looped_until_the_sound_ends(
    film: Path, sound: Path, tmp_path: Path
) -> None:
    result = run(film, sound, tmp_path / "out.mp4", start=0.2, end=1.0, fit="loop")
    assert result.picture.frames == 40
    assert probe(tmp_path / "out.mp4").duration == pytest.approx(1.6, abs=0.08)


def test_a_photo_speaks(sound: Path, tmp_path: Path) -> None:
    still = tmp_path / "face.png"
    cv2.imwrite(str(still), talkers.photo())
    result = run(still, sound, tmp_path / "out.mp4")
    assert result.picture.drawn == 40
    opening = openings(tmp_path / "out.mp4")
    assert opening[25:31].mean() > opening[36:].mean() + 0.05


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"start": 1.5}, DataError),
        ({"start": 90.0}, DataError),
        ({"fit": "bend"}, UsageError),
        ({"text": "hello"}, UsageError),
        ({"start": 1.0, "end": 0.5}, UsageError),
        ({"out": "no/such/folder/out.mp4"}, OutputError),
        ({"out": "out.avi"}, OutputError),
        ({"audio": "none.wav"}, NoInputError),
        ({"video": "bad.png"}, MediaError),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(
    film: Path, sound: Path, tmp_path: Path, more: dict[str, object], error: type[DubError]
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    given = {"video": film, "audio": sound, "out": "out.mp4", **more}
    paths = {name: tmp_path / str(given.pop(name)) for name in ("video", "audio", "out")}
    with pytest.raises(error):
        run(paths["video"], paths["audio"], paths["out"], **given)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.png"]


def test_nothing_is_replaced_unasked_and_no_input_ever(
    film: Path, sound: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"mine")
    with pytest.raises(OutputError, match="there already"):
        run(film, sound, out)
    assert out.read_bytes() == b"mine"
    run(film, sound, out, fit="crop", overwrite=True)
    whole = out.read_bytes()
    with pytest.raises(OutputError, match="made from"):
        run(out, sound, out, overwrite=True)
    assert out.read_bytes() == whole


def test_the_commands_make_and_measure(film: Path, tmp_path: Path) -> None:
    from dubber.engines.tts_espeak import Espeak

    voice = Espeak()
    said = "बाबा का काम"
    spoken = voice.say(said, voice.voices(languages.get("hi"))[0])
    write_wav(tmp_path / "say.wav", spoken.samples, voice.rate)
    voice.close()
    out, asked = tmp_path / "out.mp4", tmp_path / "asked.npz"
    options = ["--video", film, "--audio", tmp_path / "say.wav", "--text", said]
    options += ["--language", "hi", "-o", out, "--keep-asked", asked, "-q"]
    made = CliRunner().invoke(lipsync_command, [str(o) for o in options])
    assert made.exit_code == 0, made.output
    assert "frames drawn" in made.output
    sheet, both = tmp_path / "sheet.png", tmp_path / "both.mp4"
    options = [film, out, "--asked", asked, "--sheet", sheet, "--side-by-side", both]
    told = CliRunner().invoke(evaluate_lips, [str(o) for o in options])
    assert told.exit_code == 0, told.output
    assert "lips|v:" in told.output
    image = cv2.imread(str(sheet))
    assert image is not None
    assert image.shape[0] > 300
    assert probe(both).video is not None
    told = CliRunner().invoke(evaluate_lips, [str(o) for o in [*options[:4], "--json"]])
    figures = json.loads(told.stdout)
    assert figures["closures"] >= 3
    assert figures["closed"] > 0.6
    assert figures["opening"] > 0.7


def test_a_photo_talks_as_typed(sound: Path, tmp_path: Path) -> None:
    face, out = tmp_path / "face.jpg", tmp_path / "talk.mp4"
    cv2.imwrite(str(face), talkers.photo())
    asked = tmp_path / "asked.npz"
    words = ["--face", face, "--audio", sound, "-o", out, "--keep-asked", asked, "-q"]
    made = CliRunner().invoke(talk_command, [str(word) for word in words])
    assert made.exit_code == 0, made.output
    assert "40 of 40 frames drawn" in made.output
    media = probe(out)
    assert media.audio
    assert media.duration == pytest.approx(1.6, abs=0.08)
    opening = openings(out)
    assert opening[25:31].mean() > opening[2:5].mean() + 0.1
    assert opening[36:].mean() < 0.5 * opening[25:31].mean()
    shown = pictures(out)
    assert np.abs(shown[39].astype(int) - shown[0])[40:100, 100:220].mean() > 1  # the head moved


def test_somebody_filmed_talks_as_long_as_the_sound(
    film: Path, sound: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.wav"
    write_wav(long, vowels(3.0, [(0.3, 0.6), (2.5, 2.8)]), RATE)
    for name, audio, frames in (("cut", sound, 40), ("repeated", long, 75)):
        job = {"fit": "loop", "must_speak": True}
        result = run(film, audio, tmp_path / f"{name}.mp4", **job)
        assert result.picture.frames == result.picture.drawn == frames
    result = run(film, sound, tmp_path / "one.mp4", at=0.4, head="gentle", must_speak=True)
    assert result.picture.drawn == 40


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"face": "none.png"}, 66, "no such file"),
        ({"face": "bad.png"}, 65, "not an image"),
        ({"face": "wall.png"}, 65, "no face in it"),
        ({"face": "wall.mp4"}, 65, "no face in it"),
        ({"face": "two.png"}, 65, "2 faces in it"),
        ({"face": "tiny.png"}, 65, "less than 48"),
        ({"audio": "none.wav"}, 66, "no such file"),
        ({"audio": "bad.wav"}, 65, "bad.wav"),
        ({"audio": "silent.mp4"}, 65, "no audio track"),
        ({"audio": "quiet.wav"}, 65, "nothing is heard"),
        ({"audio": "empty.wav"}, 65, "empty.wav"),
        ({"audio": "short.wav"}, 65, "only 0.20 s of sound"),
        ({"out": "no/such/out.mp4"}, 73, "no such folder"),
        ({"at": "9"}, 65, "the film ends"),
    ],
)
def test_what_cannot_talk_ends_with_its_code_and_leaves_nothing(
    film: Path, sound: Path, tmp_path: Path, given: dict[str, str], code: int, told: str
) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG no more")
    (tmp_path / "bad.wav").write_bytes(b"RIFF of nothing")
    cv2.imwrite(str(tmp_path / "wall.png"), talkers.nobody())
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([talkers.photo()] * 2))
    cv2.imwrite(str(tmp_path / "tiny.png"), cv2.resize(talkers.photo(), (120, 90)))
    talkers.make_film(tmp_path / "wall.mp4", [talkers.nobody()] * 50)
    talkers.make_film(tmp_path / "silent.mp4", [talkers.nobody()] * 5)
    write_wav(tmp_path / "quiet.wav", np.zeros(RATE, np.float32), RATE)
    write_wav(tmp_path / "short.wav", vowels(0.2, [(0.0, 0.2)]), RATE)
    write_wav(tmp_path / "empty.wav", np.zeros(0, np.float32), RATE)
    before = sorted(tmp_path.iterdir())
    files = {"face": film, "audio": sound, "out": tmp_path / "out.mp4"}
    words = ["-q", "--lips", "reuse"]
    for name, path in files.items():
        words += [f"--{name}", str(tmp_path / given[name] if name in given else path)]
    words += ["--at", given["at"]] if "at" in given else []
    done = CliRunner().invoke(talk_command, words)
    assert isinstance(done.exception, DubError)
    assert done.exception.exit_code == code
    assert told in str(done.exception)
    assert "\n" not in str(done.exception)
    assert sorted(tmp_path.iterdir()) == before
