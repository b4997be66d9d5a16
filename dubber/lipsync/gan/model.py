"""The exported generator as it is run: a folder with the network, its head, and what it is."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, LARGE, WIDTH
from dubber.lipsync.gan.runtime import CURE, open_network
from dubber.weights import sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

NETWORK, HEAD, FACTS = "mouth.onnx", "head.npz", "facts.json"
SCHEMA = "lips-gan/1"


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The last convolution: weight (12, features, 3, 3), bias (12,)."""

    weight: Floats
    bias: Floats


class MouthDrawer(Protocol):
    """What draws lower faces from what `canvas.stacked` shows, `times` as large as the canvas."""

    @property
    def times(self) -> int: ...
    @property
    def head(self) -> Head: ...
    def draw(self, shown: Pictures, head: Head) -> Pictures: ...


class Generator(MouthDrawer, Protocol):
    """One whose head can be solved again."""

    def features(self, shown: Pictures) -> Floats: ...


class MouthModel:
    """Draws lower faces; its `head` can be replaced by one that was solved for a person. `times`:
    how many times as large as the canvas its pictures are, 1 or LARGE."""

    def __init__(self, folder: Path, *, threads: int = 0, runtime: str = "") -> None:
        """`runtime` as in `runtime.open_network`.

        EngineError, one line, if the folder does not hold a generator that fits this version.
        """
        self.facts = _facts(folder / FACTS)
        self.head = _head(folder / HEAD)
        self.path, self.threads = folder / NETWORK, threads
        self._open = partial(open_network, self.path, threads=threads, runtime=runtime)
        self._network = self._open()
        _, sizes = self._network.inputs.get("shown", ("", ()))
        self.times = LARGE if sizes[1:] == (LARGE * HEIGHT, LARGE * WIDTH) else 1
        wanted = {
            "shown": ("uint8", (CHANNELS, self.times * HEIGHT, self.times * WIDTH)),
            "weight": ("float32", self.head.weight.shape[1:]),
            "bias": ("float32", ()),
        }
        if self._network.inputs != wanted or self._network.outputs != {"drawn", "features"}:
            raise EngineError("not a generator of mouths", subject=self.path, cure=CURE)

    @cached_property
    def digest(self) -> str:
        """A hash of the network and of its head."""
        parts = [sha256_of(self.path), sha256_of(self.path.with_name(HEAD))]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def changed(self, changes: Mapping[str, Floats]) -> MouthModel:
        """This generator with other weights, by their names in the network; itself without any."""
        if not changes:
            return self
        other = copy(self)
        other._network = self._open(changes=changes)
        return other

    def draw(self, shown: Pictures, head: Head) -> Pictures:
        """Lower faces (B, H, W, 3) from what `canvas.stacked` shows (B, CHANNELS, H, W)."""
        drawn = self._run("drawn", shown, head)
        whole = np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(whole.transpose(0, 2, 3, 1))

    def features(self, shown: Pictures) -> Floats:
        """What the head sees, (B, features, H / 2, W / 2)."""
        return self._run("features", shown, self.head)

    def _run(self, output: str, shown: Pictures, head: Head) -> Floats:
        given: dict[str, NDArray[Any]] = {"shown": shown, "weight": head.weight, "bias": head.bias}
        return self._network.run(output, given)


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
