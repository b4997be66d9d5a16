"""Published checkpoints (.pth), once made into safetensors: no code in them is ever run
(`pickled`), and names and shapes must be those of a network of `family`.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError, NoInputError
from dubber.pickled import read_pth
from dubber.weights import sha256_of

if TYPE_CHECKING:
    import torch

SCHEMA = "lips-family/1"
OPSET = 17
_CEPSTRA, _MEL, _FACES = (1, 12, 35), (1, 80, 16), (6, 96, 96)
FACES, BOXES = "faces", "boxes"
INPUTS: dict[str, dict[str, tuple[int, ...]]] = {
    "wav2lip": {"heard": _MEL, "faces": _FACES},
    "syncnet": {"heard": _MEL, "faces": (15, 48, 96)},
    "wav2lip-critic": {"faces": (3, 48, 96)},
    "lipgan": {"heard": _CEPSTRA, "faces": _FACES},
    "lipgan-plain": {"heard": _CEPSTRA, "faces": _FACES},
    "lipgan-critic": {"heard": _CEPSTRA, "faces": (3, 96, 96)},
    "speech2vid": {"heard": _CEPSTRA, "faces": (18, 112, 112)},
}
PREFIX = "module."  # of weights that were saved from several GPUs
WEIGHTS = "state_dict"  # where published files keep them, beside the optimizer's


def convert(source: Path, target: Path) -> str:
    """Write the weights of the .pth file `source` to the safetensors file `target`; the network's
    name in `family.NETWORKS`. DataError, one line, if it is damaged, unsafe or of none of them."""
    from safetensors.torch import save_file

    tensors = _read(source)
    name = _which(tensors, source)
    facts = {"schema": SCHEMA, "network": name, "source_sha256": sha256_of(source)}
    draft = target.with_name(f".{target.name}.part")
    save_file(
        {n: t.contiguous() for n, t in tensors.items()},
        str(draft),
        {k: json.dumps(v) for k, v in facts.items()},
    )
    draft.replace(target)
    return name


def load(path: Path, name: str = "") -> Any:
    """The network that `convert` or the trainer wrote to `path`, ready to run.

    DataError if it is damaged, or not the network `name` when one is asked for.
    """
    from safetensors import SafetensorError, safe_open

    from dubber.lipsync.gan.family import NETWORKS

    if not path.is_file():
        raise NoInputError("no such checkpoint", subject=path)
    try:
        with safe_open(str(path), framework="pt") as file:
            facts = {k: json.loads(v) for k, v in (file.metadata() or {}).items()}
            tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, ValueError) as error:
        raise DataError("a damaged checkpoint", subject=path, cure="convert it again") from error
    known = facts.get("network")
    if facts.get("schema") != SCHEMA or known not in NETWORKS:
        raise DataError(
            "not a checkpoint of this family", subject=path, cure="first: dub train lips convert"
        )
    if name and known != name:
        raise DataError(f"this is {known}, not {name}", subject=path)
    net = NETWORKS[known]()
    net.network, net.published = known, "source_sha256" in facts
    own = {n.removeprefix("net."): t for n, t in tensors.items() if not n.startswith("state.")}
    _check(own, net.state_dict(), path)
    net.load_state_dict(own)
    return net.eval()


def export_network(source: Path, out: Path) -> str:
    """Write a published .pth file, or what `convert` or the trainer wrote, as ONNX, of any batch;
    the network's name.

    Inputs are `heard` and `faces` as in `family`, the critics' `faces` alone; of a published file
    the faces are called `boxes`: it was shown boxes around faces, and ours upright ones
    (`heard_painter`). Outputs in the network's order.
    """
    if source.suffix == ".safetensors":
        return _export(source, out)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=out.parent) as folder:
        checkpoint = Path(folder) / "weights.safetensors"
        convert(source, checkpoint)
        return _export(checkpoint, out)


def _export(checkpoint: Path, out: Path) -> str:
    import torch

    net = load(checkpoint)
    name = str(net.network)
    if name not in INPUTS:
        cure = "dub train lips export RUN -o FOLDER"
        raise DataError(f"{name} is exported as a folder", subject=checkpoint, cure=cure)
    shapes = {BOXES if net.published and k == FACES else k: v for k, v in INPUTS[name].items()}
    given = tuple(torch.zeros((1, *shape)) for shape in shapes.values())
    draft = out.with_name(f".{out.name}.part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is the older of torch's exporters
        torch.onnx.export(
            net,
            given,
            str(draft),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(shapes),
            dynamic_axes={key: {0: "n"} for key in shapes},
        )
    draft.replace(out)
    return name


def _read(path: Path) -> dict[str, torch.Tensor]:
    import torch

    if not path.is_file():
        raise NoInputError("no such checkpoint", subject=path)
    content = read_pth(path)
    if isinstance(content, Mapping) and isinstance(content.get(WEIGHTS), Mapping):
        content = content[WEIGHTS]
    if not isinstance(content, Mapping) or not all(
        isinstance(n, str) and isinstance(a, np.ndarray) for n, a in content.items()
    ):
        raise DataError("no weights in it", subject=path)
    return {name.removeprefix(PREFIX): torch.from_numpy(array) for name, array in content.items()}


def _which(tensors: Mapping[str, torch.Tensor], path: Path) -> str:
    """The network whose names these are. DataError if there is none, or shapes differ."""
    import torch

    from dubber.lipsync.gan.family import NETWORKS

    for name, build in NETWORKS.items():
        with torch.device("meta"):
            wanted = build().state_dict()
        if set(wanted) == set(tensors):
            _check(tensors, wanted, path)
            return name
    raise DataError(
        "not a checkpoint of a network known here",
        subject=path,
        cure=f"known: {', '.join(NETWORKS)}",
    )


def _check(
    tensors: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], path: Path
) -> None:
    for name, tensor in wanted.items():
        if name not in tensors:
            raise DataError(f"weight {name} is missing", subject=path)
        if tensors[name].shape != tensor.shape:
            shapes = f"{tuple(tensors[name].shape)}, not {tuple(tensor.shape)}"
            raise DataError(f"weight {name} has shape {shapes}", subject=path)
