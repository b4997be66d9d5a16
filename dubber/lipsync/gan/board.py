"""Curves and pictures of a training in TensorBoard, where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dubber.protocols import Image


class Board:
    """Writes into `folder/board` for `tensorboard --logdir`; without the package it does nothing:
    the same numbers and pictures always lie beside the checkpoint."""

    def __init__(self, folder: Path) -> None:
        self._writer: Any = None
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder / "board"))

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def losses(self, step: int, losses: Mapping[str, float]) -> None:
        if self._writer is not None:
            for name, value in losses.items():
                self._writer.add_scalar(name, value, step)

    def picture(self, step: int, image: Image) -> None:
        """A picture, BGR (H, W, 3)."""
        if self._writer is not None:
            self._writer.add_image("seen", image[..., ::-1].copy(), step, dataformats="HWC")
