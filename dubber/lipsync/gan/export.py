"""From a training checkpoint to a folder the engine loads: ONNX, the head, and a card."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dubber.errors import NoInputError, UnavailableError
from dubber.lipsync.arrays import save_arrays
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, WIDTH
from dubber.lipsync.gan.model import FACTS, HEAD, NETWORK, SCHEMA, MouthModel
from dubber.lipsync.gan.train import read_checkpoint
from dubber.weights import sha256_of

if TYPE_CHECKING:
    import torch

    from dubber.lipsync.gan.nets import MouthNet

CARD = "card.toml"
OPSET = 17


def export(checkpoint: Path, out: Path, *, revision: str = "1", name: str = "lips-gan") -> Path:
    """Write the averaged generator of `checkpoint` to the folder `out`, and load it once.

    The network's last convolution takes its weights as inputs (`head.npz` holds the trained ones),
    so that one that was solved for a person can take their place. Returns `out`.
    """
    from dubber.lipsync.gan.nets import MouthNet, MouthNetSizes

    if find_spec("onnx") is None:
        raise UnavailableError("onnx is not installed", cure='pip install "dub[torch]"')
    if not checkpoint.is_file():
        raise NoInputError("no such checkpoint", subject=checkpoint, cure="train one first")
    tensors, facts = read_checkpoint(checkpoint)
    net = MouthNet(MouthNetSizes(tuple(facts["options"]["widths"]))).eval()
    net.load_state_dict(
        {n.removeprefix("average."): t for n, t in tensors.items() if n.startswith("average.")}
    )
    out.mkdir(parents=True, exist_ok=True)
    write_network(net, out / NETWORK, times=facts["data"].get("size", WIDTH) // WIDTH)
    head = {"weight": net.head.weight.detach().numpy(), "bias": net.head.bias.detach().numpy()}
    save_arrays(out / HEAD, head)
    told = {
        "schema": SCHEMA,
        "step": facts["step"],
        "options": facts["options"],
        "data": facts["data"],
        "checkpoint_sha256": sha256_of(checkpoint),
    }
    (out / FACTS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    write_card(
        out,
        name=name,
        summary="Generator of mouths from landmarks, trained by this project, ONNX",
        revision=revision,
        licence=facts["data"]["licence"],
        files=(NETWORK, HEAD, FACTS),
    )
    MouthModel(out)
    return out


def write_network(net: MouthNet, path: Path, *, times: int = 1) -> None:
    """The ONNX of a generator for canvases `times` as large, written beside `path` and renamed."""
    import torch

    shown = torch.zeros((1, CHANNELS, times * HEIGHT, times * WIDTH), dtype=torch.uint8)
    draft = path.with_name(f".{path.name}.part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is the older of torch's exporters
        torch.onnx.export(
            _with_head(net),
            (shown, net.head.weight, net.head.bias),
            str(draft),
            dynamo=False,
            opset_version=OPSET,
            input_names=["shown", "weight", "bias"],
            output_names=["drawn", "features"],
            dynamic_axes={key: {0: "n"} for key in ("shown", "drawn", "features")},
        )
    draft.replace(path)


def write_card(
    folder: Path, *, name: str, summary: str, revision: str, licence: str, files: Sequence[str]
) -> None:
    """The card of the model in `folder`: where from, which licence, every file's sha256."""
    lines = [
        f"name = {json.dumps(name)}",
        f"summary = {json.dumps(summary)}",
        'source = "trained by `dub train lips` on clips of the GRID corpus: see MODEL_CARD.md"',
        f"revision = {json.dumps(revision)}",
        f"licence = {json.dumps(licence)}",
    ]
    for path in (folder / file for file in files):
        lines += ["", "[[files]]", f'name = "{path.name}"', f'sha256 = "{sha256_of(path)}"']
        lines.append(f"bytes = {path.stat().st_size}")
    (folder / CARD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _with_head(net: Any) -> Any:
    """The network as a module of three inputs and two outputs."""
    from torch import nn
    from torch.nn import functional

    class WithHead(nn.Module):  # type: ignore[misc]  # torch may be absent
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(
            self, shown: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            features = self.net.features(shown)
            drawn = functional.conv2d(features, weight, bias, padding=1)
            return functional.pixel_shuffle(drawn, 2) + 0.5, features

    return WithHead()
