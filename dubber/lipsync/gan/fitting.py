"""The ways to fit the generator to a person, and the folder where what was fitted is kept."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import StorageError, UnavailableError
from dubber.lipsync.arrays import save_arrays
from dubber.lipsync.gan.adapt import Examples, Fitted, fit_head
from dubber.lipsync.gan.gradient import fit_blocks
from dubber.lipsync.gan.model import Head, MouthModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

SCHEMA = "lips-fit/1"
WAYS: dict[str, Callable[[MouthModel, Examples], Fitted]] = {"fast": fit_head, "best": fit_blocks}
NEEDS = {"fast": (), "best": ("torch", "onnx")}  # modules


class Fitter:
    """Fits a generator to people in one way.

    With a `folder`, what was fitted is kept there by a hash of all it was made from, and the same
    faces are not fitted twice: not for another language, nor in another run.
    """

    def __init__(self, model: MouthModel, way: str, folder: Path | None = None) -> None:
        """`way` is one of WAYS. UnavailableError without what it needs."""
        absent = [name for name in NEEDS[way] if find_spec(name) is None]
        if absent:
            raise UnavailableError(
                f"fitting {way} needs {' and '.join(absent)}",
                cure='pip install "dub[torch]", or say --adapt fast',
            )
        self.model, self.way, self._folder = model, way, folder

    def fit(self, examples: Examples) -> Fitted:
        if self._folder is None:
            return WAYS[self.way](self.model, examples)
        path = self._folder / f"{self._key(examples)}.npz"
        fitted = _load(path) if path.is_file() else None
        if fitted is None:
            fitted = WAYS[self.way](self.model, examples)
            _keep(path, fitted)
        return fitted

    def _key(self, examples: Examples) -> str:
        made_from = hashlib.sha256(f"{SCHEMA} {self.way} {self.model.digest}".encode())
        for part in (examples.shown, examples.real, examples.covered, examples.mouths):
            made_from.update(f"{part.shape}".encode())
            made_from.update(part.tobytes())
        made_from.update(examples.runs.tobytes())
        return made_from.hexdigest()[:32]


def _keep(path: Path, fitted: Fitted) -> None:
    """Write it down; where that cannot be, the job goes on, and the next one fits again."""
    arrays: dict[str, NDArray[Any]] = {
        "solved": np.array(fitted.solved),
        "errors": np.array([fitted.before, fitted.after]),
        "weight": fitted.head.weight,
        "bias": fitted.head.bias,
    }
    arrays |= {f"net:{name}": value for name, value in fitted.changes.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_arrays(path, arrays)
    except (OSError, StorageError) as error:
        log.warning("the fit to a face is not kept: %s", error)


def _load(path: Path) -> Fitted | None:
    """What was fitted; None, and a line in the log, if the file is damaged."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            before, after = file["errors"].tolist()
            changes = {n.removeprefix("net:"): file[n] for n in file.files if n.startswith("net:")}
            head = Head(file["weight"], file["bias"])
            return Fitted(head, bool(file["solved"]), before, after, changes)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is damaged (%s) and is made again", path, str(error)[:80])
        return None
