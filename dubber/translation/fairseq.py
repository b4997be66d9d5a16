"""An IndicTrans2 checkpoint as its authors' fairseq wrote it, under the names of its Hub twin.

`checkpoint_best.pt` holds weights and settings, `dict.{SRC,TGT}.txt` the dictionaries, a token and
a count a line, `model.{SRC,TGT}` the SentencePiece models; each in the folder or one below it. The
checkpoint is a pickle, and is read as data: nothing in it is run (`dubber.pickled`). Beside weights
and settings fairseq saves how training went, in objects of numpy's and its own: they are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dubber.errors import DataError, NoInputError
from dubber.pickled import read_pth

CHECKPOINT = "checkpoint_best.pt"
MOST_BYTES = 32 << 30  # 1.1 billion weights, and an optimizer's three times as many
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")  # fairseq's dictionary begins with them
LEFT_OUT = ("version", "_float_tensor")  # what is no weight
DEFAULTS = {"max_source_positions": 1024, "max_target_positions": 1024}  # fairseq's own


def find(folder: Path, name: str) -> Path | None:
    """The file called `name` in `folder` or one of its folders, the nearest first."""
    found = [path for path in folder.rglob(name) if path.is_file()]
    return min(found, key=lambda path: (len(path.parts), str(path)), default=None)


def is_fairseq(folder: Path) -> bool:
    """Whether `folder` has a checkpoint of this layout."""
    return find(folder, CHECKPOINT) is not None


def read(folder: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """The weights by their Hub names, and the settings by theirs.

    DataError for a checkpoint that is damaged, of another kind, or holds more than one does.
    """
    path = find(folder, CHECKPOINT)
    if path is None:
        raise NoInputError("no fairseq checkpoint", subject=folder)
    saved = read_pth(path, most=MOST_BYTES, blanks=True)
    try:
        settings = saved["cfg"]["model"] if saved.get("cfg") else saved["args"]
        weights = {
            _name(name): np.asarray(array, np.float32)
            for name, array in saved["model"].items()
            if not name.endswith(LEFT_OUT)
        }
        return weights, _config(settings)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"not a checkpoint of fairseq's ({error})"
        raise DataError(what, subject=path) from error


def _name(name: str) -> str:
    """A weight's name in the Hub's checkpoint."""
    return "lm_head.weight" if name == "decoder.output_projection.weight" else f"model.{name}"


def _config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that shape the network, under the names of the Hub's `config.json`."""
    config: dict[str, Any] = {
        "activation_function": settings["activation_fn"],
        "scale_embedding": not settings.get("no_scale_embedding", False),
        "layernorm_embedding": bool(settings.get("layernorm_embedding", False)),
        "share_decoder_input_output_embed": bool(settings["share_decoder_input_output_embed"]),
        "pad_token_id": SPECIALS.index("<pad>"),
    }
    for side in ("encoder", "decoder"):
        for name in ("layers", "attention_heads", "normalize_before"):
            config[f"{side}_{name}"] = settings[f"{side}_{name}"]
    for name, default in DEFAULTS.items():
        config[name] = settings.get(name) or default
    return config


def tokens(path: Path) -> list[str]:
    """A dictionary's tokens in order of ids. DataError if a line is not a token and a count."""
    found = [*SPECIALS]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        token, _, count = line.removesuffix(" #fairseq:overwrite").rpartition(" ")
        if not token or not count.isdigit():
            raise DataError(f"line {number} is not a token and a count", subject=path)
        found.append(token)
    return found
