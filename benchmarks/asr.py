"""Recognition of a folder of clips: word and character error rate, and time against the clips'.

    python -m benchmarks asr FOLDER [--language hi] [--asr whisper[:MODEL]] [--clips 30] [--every N]

FOLDER holds sound files and a manifest.csv with the columns file and transcript. Both sides are
normalised alike: NFC, nukta dropped, chandrabindu written as anusvara, no punctuation. Segments are
those of the tool; a clip in which nothing is heard counts as all words lost.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
import time
import unicodedata
from pathlib import Path

import jiwer

from benchmarks._measure import signature
from dubber import languages
from dubber.media.audio import decode
from dubber.media.probe import probe
from dubber.registry import choose, open_engine
from dubber.stages.transcribe import transcribe

DROPPED = re.compile("[\u093c\u200b-\u200f\ufeff]")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks asr", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", default="hi")
    parser.add_argument("--asr", default="")
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first clips")
    parser.add_argument("--every", type=int, default=1, help="take one clip in so many")
    parser.add_argument("--show", action="store_true", help="print what was said and heard")
    options = parser.parse_args(arguments)
    language = languages.get(options.language)
    engine = open_engine(choose("asr", options.asr, "auto"))
    manifest = (options.folder / "manifest.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(manifest))[options.skip :: options.every][: options.clips]
    said, heard, length, spent = [], [], 0.0, 0.0
    with tempfile.TemporaryDirectory() as name:
        speech = Path(name) / "speech.wav"
        for row in rows:
            clip = options.folder / row["file"]
            media = probe(clip)
            decode(clip, audio=media.audio[0], target=speech, rate=16_000, channels=1)
            begun = time.monotonic()
            transcript = transcribe(speech, engine, language=language)
            spent += time.monotonic() - begun
            length += media.duration
            said.append(plain(row["transcript"]))
            heard.append(plain(" ".join(segment.text for segment in transcript.segments)))
            if options.show:
                print(f"{row['file']}\n  said   {said[-1]}\n  heard  {heard[-1]}")
    print(signature())
    print("| clips | seconds | WER | CER | time / length |")
    print("|---|---|---|---|---|")
    print(
        f"| {len(rows)} | {length:.0f} | {jiwer.wer(said, heard):.3f} | "
        f"{jiwer.cer(said, heard):.3f} | {spent / length:.2f} |"
    )


def plain(text: str) -> str:
    """`text` as both sides are compared."""
    text = unicodedata.normalize("NFC", text).lower().replace("\u0901", "\u0902")
    text = DROPPED.sub("", text)
    letters = (" " if unicodedata.category(c)[0] in "PSZ" else c for c in text)
    return " ".join("".join(letters).split())
