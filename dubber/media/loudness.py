"""Loudness by EBU R128 (ITU-R BS.1770), measured and limited by FFmpeg's filters, in a stream."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as AtEnd
from av.filter import Graph

if TYPE_CHECKING:
    from dubber.protocols import Samples

SILENT_LUFS = -70.0  # the gate of BS.1770: below it there is nothing to measure
LIMITER = "attack=5:release=60:level=0:latency=1"


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS and true peak in dBTP; -70 and -inf for silence."""

    lufs: float
    true_peak_db: float

    @property
    def silent(self) -> bool:
        return self.lufs <= SILENT_LUFS


def measure(blocks: Iterable[Samples], *, rate: int) -> Loudness:
    """The loudness of stereo blocks, shape (n, 2)."""
    filtered = _Filter("ebur128", "metadata=1:peak=true", rate)
    found: dict[str, str] = {}
    for frame in itertools.chain(
        itertools.chain.from_iterable(filtered.push(block) for block in blocks), filtered.finish()
    ):
        found.update(frame.metadata)  # running values; the last frame may bear none
    peak = float(found.get("lavfi.r128.true_peak", 0.0))
    return Loudness(
        max(SILENT_LUFS, float(found.get("lavfi.r128.I", SILENT_LUFS))),
        20 * math.log10(peak) if peak > 0 else -math.inf,
    )


def limited(blocks: Iterable[Samples], *, rate: int, ceiling_db: float) -> Iterator[Samples]:
    """The stereo blocks with peaks held below `ceiling_db`; as many samples, none delayed."""
    ceiling = max(0.0625, min(1.0, 10 ** (ceiling_db / 20)))
    filtered = _Filter("alimiter", f"limit={ceiling:.6f}:{LIMITER}", rate)
    for block in blocks:
        for frame in filtered.push(block):
            yield _stereo(frame)
    for frame in filtered.finish():
        yield _stereo(frame)


def resampled(samples: Samples, *, rate: int, target: int) -> Samples:
    """Mono `samples`, shape (n,), at another rate: round(n * target / rate) of them."""
    wanted = round(len(samples) * target / rate)
    if rate == target:
        return samples
    resampler = AudioResampler(format="fltp", layout="mono", rate=target)
    frame = AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate = rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    pieces = [out.to_ndarray()[0] for out in frames if out is not None]
    joined = np.concatenate([*pieces, np.zeros(1, np.float32)])
    return np.pad(joined, (0, max(0, wanted - len(joined))))[:wanted]


class _Filter:
    """One FFmpeg filter over stereo float samples."""

    def __init__(self, name: str, arguments: str, rate: int) -> None:
        self._rate, self._position = rate, 0
        self._graph = Graph()
        source = self._graph.add(
            "abuffer",
            args=f"sample_rate={rate}:sample_fmt=flt:channel_layout=stereo:time_base=1/{rate}",
        )
        worker = self._graph.add(name, args=arguments)
        form = self._graph.add("aformat", args="sample_fmts=flt:channel_layouts=stereo")
        sink = self._graph.add("abuffersink")
        source.link_to(worker)
        worker.link_to(form)
        form.link_to(sink)
        self._graph.configure()

    def push(self, block: Samples) -> Iterator[AudioFrame]:
        if not len(block):
            return
        flat = np.ascontiguousarray(block, np.float32).reshape(1, -1)
        frame = AudioFrame.from_ndarray(flat, format="flt", layout="stereo")
        frame.sample_rate, frame.pts = self._rate, self._position
        self._position += len(block)
        self._graph.push(frame)
        yield from self._pull()

    def finish(self) -> Iterator[AudioFrame]:
        if not self._position:
            return
        self._graph.push(None)
        yield from self._pull()

    def _pull(self) -> Iterator[AudioFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (NothingYet, AtEnd):
                return
            assert isinstance(frame, AudioFrame)
            yield frame


def _stereo(frame: AudioFrame) -> Samples:
    """Shape (n, 2)."""
    return np.asarray(frame.to_ndarray(), np.float32).reshape(-1, 2)
