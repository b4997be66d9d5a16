"""Sound: sample n is heard at n / rate, whatever the film's time stamps do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.errors import DubError
from dubber.media.audio import decode, open_wav, read_wav, write_wav
from dubber.media.loudness import limited, resampled
from dubber.media.probe import choose_audio, probe
from tests.films import make_film


def test_a_sound_is_decoded_from_the_films_beginning(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=3.0, spans=((1.0, 2.0),))
    target = tmp_path / "speech.wav"
    audio = choose_audio(probe(film))
    decode(film, audio=audio, target=target, rate=16_000, channels=1)
    samples, rate = read_wav(target)
    loud = np.flatnonzero(np.abs(samples) > 0.1) / rate
    assert loud[0] == pytest.approx(1.0, abs=0.07)  # within one AAC frame
    assert loud[-1] == pytest.approx(2.0, abs=0.07)


def test_a_wav_comes_back_as_it_was_and_in_pieces(tmp_path: Path) -> None:
    tone = (0.5 * np.sin(np.arange(8000) / 7)).astype(np.float32)
    write_wav(tmp_path / "a.wav", tone, 16_000)
    whole, rate = read_wav(tmp_path / "a.wav")
    assert rate == 16_000
    assert np.abs(np.ravel(whole) - tone).max() < 1 / 30_000
    with open_wav(tmp_path / "a.wav") as reader:
        piece = reader.read(1000, 2000)
    assert np.array_equal(np.ravel(piece), np.ravel(whole)[1000:2000])


def test_a_file_that_is_no_wav_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF but not really")
    with pytest.raises(DubError):
        read_wav(tmp_path / "a.wav")


def test_resampling_keeps_length_and_pitch() -> None:
    clock = np.arange(22_050) / 22_050
    tone = np.sin(2 * np.pi * 440 * clock).astype(np.float32)
    up = resampled(tone, rate=22_050, target=48_000)
    assert len(up) == 48_000
    spectrum = np.abs(np.fft.rfft(up))
    assert abs(int(spectrum.argmax()) - 440) <= 1


def test_a_limiter_holds_peaks_and_neither_delays_nor_shortens() -> None:
    rate = 48_000
    quiet = np.full(rate, 0.2, np.float32)
    quiet[rate // 2 : rate // 2 + 200] = 0.99
    stereo = np.repeat(quiet[:, None], 2, axis=1)
    out = np.concatenate(list(limited([stereo], rate=rate, ceiling_db=-6.0)))
    assert len(out) == rate
    assert np.abs(out).max() <= 10 ** (-6 / 20) + 1e-3
    peak = int(np.abs(out[:, 0]).argmax())
    assert abs(peak - rate // 2) < 400
