"""What the training loops share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dubber.training import Share, ahead, device_of, rate, team


def test_the_rate_rises_stays_and_falls_to_a_twentieth() -> None:
    course = [
        rate(step, highest=2.0, steps=100, warmup=10, decay=40) for step in (1, 5, 10, 60, 80, 100)
    ]
    assert course == pytest.approx([0.2, 1.0, 2.0, 2.0, 1.0, 0.1])
    assert rate(1, highest=2.0, steps=100, warmup=0, decay=0) == 2.0


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_made_ahead_comes_in_order_and_an_error_comes_through(workers: int) -> None:
    def make(number: int) -> int:
        if number == 7:
            raise ValueError("seven")
        return 10 * number

    assert list(ahead(make, range(5), workers)) == [0, 10, 20, 30, 40]
    made = ahead(make, range(100), workers)
    with pytest.raises(ValueError, match="seven"):
        list(made)


def test_each_process_computes_on_a_gpu_of_its_own() -> None:
    assert [device_of("cuda", rank) for rank in (0, 1)] == ["cuda:0", "cuda:1"]
    assert device_of("cpu", 1) == "cpu"


def _weight(gradient: float) -> Any:
    import torch

    weight = torch.nn.Parameter(torch.zeros(3))
    weight.grad = torch.full((3,), gradient)
    return weight


def _help(rank: int, share: Share, folder: Path) -> None:
    weight = _weight(rank * 4.0)
    share([weight])
    (folder / str(rank)).write_text(str(float(weight.grad[0])))


@pytest.mark.torch
def test_two_processes_have_the_mean_of_both_gradients(tmp_path: Path) -> None:
    weight = _weight(0.0)
    with team(2, _help, (tmp_path,)) as share:
        share([weight])
    assert weight.grad.tolist() == [2.0, 2.0, 2.0]
    assert (tmp_path / "1").read_text() == "2.0"


@pytest.mark.torch
def test_one_process_is_its_own_mean(tmp_path: Path) -> None:
    weight = _weight(3.0)
    with team(1, _help, (tmp_path,)) as share:
        share([weight])
    assert weight.grad.tolist() == [3.0, 3.0, 3.0]
    assert not list(tmp_path.iterdir())
