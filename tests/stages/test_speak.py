from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.config import TimingOptions
from dubber.engines.fake import FakeSynthesizer
from dubber.errors import EngineError
from dubber.media.audio import read_wav
from dubber.protocols import Speech
from dubber.schema import Segment, Take, Transcript, Voice
from dubber.stages.speak import speak
from dubber.timing.plan import plan

OPTIONS = TimingOptions()
VOICE = Voice("tone", "en")


def as_written(text: str) -> str:
    return text


class CountingVoice(FakeSynthesizer):
    """The fake voice (0.08 s a letter), which remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def say(self, text: str, voice: Voice, *, speed: float = 1.0) -> Speech:
        self.asked.append((text, speed))
        return super().say(text, voice, speed=speed)


def said(*segments: tuple[float, float, str]) -> Transcript:
    return Transcript("en", tuple(Segment(f"s{n}", *s) for n, s in enumerate(segments)))


def spoken(
    transcript: Transcript, folder: Path, voice: FakeSynthesizer, length: float = 30.0
) -> tuple[Take, ...]:
    slots = plan(transcript.segments, length=length, options=OPTIONS)
    return speak(
        transcript, slots, voice, read=as_written, voice=VOICE, folder=folder, options=OPTIONS
    )


def test_a_take_is_a_wav_with_the_times_of_its_sounds(tmp_path: Path) -> None:
    (take,) = spoken(said((1.0, 1.8, "abcdefghij")), tmp_path, FakeSynthesizer())
    samples, rate = read_wav(tmp_path / take.audio)
    assert take.segment_id == "s0"
    assert len(samples) / rate == pytest.approx(take.length, abs=1e-4)
    assert take.length == pytest.approx(0.8, abs=0.01)
    assert len(take.phonemes) == 10
    assert take.phonemes[-1].end <= take.length + 0.01


def test_a_long_line_is_spoken_again_faster(tmp_path: Path) -> None:
    (take,) = spoken(said((1.0, 1.7, "abcdefghij")), tmp_path, FakeSynthesizer())
    assert take.speed == pytest.approx(0.8 / 0.7, abs=0.02)
    assert take.length == pytest.approx(0.7, abs=0.02)


def test_the_speed_never_passes_the_limit(tmp_path: Path) -> None:
    (take,) = spoken(said((1.0, 1.1, "abcdefghij")), tmp_path, FakeSynthesizer(), length=1.2)
    assert take.speed <= OPTIONS.max_speed + 0.01


def test_a_line_after_a_late_one_hurries_to_catch_up(tmp_path: Path) -> None:
    alone = spoken(said((3.0, 3.8, "abcdefghij")), tmp_path, FakeSynthesizer())[0]
    late = spoken(
        said((1.0, 2.0, "a" * 60), (3.0, 3.8, "abcdefghij")), tmp_path, FakeSynthesizer()
    )[1]
    assert late.speed > alone.speed


def test_an_unchanged_line_is_not_spoken_again(tmp_path: Path) -> None:
    voice = CountingVoice()
    first = spoken(said((1.0, 1.7, "abcdefghij"), (5.0, 6.0, "klmno")), tmp_path, voice)
    voice.asked.clear()
    again = spoken(said((1.0, 1.7, "abcdefghij"), (5.0, 6.0, "new words")), tmp_path, voice)
    assert again[0] == first[0]
    assert {text for text, _ in voice.asked} == {"new words"}


def test_a_damaged_take_is_spoken_anew(tmp_path: Path) -> None:
    voice = CountingVoice()
    (take,) = spoken(said((1.0, 1.8, "abcdefghij")), tmp_path, voice)
    (tmp_path / take.audio).write_bytes(b"RIFF")
    voice.asked.clear()
    assert spoken(said((1.0, 1.8, "abcdefghij")), tmp_path, voice) == (take,)
    assert voice.asked


def test_where_there_is_nothing_to_say_there_is_no_take(tmp_path: Path) -> None:
    takes = spoken(said((1.0, 1.5, "…"), (2.0, 4.0, "abc")), tmp_path, FakeSynthesizer())
    assert [take.segment_id for take in takes] == ["s1"]


def test_a_voice_that_fails_says_in_which_segment(tmp_path: Path) -> None:
    class Broken(FakeSynthesizer):
        def say(self, text: str, voice: Voice, *, speed: float = 1.0) -> Speech:
            raise EngineError("out of breath")

    with pytest.raises(EngineError, match="segment s0: out of breath"):
        spoken(said((1.0, 1.5, "abc")), tmp_path, Broken())


def test_a_voice_that_misses_the_speed_is_asked_again(tmp_path: Path) -> None:
    class Slow(FakeSynthesizer):
        def say(self, text: str, voice: Voice, *, speed: float = 1.0) -> Speech:
            speech = super().say(text, voice, speed=1.0 + (speed - 1.0) / 2)
            return Speech(speech.samples.astype(np.float32), speech.phonemes, speech.words)

    (take,) = spoken(said((1.0, 1.7, "abcdefghij")), tmp_path, Slow())
    assert take.length == pytest.approx(0.7, abs=0.03)


def test_progress_counts_segments(tmp_path: Path) -> None:
    transcript = said((1.0, 2.0, "abc"), (3.0, 4.0, "def"))
    seen: list[tuple[float, float]] = []
    speak(
        transcript,
        plan(transcript.segments, length=9.0, options=OPTIONS),
        FakeSynthesizer(),
        read=as_written,
        voice=VOICE,
        folder=tmp_path,
        options=OPTIONS,
        progress=lambda done, whole: seen.append((done, whole)),
    )
    assert seen == [(1, 2), (2, 2)]
