"""The exported generator on onnxruntime: a folder with the network, its head, and what it is."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

NETWORK, HEAD, FACTS = "mouth.onnx", "head.npz", "facts.json"
SCHEMA = "lips-gan/1"
MOST_BYTES = 200 << 20  # of a network
CURE = "export it again: dub train lips export"


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The last convolution: weight (12, features, 3, 3), bias (12,)."""

    weight: Floats
    bias: Floats


class Generator(Protocol):
    """What draws lower faces from what `canvas.stacked` shows."""

    @property
    def head(self) -> Head: ...
    def draw(self, shown: Pictures, head: Head) -> Pictures: ...
    def features(self, shown: Pictures) -> Floats: ...


class MouthModel:
    """Draws lower faces; its `head` can be replaced by one that was solved for a person."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """EngineError, one line, if the folder does not hold a generator that fits this version."""
        self.facts = _facts(folder / FACTS)
        self.head = _head(folder / HEAD)
        self._session = _session(folder / NETWORK, threads)
        inputs = {i.name: (i.type, i.shape[1:]) for i in self._session.get_inputs()}
        wanted = {
            "shown": ("tensor(uint8)", [CHANNELS, HEIGHT, WIDTH]),
            "weight": ("tensor(float)", list(self.head.weight.shape[1:])),
            "bias": ("tensor(float)", []),
        }
        outputs = {output.name for output in self._session.get_outputs()}
        if inputs != wanted or outputs != {"drawn", "features"}:
            raise EngineError("not a generator of mouths", subject=folder / NETWORK, cure=CURE)

    def draw(self, shown: Pictures, head: Head) -> Pictures:
        """Lower faces (B, HEIGHT, WIDTH, 3) from what `canvas.stacked` shows (B, CHANNELS, …)."""
        drawn = self._run("drawn", shown, head)
        whole = np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(whole.transpose(0, 2, 3, 1))

    def features(self, shown: Pictures) -> Floats:
        """What the head sees, (B, features, HEIGHT / 2, WIDTH / 2)."""
        return self._run("features", shown, self.head)

    def _run(self, output: str, shown: Pictures, head: Head) -> Floats:
        given = {"shown": shown, "weight": head.weight, "bias": head.bias}
        return np.asarray(self._session.run([output], given)[0], np.float32)


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError("no generator of mouths here", subject=path, cure=CURE) from error
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise EngineError(f"not a generator of {SCHEMA}", subject=path, cure=CURE)
    return facts


def _head(path: Path) -> Head:
    try:
        with path.open("rb") as file, np.load(file) as packed:  # no pickle is read
            weight, bias = packed["weight"], packed["bias"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EngineError("the generator's head is damaged", subject=path, cure=CURE) from error
    right = weight.ndim == 4 and weight.shape[0] == 12 and weight.shape[2:] == (3, 3)
    if not right or bias.shape != (12,) or weight.dtype != np.float32 or bias.dtype != np.float32:
        raise EngineError("the generator's head has another shape", subject=path, cure=CURE)
    return Head(weight, bias)


def _session(path: Path, threads: int) -> Any:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise EngineError("no generator of mouths here", subject=path, cure=CURE)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what it complains of is raised as well
    failures = (
        states.Fail,
        states.InvalidArgument,
        states.InvalidGraph,
        states.InvalidProtobuf,
        states.NotImplemented,
        states.RuntimeException,
    )
    try:
        return onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except failures as error:
        raise EngineError("the generator is damaged", subject=path, cure=CURE) from error
