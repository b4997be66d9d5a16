"""`dub evaluate sync` as it is typed."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dubber.commands.evaluate import evaluate_sync
from dubber.errors import MediaError, NoInputError
from dubber.lipsync.mel import RATE
from tests.evaluate.test_sync import openings, voice
from tests.lipsync.talkers import make_film, talking


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(evaluate_sync, [str(word) for word in words], catch_exceptions=False)


def test_the_faces_of_a_film_are_judged_by_the_embedded_expert(tmp_path: Path) -> None:
    film, sound = tmp_path / "film.mp4", tmp_path / "sound.wav"
    make_film(film, [talking(float(opening)) for opening in openings()[:50]])
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(voice().tobytes())
    told = json.loads(typed(film, "--audio", sound, "--json").stdout)
    face, whole = told["scores"]
    assert (face["what"], whole["what"]) == ("face 1", "all")
    assert face["windows"] == 50 - 9 + 1
    assert 0 <= face["lse_d"] <= 2
    assert abs(face["offset"]) <= 0.6
    assert "NOT comparable" in told["signature"]
    assert "LSE-D(dub)" in typed(film, "--audio", sound).stdout
    with pytest.raises(MediaError, match="no audio track"):
        typed(film)
    with pytest.raises(NoInputError, match="no such file"):
        typed(tmp_path / "none.mp4")
