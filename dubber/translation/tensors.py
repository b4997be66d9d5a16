"""Reading `.safetensors` with numpy alone: a length, a JSON header, then raw numbers.

The format holds no code (https://github.com/huggingface/safetensors, "Format"). Tensors are mapped
from the file, so that a checkpoint larger than memory is read piece by piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dubber.errors import DataError, NoInputError

HEADER_BYTES = 8
MAX_HEADER_BYTES = 100 << 20
DTYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "BF16": "<u2"}


class Checkpoint(Mapping[str, NDArray[np.float32]]):
    """The tensors of a folder's safetensors files by name, each float32 when asked for."""

    def __init__(self, folder: Path) -> None:
        """NoInputError if the folder has none; DataError if one is damaged."""
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise NoInputError(
                "no .safetensors weights",
                subject=folder,
                cure="pickled weights (.bin, .pt) are not read; save them as safetensors first",
            )
        self._places: dict[str, tuple[Path, int, dict[str, Any]]] = {}
        for path in files:
            start, header = _header(path)
            for name, entry in header.items():
                if name != "__metadata__":
                    self._places[name] = (path, start, entry)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        path, start, entry = self._places[name]
        first, last = entry["data_offsets"]
        dtype = DTYPES.get(entry["dtype"])
        if dtype is None:
            raise DataError(f"tensor {name} is {entry['dtype']}, not floating point", subject=path)
        raw = np.memmap(path, np.uint8, "r", start + first, (last - first,)).view(dtype)
        if entry["dtype"] == "BF16":  # the upper half of a float32
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        return np.array(raw, dtype=np.float32).reshape(entry["shape"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _header(path: Path) -> tuple[int, dict[str, Any]]:
    """Where the numbers start in `path`, and its header; DataError if they do not fit the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(HEADER_BYTES), "little")
        if not 2 <= length <= min(MAX_HEADER_BYTES, size - HEADER_BYTES):
            raise DataError("not a safetensors file", subject=path)
        try:
            header = json.loads(file.read(length))
        except ValueError as error:
            raise DataError("not a safetensors file", subject=path) from error
    start = HEADER_BYTES + length
    ends = [v["data_offsets"][1] for k, v in header.items() if k != "__metadata__"]
    if not ends or start + max(ends) != size:
        raise DataError("a safetensors file that is cut short", subject=path, cure="get it again")
    return start, header
