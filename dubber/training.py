"""What every training loop here shares: the learning rate's course, and several processes on one
network, each with batches of its own.

Processes are as good as threads are bad on small matrices: on a few cores two of them learn faster
than one with two threads. Between the CPU's, torch's gloo carries the gradients, between GPUs nccl.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

#: Called after `backward`: makes the gradient of every weight the mean of all processes'.
Share = Callable[[Iterable["torch.nn.Parameter"]], None]
Made = TypeVar("Made")
LEAST = 0.05  # of the highest rate: where it ends


def rate(step: int, *, highest: float, steps: int, warmup: int, decay: int) -> float:
    """The learning rate at `step`, from 1 to `steps`: it rises for `warmup` steps, stays, and
    falls in a line to LEAST over the last `decay`."""
    warm = min(1.0, step / max(1, warmup))
    left = (steps - step) / max(1, decay)
    return highest * warm * min(1.0, max(LEAST, left))


def alone(weights: Iterable[torch.nn.Parameter]) -> None:
    """A Share: the gradients of a process alone are the mean already."""


@contextmanager
def team(
    size: int, helper: Callable[..., None], args: tuple[Any, ...], *, device: str = "cpu"
) -> Iterator[Share]:
    """This process as number 0 of `size`; the others run `helper(rank, share, *args)` meanwhile.

    `helper` and `args` must be picklable, and every process must call its `share` equally often
    with weights of the same sizes. A helper that dies makes the next `share` fail; all end with
    this context.
    """
    if size == 1:
        yield alone
        return
    import torch

    processes = torch.multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        helpers = [
            processes.Process(
                target=_enter, args=(meeting, rank, size, device, helper, args), daemon=True
            )
            for rank in range(1, size)
        ]
        for process in helpers:
            process.start()
        try:
            _meet(meeting, 0, size, device)
            yield _mean
            for process in helpers:
                process.join()
        finally:
            for process in helpers:
                process.terminate()
            if torch.distributed.is_initialized():
                torch.distributed.destroy_process_group()


def ahead(
    make: Callable[[int], Made], numbers: Iterable[int], workers: int
) -> Generator[Made, None, None]:
    """What `make` makes of each of `numbers`, in their order, made by `workers` threads while the
    one before is used. Close it, or go through it."""
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for number in numbers:
                waiting.append(pool.submit(make, number))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def device_of(device: str, rank: int) -> str:
    """Where process `rank` computes: each on a GPU of its own."""
    return f"{device}:{rank}" if device == "cuda" else device


def _enter(
    meeting: Path,
    rank: int,
    size: int,
    device: str,
    helper: Callable[..., None],
    args: tuple[Any, ...],
) -> None:
    _meet(meeting, rank, size, device)
    helper(rank, _mean, *args)


def _meet(meeting: Path, rank: int, size: int, device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.set_device(rank)
    torch.distributed.init_process_group(
        "nccl" if device == "cuda" else "gloo",
        init_method=meeting.as_uri(),
        rank=rank,
        world_size=size,
    )


def _mean(weights: Iterable[torch.nn.Parameter]) -> None:
    import torch

    gradients = [weight.grad for weight in weights if weight.grad is not None]
    whole = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(whole)
    whole /= torch.distributed.get_world_size()
    for gradient, part in zip(gradients, whole.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
