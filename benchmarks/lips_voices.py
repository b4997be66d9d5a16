"""Mouths driven by our own voice in several languages, measured again on the encoded film.

    python -m benchmarks lips_voices CLIP [--languages hi,ta,te,bn] [--lips reuse] [--keep FOLDER]

CLIP shows one face. What is said are the examples of each language pack, one after the other with
pauses between; nothing of the clip's own sound is used.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._measure import signature
from dubber import languages
from dubber.config import LipOptions
from dubber.evaluate.lip_pictures import PictureMeasure, pairs
from dubber.evaluate.lip_sheet import contact_sheet
from dubber.evaluate.lips import LipScores, score
from dubber.languages import Language
from dubber.lipsync.asked import AskedMouths
from dubber.lipsync.tracks import FaceTracks
from dubber.media.video import VideoReader
from dubber.registry import choose, open_engine
from dubber.schema import Clip, Take, Timeline
from dubber.stages.find_faces import find_faces
from dubber.stages.sync import sync

PAUSE = 0.9  # seconds between two lines: longer than a mouth needs to come to rest


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks lips_voices", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--languages", default="hi,ta,te,bn")
    parser.add_argument("--lips", default="reuse")
    parser.add_argument("--keep", type=Path, help="leave films and contact sheets here")
    options = parser.parse_args(arguments)
    renderer = open_engine(choose("lips", options.lips, "auto"))
    finder = open_engine(choose("faces", "", "auto"))
    voice = open_engine(choose("tts", "espeak", "auto"))
    table: dict[str, LipScores] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        faces = folder / "faces.npz"
        find_faces(options.clip, finder, target=faces)
        length = float(FaceTracks.load(faces).times[-1])
        for code in options.languages.split(","):
            language = languages.get(code)
            target = folder / f"{options.lips}.{code}.mp4"
            timeline = said(voice, language, length)
            asked = target.with_suffix(".asked.npz")
            sync(
                options.clip,
                faces,
                timeline,
                renderer,
                language=language,
                target=target,
                speech=[(0.0, length)],
                options=LipOptions(listeners=True),
                asked=asked,
            )
            table[code] = measured(options.clip, target, asked, faces, finder)
            contact_sheet(
                AskedMouths.load(asked),
                FaceTracks.load(faces),
                options.clip,
                target,
                target.with_suffix(".png"),
            )
    voice.close()
    show(table, options.lips)


def said(voice: Any, language: Language, length: float) -> Timeline:
    """As many of the pack's examples as the film has room for."""
    clips: list[Clip] = []
    at = 0.5
    spoken = [example.spoken for example in language.examples]
    for number in range(100):
        speech = voice.say(spoken[number % len(spoken)], voice.voices(language)[0])
        seconds = len(speech.samples) / voice.rate
        if at + seconds + PAUSE > length:
            break
        take = Take(str(number), "", "1.wav", seconds, 1.0, speech.phonemes, speech.words)
        clips.append(Clip(take, at, seconds))
        at += seconds + PAUSE
    return Timeline(language.code, length, tuple(clips))


def measured(clip: Path, target: Path, asked: Path, faces: Path, finder: Any) -> LipScores:
    again = target.with_suffix(".npz")
    find_faces(target, finder, target=again)
    wanted, source = AskedMouths.load(asked), FaceTracks.load(faces)
    pictures = PictureMeasure()
    with VideoReader(clip) as before, VideoReader(target) as after:
        for found in pairs(wanted, source, before, after):
            pictures.add(found)
    return score(
        wanted,
        source=source,
        output=FaceTracks.load(again),
        speech=[],
        pictures=pictures.scores(),
    )


def show(table: dict[str, LipScores], lips: str) -> None:
    print(f"{lips}; {signature()}")
    rows = {code: dict(scores.rows()) for code, scores in table.items()}
    print("| | " + " | ".join(rows) + " |")
    print("|---" * (len(rows) + 1) + "|")
    for what in next(iter(rows.values())):
        print(f"| {what} | " + " | ".join(values[what] for values in rows.values()) + " |")
    for code, scores in table.items():
        print(code, scores.signature)
