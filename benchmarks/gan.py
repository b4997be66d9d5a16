"""The generator of mouths: frames a second, processor time a frame, and the time of its fit to a
face. On a busy machine the processor time is what can be compared.

    python -m benchmarks gan [--model FOLDER] [--threads 2] [--seconds 5]

With torch installed also the generator of Wav2Lip: in torch as it was published, and exported to
onnxruntime, in the same run. Weights of that one are random: speed only.
"""

from __future__ import annotations

import argparse
import io
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks._measure import signature
from dubber.lipsync.gan.adapt import fit_head
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, WIDTH
from dubber.lipsync.gan.model import MouthModel
from dubber.lipsync.gan.painter import SOLVED
from dubber.weights import locate

BATCHES = (1, 8)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gan", description=__doc__)
    parser.add_argument("--model", default="lips-gan")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args(arguments)
    print(f"{signature()}; {options.threads} threads; load {_load()}")
    model = MouthModel(Path(locate(options.model)), threads=options.threads)
    random = np.random.default_rng(1)
    for batch in BATCHES:
        shown = random.integers(0, 255, (batch, CHANNELS, HEIGHT, WIDTH)).astype(np.uint8)
        _tell(
            f"lips.gan {WIDTH}x{HEIGHT}, onnxruntime, batch {batch}",
            lambda shown=shown: model.draw(shown, model.head),
            batch,
            options.seconds,
        )
    shown = random.integers(0, 255, (SOLVED, CHANNELS, HEIGHT, WIDTH)).astype(np.uint8)
    real = np.ascontiguousarray(shown[:, 3:6].transpose(0, 2, 3, 1))
    covered = np.zeros((SOLVED, HEIGHT, WIDTH), np.uint8)
    covered[:, 20:90, 24:104] = 255
    begun, used = time.perf_counter(), time.process_time()
    fit_head(model, shown, real, covered, covered)
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    print(f"closed-form fit to a face, {SOLVED} frames: {wall:.1f} s, {cpu:.1f} s of processor")
    if find_spec("torch") is not None:
        _wav2lip(options.threads, options.seconds)


def _wav2lip(threads: int, seconds: float) -> None:
    import onnxruntime
    import torch

    from dubber.lipsync.gan.family import Wav2Lip

    torch.set_num_threads(threads)
    net = Wav2Lip().eval()
    heard, faces = torch.rand(8, 1, 80, 16), torch.rand(8, 6, 96, 96)
    with torch.no_grad():
        _tell("Wav2Lip 96x96, torch as published, batch 8", lambda: net(heard, faces), 8, seconds)
        content = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                net, (heard, faces), content, dynamo=False, input_names=["heard", "faces"]
            )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(content.getvalue(), settings)
    given = {"heard": heard.numpy(), "faces": faces.numpy()}
    _tell("Wav2Lip 96x96, onnxruntime, batch 8", lambda: session.run(None, given), 8, seconds)


def _tell(name: str, call: Callable[[], object], batch: int, seconds: float) -> None:
    """One line for a call that draws `batch` frames; the first call is left out."""
    call()
    begun, used, frames = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < seconds:
        call()
        frames += batch
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    print(
        f"{name}: {frames / wall:.0f} frames/s, {1000 * cpu / frames:.1f} ms of processor a frame"
    )


def _load() -> str:
    """How busy the machine was in the last minute, for beside a speed."""
    return Path("/proc/loadavg").read_text(encoding="utf-8").split()[0]
