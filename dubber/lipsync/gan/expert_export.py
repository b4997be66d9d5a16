"""From a checkpoint of the expert on lips to a folder that `agreement.Expert` opens."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dubber.errors import UnavailableError
from dubber.lipsync.gan.agreement import (
    ACROSS,
    CARD,
    DOWN,
    FACTS,
    FRAMES,
    HEARD,
    ROWS,
    SCHEMA,
    SEEN,
    Expert,
)
from dubber.lipsync.gan.export import OPSET, write_card
from dubber.lipsync.gan.published import load
from dubber.lipsync.mel import BANDS
from dubber.weights import sha256_of

if TYPE_CHECKING:
    import torch


def export_expert(checkpoint: Path, out: Path, *, revision: str = "1") -> Path:
    """Write both encoders of `checkpoint` and a card to the folder `out`, and load it once.
    Returns `out`."""
    import torch

    if find_spec("onnx") is None:
        raise UnavailableError("onnx is not installed", cure='pip install "dub[torch]"')
    net = load(checkpoint, "lip-expert")
    out.mkdir(parents=True, exist_ok=True)
    count = 2 * FRAMES
    _write(net.seen, torch.zeros((1, count, DOWN, ACROSS)), "mouths", out / SEEN)
    _write(net.heard, torch.zeros((1, ROWS * count, BANDS)), "sound", out / HEARD)
    noted = _noted(checkpoint)
    facts = noted | {
        "schema": SCHEMA,
        "frames": FRAMES,
        "judge": net.judge.tolist(),
        "checkpoint_sha256": sha256_of(checkpoint),
    }
    (out / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    write_card(
        out,
        name=CARD,
        summary="Whether lips and a sound belong together, trained by this project, ONNX",
        revision=revision,
        licence=noted["data"]["licence"],
        files=(SEEN, HEARD, FACTS),
    )
    Expert(out)
    return out


def _noted(checkpoint: Path) -> dict[str, Any]:
    """The step, the options and the data in the checkpoint's header."""
    from safetensors import safe_open

    with safe_open(str(checkpoint), framework="pt") as file:
        return {key: json.loads(file.metadata()[key]) for key in ("step", "options", "data")}


def _write(net: torch.nn.Module, given: torch.Tensor, name: str, path: Path) -> None:
    import torch

    draft = path.with_name(f".{path.name}.part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is the older of torch's exporters
        torch.onnx.export(
            net,
            (given,),
            str(draft),
            dynamo=False,
            opset_version=OPSET,
            input_names=[name],
            output_names=["vectors"],
            dynamic_axes={name: {0: "n", 1: "time"}, "vectors": {0: "n", 1: "windows"}},
        )
    draft.replace(path)
