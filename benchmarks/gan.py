"""The generator of mouths beside Wav2Lip's, in one run, by turns.

    python -m benchmarks gan [--model FOLDER] [--threads 2] [--rounds 8] [--seconds 0.5]

Every round each network draws batches of 8 for so many seconds; told are the medians over rounds
of frames a second, of the processor time a frame, and of its ratio to Wav2Lip in torch, as it was
published, in the same round. On a busy machine the processor time and its ratio are what can be
compared: a core does 1000 over it frames a second. What is installed is measured: onnxruntime,
openvino, torch. Weights but those of --model are random: speed only.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks._measure import signature
from dubber.lipsync.gan.adapt import Examples, fit_head
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, WIDTH
from dubber.lipsync.gan.model import MouthModel
from dubber.lipsync.gan.painter import SOLVED
from dubber.lipsync.gan.recipe import read_recipe
from dubber.lipsync.gan.runtime import RUNTIMES, open_network
from dubber.weights import locate

BATCH = 8
PUBLISHED = "Wav2Lip 96x96, torch as published"
LARGE = Path(__file__).parents[1] / "configs" / "lips-256.toml"

Draw = Callable[[], object]  # BATCH frames


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gan", description=__doc__)
    parser.add_argument("--model", default="lips-gan")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args(arguments)
    here = [name for name in RUNTIMES if find_spec(name) is not None]
    print(f"{signature()}; {options.threads} threads; load {_load()}; {', '.join(here)}")
    model = MouthModel(Path(locate(options.model)), threads=options.threads)
    with tempfile.TemporaryDirectory() as folder:
        draws: dict[str, Draw] = {}
        for runtime in here:
            draws |= _ours(runtime, Path(locate(options.model)), options.threads)
        if find_spec("torch") is not None:
            draws |= _exported(here, Path(folder), options.threads)
        _race(draws, options.rounds, options.seconds)
    _fit(model)


def _ours(runtime: str, folder: Path, threads: int) -> dict[str, Draw]:
    model = MouthModel(folder, threads=threads, runtime=runtime)
    shown = np.random.default_rng(1).integers(0, 255, (BATCH, CHANNELS, HEIGHT, WIDTH), np.uint8)
    return {f"lips.gan {WIDTH}x{HEIGHT}, {runtime}": lambda: model.draw(shown, model.head)}


def _exported(runtimes: list[str], folder: Path, threads: int) -> dict[str, Draw]:
    """What torch makes for this: Wav2Lip's generator and ours of twice the size."""
    import torch

    from dubber.lipsync.gan.export import write_network
    from dubber.lipsync.gan.family import Wav2Lip
    from dubber.lipsync.gan.nets import MouthNet, MouthNetSizes

    torch.set_num_threads(threads)
    net = Wav2Lip().eval()
    heard, faces = torch.rand(BATCH, 1, 80, 16), torch.rand(BATCH, 6, 96, 96)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is the older of torch's exporters
        torch.onnx.export(
            net,
            (heard, faces),
            str(folder / "wav2lip.onnx"),
            dynamo=False,
            input_names=["heard", "faces"],
            output_names=["drawn"],
        )
    ((_, recipe),) = read_recipe(LARGE)
    large = MouthNet(MouthNetSizes(recipe.widths)).eval()
    write_network(large, folder / "large.onnx", times=2)
    shape = (BATCH, CHANNELS, 2 * HEIGHT, 2 * WIDTH)
    shown = {
        "shown": np.random.default_rng(1).integers(0, 255, shape, np.uint8),
        "weight": large.head.weight.detach().numpy(),
        "bias": large.head.bias.detach().numpy(),
    }
    given = {"heard": heard.numpy(), "faces": faces.numpy()}

    def published() -> None:
        with torch.no_grad():
            net(heard, faces)

    draws: dict[str, Draw] = {}
    for runtime in runtimes:
        ours = open_network(folder / "large.onnx", threads=threads, runtime=runtime)
        theirs = open_network(folder / "wav2lip.onnx", threads=threads, runtime=runtime)
        name = f"lips.gan {2 * WIDTH}x{2 * HEIGHT}, {runtime}"
        draws[name] = lambda ours=ours: ours.run("drawn", shown)
        draws[f"Wav2Lip 96x96, {runtime}"] = lambda theirs=theirs: theirs.run("drawn", given)
    return draws | {PUBLISHED: published}


def _race(draws: dict[str, Draw], rounds: int, seconds: float) -> None:
    """Every network in every round; a line for each."""
    speeds: dict[str, list[float]] = {name: [] for name in draws}
    costs: dict[str, list[float]] = {name: [] for name in draws}
    for draw in draws.values():
        draw()
    for _ in range(rounds):
        for name, draw in draws.items():
            begun, used, frames = time.perf_counter(), time.process_time(), 0
            while time.perf_counter() - begun < seconds:
                draw()
                frames += BATCH
            speeds[name].append(frames / (time.perf_counter() - begun))
            costs[name].append(1000 * (time.process_time() - used) / frames)
    for name in draws:
        line = f"{name}: {median(speeds[name]):.0f} frames/s, "
        line += f"{median(costs[name]):.1f} ms of processor a frame"
        if PUBLISHED in draws and name != PUBLISHED:
            pairs = zip(costs[PUBLISHED], costs[name], strict=True)
            line += f", {median(theirs / own for theirs, own in pairs):.1f} times as quick"
        print(line)


def _fit(model: MouthModel) -> None:
    shape = (SOLVED, CHANNELS, HEIGHT, WIDTH)
    shown = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    real = np.ascontiguousarray(shown[:, 3:6].transpose(0, 2, 3, 1))
    covered = np.zeros((SOLVED, HEIGHT, WIDTH), np.uint8)
    covered[:, 20:90, 24:104] = 255
    begun, used = time.perf_counter(), time.process_time()
    fit_head(model, Examples(shown, real, covered, covered, np.arange(SOLVED) // 6))
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    print(f"closed-form fit to a face, {SOLVED} frames: {wall:.1f} s, {cpu:.1f} s of processor")


def _load() -> str:
    """How busy the machine was in the last minute, for beside a speed."""
    return Path("/proc/loadavg").read_text(encoding="utf-8").split()[0]
