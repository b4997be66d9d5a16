"""The whole job on a clip: wall time against the clip's length, and peak memory.

    python -m benchmarks dub CLIP [--loop MINUTES] [-- options of dub]

With --loop the clip is repeated (streams copied) to that length first: memory must not grow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks._measure import measure, signature
from dubber.media.mux import loop
from dubber.media.probe import probe


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks dub", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--loop", type=float, default=0.0, metavar="MINUTES")
    parser.add_argument("--src", default="hi")
    parser.add_argument("--tgt", default="ta")
    options, others = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = options.clip
        if options.loop:
            clip = folder / "looped.mp4"
            loop(options.clip, clip, seconds=options.loop * 60)
        length = probe(clip).duration
        command = [sys.executable, "-m", "dubber", str(clip), "--src", options.src]
        command += ["--tgt", options.tgt, "-o", str(folder / "out"), *others]
        log = folder / "log"
        cost = measure(command, log=log)
        if cost.code:
            sys.exit(log.read_text(encoding="utf-8"))
        report = next((folder / "out").glob("*.json"))
        sound = json.loads(report.read_text(encoding="utf-8"))["sound"]
    print(signature())
    print("| clip | length s | wall s | wall / length | CPU s | peak MB | LUFS |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {options.clip.name} | {length:.1f} | {cost.wall:.1f} | {cost.wall / length:.2f} | "
        f"{cost.cpu:.1f} | {cost.peak:.0f} | {sound.get('loudness_lufs', float('nan')):.1f} |"
    )
