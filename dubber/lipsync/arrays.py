"""Named arrays on disk: what faces, mouths and fits are kept as between two runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import StorageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an npz beside `path` and rename it into place; StorageError."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError(f"cannot write ({error.strerror})", subject=path) from error


def joined(parts: Sequence[NDArray[Any]], empty: tuple[int, ...], kind: type) -> NDArray[Any]:
    """`parts` one after the other; of no parts, an array of the shape `empty`."""
    return np.concatenate(parts).astype(kind) if parts else np.zeros(empty, kind)
