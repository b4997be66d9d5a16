"""The one channel in which speech is heard, out of whatever the film has."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from dubber.errors import MediaError
from dubber.media import audio
from dubber.media.audio import SpeechMix
from dubber.media.probe import choose_audio, probe
from tests.media.making import RATE, make_sound

TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(2 * RATE) / RATE)).astype(np.float32)
QUIET = np.zeros_like(TONE)


def heard(path: Path, tmp_path: Path, channels: int = 1) -> np.ndarray:
    target = tmp_path / "speech.wav"
    chosen = choose_audio(probe(path))
    audio.decode(path, audio=chosen, target=target, rate=16_000, channels=channels)
    return audio.open_wav(target).read()


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def test_two_channels_that_cancel_each_other_are_still_heard(tmp_path: Path) -> None:
    film = make_sound(tmp_path / "anti.flac", np.stack([TONE, -TONE]), layout="stereo")
    assert loudness(heard(film, tmp_path)) == pytest.approx(loudness(TONE), rel=0.02)


def test_two_like_channels_give_their_mean(tmp_path: Path) -> None:
    film = make_sound(tmp_path / "both.flac", np.stack([TONE, TONE]), layout="stereo")
    assert loudness(heard(film, tmp_path)) == pytest.approx(loudness(TONE), rel=0.02)


def test_of_five_and_one_channels_the_centre_speaks(tmp_path: Path) -> None:
    music = np.roll(TONE, 40) * 0.8
    planes = np.stack([music, music, TONE, QUIET, music, music])
    film = make_sound(tmp_path / "film.flac", planes, layout="5.1")
    speech = heard(film, tmp_path)
    assert speech.shape[1] == 1
    assert loudness(speech) == pytest.approx(loudness(TONE), rel=0.02)
    assert heard(film, tmp_path, channels=2).shape[1] == 2


def test_one_channel_on_both_sides_is_as_loud_as_it_was(tmp_path: Path) -> None:
    film = make_sound(tmp_path / "mono.flac", TONE[None], layout="mono")
    both = heard(film, tmp_path, channels=2)
    assert np.array_equal(both[:, 0], both[:, 1])
    assert loudness(both) == pytest.approx(loudness(TONE), rel=0.02)


def test_the_weights_glide_where_channels_begin_to_cancel() -> None:
    mixer = SpeechMix()
    like, unlike = np.stack([TONE, TONE]), np.stack([TONE, -TONE])
    first = mixer.mix(like[:, :4096], ["FL", "FR"], RATE)
    later = [mixer.mix(unlike[:, i : i + 4096], ["FL", "FR"], RATE) for i in range(0, 81920, 4096)]
    joined = np.concatenate([first, *later])
    steepest = float(np.abs(np.diff(TONE)).max())
    inside = np.abs(np.diff(joined[4096:]))
    assert inside.max() < 1.2 * steepest
    assert loudness(later[-1]) == pytest.approx(loudness(TONE), rel=0.02)


def test_a_wav_over_four_gigabytes_says_so_in_its_header() -> None:
    from dubber.media import wav

    frames = 8 * 3600 * RATE  # eight hours of stereo
    header = wav._header(RATE, 2, frames)
    assert len(header) == wav.HEADER_BYTES
    assert wav._parse(header, Path("long.wav")) == (RATE, 2, wav.HEADER_BYTES, frames * 4)


def test_a_hole_in_the_sound_is_silence_and_what_follows_is_in_time(tmp_path: Path) -> None:
    film = tmp_path / "hole.mka"
    with av.open(str(film), "w", format="matroska") as container:
        track = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        assert isinstance(track, AudioStream)
        for first in range(0, 2 * RATE, RATE // 10):
            part = np.rint(TONE[None, first : first + RATE // 10] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = first if first < RATE else first + RATE  # a second is missing
            container.mux(track.encode(frame))
        container.mux(track.encode())
    samples = heard(film, tmp_path)[:, 0]
    assert len(samples) == pytest.approx(3 * 16_000, abs=160)
    assert loudness(samples[16_200:31_800]) < 1e-3
    for part in (samples[:15_800], samples[32_200:]):
        assert loudness(part) == pytest.approx(loudness(TONE), rel=0.03)


def test_more_channels_than_pyav_can_bear_are_refused_in_time(tmp_path: Path) -> None:
    film = make_sound(
        tmp_path / "many.wav", np.stack([TONE] * 16), layout="16 channels", codec="pcm_s16le"
    )
    with pytest.raises(MediaError, match="channels"):
        heard(film, tmp_path)
