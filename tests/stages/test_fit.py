from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.config import TimingOptions
from dubber.media.audio import read_wav, write_wav
from dubber.schema import Phoneme, Slot, Take, Timeline, Word
from dubber.stages.fit import fit

RATE = 22_050
OPTIONS = TimingOptions()


def take(folder: Path, segment_id: str, seconds: float, *, speed: float = 1.0) -> Take:
    samples = np.full(round(seconds * RATE), 0.1, np.float32)
    write_wav(folder / f"{segment_id}.wav", samples, RATE)
    length = len(samples) / RATE
    return Take(
        segment_id,
        "text",
        f"{segment_id}.wav",
        length,
        speed,
        (Phoneme("a", 0.0, length / 2), Phoneme("m", length / 2, length)),
        (Word("text", 0.0, length),),
    )


def fitted(folder: Path, takes: list[Take], slots: list[Slot], length: float = 20.0) -> Timeline:
    return fit(takes, slots, length=length, language_code="ta", options=OPTIONS, folder=folder)


def test_takes_that_fit_start_with_their_speakers(tmp_path: Path) -> None:
    takes = [take(tmp_path, "s1", 1.5), take(tmp_path, "s2", 2.0)]
    slots = [Slot("s1", 1.0, 3.0, 4.9), Slot("s2", 5.0, 7.0, 20.0)]
    timeline = fitted(tmp_path, takes, slots)
    assert [clip.start for clip in timeline.clips] == [1.0, 5.0]
    assert [clip.take for clip in timeline.clips] == takes
    assert timeline.notices == ()


def test_a_stretched_clip_names_a_sound_of_its_own_length(tmp_path: Path) -> None:
    long = take(tmp_path, "s1", 2.1, speed=1.2)
    timeline = fitted(tmp_path, [long], [Slot("s1", 1.0, 2.0, 3.0)])
    (clip,) = timeline.clips
    samples, rate = read_wav(tmp_path / clip.take.audio)
    assert clip.take.audio != long.audio
    assert len(samples) / rate == clip.take.length == clip.length == pytest.approx(2.0, abs=1e-4)
    assert clip.stretch == 1.0
    assert clip.take.speed == pytest.approx(1.2 * 1.05, rel=1e-3)
    assert clip.take.phonemes[-1].end == pytest.approx(clip.length)
    assert clip.take.words[0].end == pytest.approx(clip.length)


def test_a_take_that_cannot_fit_is_whole_and_flagged_and_the_next_waits(tmp_path: Path) -> None:
    takes = [take(tmp_path, "s1", 4.0, speed=1.4), take(tmp_path, "s2", 1.0)]
    slots = [Slot("s1", 1.0, 2.0, 3.0), Slot("s2", 3.1, 6.0, 20.0)]
    timeline = fitted(tmp_path, takes, slots)
    first, second = timeline.clips
    assert first.length * OPTIONS.max_stretch == pytest.approx(4.0, abs=1e-3)
    assert second.start >= first.end
    assert [(n.kind, n.segment_id) for n in timeline.notices] == [
        ("too-fast", "s1"),
        ("runs-late", "s1"),
        ("runs-late", "s2"),
    ]
    assert "2.80x" in timeline.notices[0].message


def test_a_take_past_the_end_of_the_film_is_told_and_not_cut(tmp_path: Path) -> None:
    timeline = fitted(
        tmp_path, [take(tmp_path, "s1", 4.0, speed=1.4)], [Slot("s1", 9.0, 10.0, 10.0)], 10.0
    )
    (clip,) = timeline.clips
    assert clip.end > timeline.length == 10.0
    assert "after the film" in timeline.notices[-1].message


def test_a_segment_without_a_take_is_told(tmp_path: Path) -> None:
    timeline = fitted(tmp_path, [], [Slot("s1", 1.0, 2.0, 3.0)])
    assert timeline.clips == ()
    assert [n.kind for n in timeline.notices] == ["not-spoken"]
