"""Several processes that train one network: each on its own batch, with the mean of the gradients.

On a few cores that is faster than as many threads in one process: the matrices are too small to be
cut up. torch's gloo carries the gradients between processes of one machine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

#: Called after `backward`: makes every parameter's gradient the mean of all processes'.
Share = Callable[["torch.nn.Module"], None]


@contextmanager
def team(size: int, helper: Callable[..., None], args: tuple[Any, ...]) -> Iterator[Share]:
    """This process as number 0 of `size`; the others run `helper(rank, share, *args)` meanwhile.

    `helper` and `args` must be picklable, and every process must call its `share` equally often.
    A helper that dies makes the next `share` fail; all end with this context.
    """
    if size == 1:
        yield _alone
        return
    import torch

    processes = torch.multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        helpers = [
            processes.Process(target=_enter, args=(meeting, rank, size, helper, args), daemon=True)
            for rank in range(1, size)
        ]
        for process in helpers:
            process.start()
        _meet(meeting, 0, size)
        try:
            yield _mean
            for process in helpers:
                process.join()
        finally:
            for process in helpers:
                process.terminate()
            torch.distributed.destroy_process_group()


def _enter(
    meeting: Path, rank: int, size: int, helper: Callable[..., None], args: tuple[Any, ...]
) -> None:
    _meet(meeting, rank, size)
    helper(rank, _mean, *args)


def _meet(meeting: Path, rank: int, size: int) -> None:
    import torch

    torch.distributed.init_process_group(
        "gloo", init_method=meeting.as_uri(), rank=rank, world_size=size
    )


def _alone(net: torch.nn.Module) -> None:
    """The gradients of a process alone are the mean already."""


def _mean(net: torch.nn.Module) -> None:
    import torch

    gradients = [w.grad for w in net.parameters() if w.grad is not None]
    whole = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(whole)
    whole /= torch.distributed.get_world_size()
    for gradient, part in zip(gradients, whole.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
