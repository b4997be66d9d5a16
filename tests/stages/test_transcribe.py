from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dubber import languages
from dubber.engines.fake import FakeRecognizer
from dubber.errors import DataError
from dubber.media.audio import open_wav, write_wav
from dubber.stages.transcribe import PIECE_SECONDS, pieces, transcribe

RATE = 16_000
HINDI = languages.get("hi")


def sound(
    seconds: float, *spoken: tuple[float, float]
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    samples = np.zeros(round(seconds * RATE), np.float32)
    for start, end in spoken:
        clock = np.arange(round((end - start) * RATE)) / RATE
        samples[round(start * RATE) :][: len(clock)] = 0.3 * np.sin(2 * np.pi * 200 * clock)
    return samples


def test_segments_are_numbered_and_timed_on_the_film(tmp_path: Path) -> None:
    wav = tmp_path / "speech.wav"
    talk = [(10.0, 12.0), (170.0, 178.0), (300.0, 303.0)]
    write_wav(wav, sound(400, *talk), RATE)
    seen: list[tuple[float, float]] = []
    heard = transcribe(
        wav, FakeRecognizer(), language=HINDI, progress=lambda *step: seen.append(step)
    )
    assert [s.id for s in heard.segments] == ["s0001", "s0002", "s0003"]
    for segment, (start, end) in zip(heard.segments, talk, strict=True):
        assert segment.start == pytest.approx(start, abs=0.11)
        assert segment.end == pytest.approx(end, abs=0.11)
        assert segment.words[0].start == segment.start
    assert heard.language == "hi"
    assert seen[-1] == (400.0, 400.0)


def test_pieces_are_cut_in_silences_and_none_is_lost(tmp_path: Path) -> None:
    wav = tmp_path / "speech.wav"
    write_wav(wav, sound(470, (0.0, 150.0), (151.0, 300.0), (301.0, 470.0)), RATE)
    with open_wav(wav) as reader:
        cuts = list(pieces(reader))
        assert cuts[0][0] == 0
        assert cuts[-1][1] == reader.frames
        for (_, last), (first, _) in pairwise(cuts):
            assert last == first
            assert not np.any(reader.read(first - 100, first + 100))
    assert all(last - first <= PIECE_SECONDS * RATE for first, last in cuts)


def test_silence_and_an_empty_sound_give_no_segments(tmp_path: Path) -> None:
    for name, seconds in (("silence", 2.0), ("nothing", 0.0)):
        wav = tmp_path / f"{name}.wav"
        write_wav(wav, sound(seconds), RATE)
        assert transcribe(wav, FakeRecognizer(), language=HINDI).segments == ()


def test_another_kind_of_wav_is_refused(tmp_path: Path) -> None:
    wav = tmp_path / "speech.wav"
    write_wav(wav, sound(1.0), 22_050)
    with pytest.raises(DataError, match="16 kHz"):
        transcribe(wav, FakeRecognizer(), language=HINDI)
