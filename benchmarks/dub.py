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
from typing import Any

from benchmarks._measure import measure, signature
from dubber.media import gate
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


def loop(source: Path, target: Path, *, seconds: float) -> None:
    """`source` repeated to at least `seconds`, its packets copied."""
    with gate.open_output(target, container_format="mp4") as output:
        streams: dict[int, Any] = {}
        ends: dict[int, int] = {}
        shift: dict[int, int] = {}
        while True:
            with gate.open_input(source) as container:
                for stream in container.streams:
                    if stream.index not in streams:
                        streams[stream.index] = output.add_stream_from_template(stream)
                for packet in container.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    index = packet.stream.index
                    packet.pts += shift.get(index, 0)
                    packet.dts += shift.get(index, 0)
                    ends[index] = max(ends.get(index, 0), packet.pts + (packet.duration or 0))
                    bases = {s.index: s.time_base for s in container.streams}
                    packet.stream = streams[index]
                    output.mux(packet)
                length = max(ends[index] * bases[index] for index in ends)
                shift = {index: int(length / bases[index]) for index in ends}
            if length >= seconds:
                return
