"""The README's commands run as they are written (on fakes, where engines would be slow)."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from dubber.media.audio import write_wav
from tests.films import make_film
from tests.lipsync.talkers import photo

README = Path(__file__).resolve().parent.parent / "README.md"
FAKES = ["--asr", "fake", "--mt", "fake", "--tts", "fake"]
SRT = "1\n00:00:00,500 --> 00:00:01,500\nनमस्ते।\n"


def commands() -> list[str]:
    """Every `dub …` in the README's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [
        line.split("  #")[0].split("   #")[0] for block in blocks for line in block.split("\n")
    ]
    parts = [part.strip() for line in lines for part in line.split(" · ")]
    return [re.sub(r"^\.venv/bin/", "", p) for p in parts if re.match(r"(\.venv/bin/)?dub ", p)]


def test_there_are_commands_to_test() -> None:
    assert "dub video.mp4 --src hi --tgt ta" in commands()
    assert len(commands()) >= 8


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_works(line: str, tmp_path: Path) -> None:
    make_film(tmp_path / "video.mp4", seconds=2.0, spans=((0.5, 1.2),))
    (tmp_path / "said.srt").write_text(SRT, encoding="utf-8")
    (tmp_path / "terms.csv").write_text("term,translation\nनमस्ते,keep\n", encoding="utf-8")
    cv2.imwrite(str(tmp_path / "face.png"), photo())
    clock = np.arange(16_000) / 16_000
    hum = 0.2 * np.sin(700 * clock) * (1 + np.sin(20 * clock))
    write_wav(tmp_path / "speech.wav", hum.astype(np.float32), 16_000)
    words = shlex.split(line.replace("*.mp4", "video.mp4"))[1:]
    fakes = FAKES if "--src" in words else []
    done = subprocess.run(
        [sys.executable, "-m", "dubber", *words, *fakes],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
