"""The mix: as long as the film, as loud as asked, the original ducked under the voice and kept
elsewhere, every word of the voice in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dubber.config import MixOptions
from dubber.media.audio import read_wav, write_wav
from dubber.media.loudness import measure
from dubber.media.probe import choose_audio, probe
from dubber.schema import Clip, Take, Timeline
from dubber.stages.mix import RATE, MixReport, mix
from tests.films import make_film

LENGTH, START, SPOKEN = 6.0, 2.0, 1.5
HIGH = 1000.0  # the voice's tone; the film's own is at 300 Hz


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    return make_film(folder / "film.mp4", seconds=LENGTH, spans=((0.0, LENGTH),))


def mixed(
    film: Path, folder: Path, options: MixOptions, clips: tuple[Clip, ...] | None = None
) -> tuple[MixReport, np.ndarray]:
    clock = np.arange(round(SPOKEN * 22_050)) / 22_050
    write_wav(folder / "a.wav", (0.2 * np.sin(2 * np.pi * HIGH * clock)).astype(np.float32), 22_050)
    take = Take("s1", "x", "a.wav", SPOKEN, 1.0)
    laid = (Clip(take, START, SPOKEN),) if clips is None else clips
    target = folder / "track.wav"
    report = mix(
        Timeline("ta", LENGTH, laid),
        film,
        audio=choose_audio(probe(film)),
        folder=folder,
        target=target,
        options=options,
    )
    samples, rate = read_wav(target)
    assert rate == RATE
    return report, samples


def power_db(samples: np.ndarray, start: float, end: float, hertz: float) -> float:
    part = samples[round(start * RATE) : round(end * RATE), 0]
    wave = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / RATE)
    return float(20 * np.log10(np.abs(part @ wave) / len(part) + 1e-9))


def test_the_track_is_as_long_as_the_film_and_as_loud_as_asked(film: Path, tmp_path: Path) -> None:
    for wanted in (-16.0, -23.0):
        report, samples = mixed(film, tmp_path, MixOptions(loudness_lufs=wanted))
        assert len(samples) == round(LENGTH * RATE)
        assert report.loudness_lufs == pytest.approx(wanted, abs=0.5)
        assert report.true_peak_db <= MixOptions().true_peak_db + 0.3
        assert measure([samples], rate=RATE).lufs == pytest.approx(report.loudness_lufs, abs=0.1)


def test_the_original_is_ducked_under_the_voice_and_back_after_it(
    film: Path, tmp_path: Path
) -> None:
    _, samples = mixed(film, tmp_path, MixOptions(duck_db=-18.0))
    under = power_db(samples, START + 0.1, START + SPOKEN - 0.1, 300)
    after = power_db(samples, START + SPOKEN + 0.5, LENGTH - 0.2, 300)
    assert after - under == pytest.approx(18.0, abs=1.0)


def test_the_voice_sounds_where_its_clip_lies_and_nowhere_else(film: Path, tmp_path: Path) -> None:
    _, samples = mixed(film, tmp_path, MixOptions())
    inside = power_db(samples, START + 0.05, START + SPOKEN - 0.05, HIGH)
    for start, end in ((0.5, START - 0.1), (START + SPOKEN + 0.1, LENGTH)):
        assert power_db(samples, start, end, HIGH) < inside - 30


def test_without_background_there_is_silence_where_nobody_speaks(
    film: Path, tmp_path: Path
) -> None:
    _, samples = mixed(film, tmp_path, MixOptions(keep_background=False))
    assert np.abs(samples[: round((START - 0.1) * RATE)]).max() < 1e-3
    assert np.abs(samples[round(START * RATE) :]).max() > 0.05


def test_a_film_in_which_nobody_speaks_keeps_its_sound(film: Path, tmp_path: Path) -> None:
    report, _ = mixed(film, tmp_path, MixOptions(), clips=())
    assert report.loudness_lufs == pytest.approx(report.source_lufs, abs=0.3)


def test_a_stretched_clip_is_heard_whole(film: Path, tmp_path: Path) -> None:
    clip = Clip(Take("s1", "x", "a.wav", SPOKEN, 1.0), START, SPOKEN / 1.25, 1.25)
    _, samples = mixed(film, tmp_path, MixOptions(), clips=(clip,))
    end = START + clip.length
    assert power_db(samples, end - 0.3, end - 0.05, HIGH) > -40
    assert power_db(samples, end + 0.1, end + 0.4, HIGH) < -60


def test_silence_has_no_loudness() -> None:
    silence = np.zeros((RATE, 2), np.float32)
    found = measure([silence], rate=RATE)
    assert found.silent
    assert replace(found, lufs=-20.0).silent is False


def test_a_line_that_runs_past_the_film_is_not_cut(film: Path, tmp_path: Path) -> None:
    late = Clip(Take("s1", "x", "a.wav", SPOKEN, 1.0), LENGTH - 0.5, SPOKEN)
    _, samples = mixed(film, tmp_path, MixOptions(), (late,))
    assert len(samples) == round((LENGTH - 0.5 + SPOKEN) * RATE)
    assert power_db(samples, LENGTH + 0.2, LENGTH + 0.8, HIGH) > -30


def test_a_voice_full_of_peaks_still_comes_out_as_loud_as_asked(film: Path, tmp_path: Path) -> None:
    options = MixOptions(loudness_lufs=-14.0, keep_background=False)
    clock = np.arange(round(SPOKEN * RATE)) / RATE
    syllables = np.maximum(0, np.sin(2 * np.pi * 4 * clock)) ** 2  # as many a second as in speech
    breath = np.random.default_rng(1).normal(0, 0.2, len(clock))
    voice = np.clip(syllables * breath, -0.9, 0.9).astype(np.float32)
    write_wav(tmp_path / "peaks.wav", voice, RATE)
    clip = Clip(Take("s1", "x", "peaks.wav", SPOKEN, 1.0), START, SPOKEN)
    report, _ = mixed(film, tmp_path, options, (clip,))
    assert report.loudness_lufs == pytest.approx(-14.0, abs=0.5)
    assert report.true_peak_db <= -1.5
