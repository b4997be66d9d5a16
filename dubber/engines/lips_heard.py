"""lips.heard: mouths drawn from sound by a network of the family (Wav2Lip, LipGAN, Speech2Vid)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import EngineError, NoInputError, UnavailableError
from dubber.lipsync.gan.heard_painter import CURE, HeardModel, HeardPainter
from dubber.protocols import EngineContext, FacePatch
from dubber.weights import default_cache, sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Points

    Ints = NDArray[np.int32]


class Heard:
    """A HearingRenderer."""

    name = "lips.heard"
    hears = 16_000

    @classmethod
    def open(cls, context: EngineContext) -> Heard:
        """From an exported network (.onnx), or a checkpoint (.safetensors), which is exported once
        where torch is installed. NoInputError, UnavailableError, EngineError or DataError."""
        path = Path(context.model)
        if not context.model or not path.is_file():
            raise NoInputError("no such network", subject=context.model, cure=CURE)
        if path.suffix == ".safetensors":
            path = _exported(path)
        if path.suffix != ".onnx":
            raise EngineError("neither .onnx nor .safetensors", subject=path, cure=CURE)
        return cls(HeardModel(path, threads=context.threads))

    def __init__(self, model: HeardModel) -> None:
        self._model = model

    def choose(self, frames: Ints, shapes: Points, yaw: Points, *, most: int) -> NDArray[np.intp]:
        count = max(1, self._model.kind.stills)
        return np.unique(np.linspace(0, len(frames) - 1, min(count, most)).astype(np.intp))

    def meet(
        self, faces: Sequence[FacePatch], frames: Ints, shapes: Points, yaw: Points
    ) -> HeardPainter:
        stills = self._model.kind.stills
        rows = np.linspace(0, len(faces) - 1, stills).astype(int)
        return HeardPainter(self._model, [faces[row] for row in rows])


def _exported(checkpoint: Path) -> Path:
    """The network of a checkpoint as ONNX, in the cache."""
    home = default_cache() / "lips-heard"
    target = home / f"{sha256_of(checkpoint)}.onnx"
    if target.is_file():
        return target
    if find_spec("torch") is None:
        raise UnavailableError(
            "a checkpoint is run once it is exported, which needs torch",
            subject=checkpoint,
            cure=f'pip install "dub[torch]", then {CURE.removeprefix("first: ")}',
        )
    from dubber.lipsync.gan.published import export_network

    home.mkdir(parents=True, exist_ok=True)
    export_network(checkpoint, target)
    return target
