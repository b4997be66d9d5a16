"""The embedded generator on each of what can run it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dubber.errors import EngineError, UnavailableError
from dubber.lipsync.gan.batches import Batch, Changes, Drawer
from dubber.lipsync.gan.model import NETWORK, MouthModel
from dubber.lipsync.gan.runtime import RUNTIMES, open_network
from dubber.weights import locate
from tests.lipsync.gan.people import person

GATE = "net.gate.bias"  # which reference is taken, and how much of it


@pytest.fixture(params=list(RUNTIMES))
def runtime(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    pytest.importorskip(name)
    return name


def batch() -> Batch:
    calm = Changes(colour=0, light=0, shape=0, soft=0, other_clip=0)
    return Drawer([person()], 2, 1, calm).batch(0)


def off(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.asarray(np.abs(one.astype(np.int64) - other), np.int64)


def test_every_runtime_draws_the_same_to_a_level_of_255(runtime: str) -> None:
    folder = locate("lips-gan")
    exact = MouthModel(folder, threads=1, runtime="onnxruntime")
    other = MouthModel(folder, threads=1, runtime=runtime)
    seen = batch()
    covered = seen.mask[:, 0] > 0
    apart = off(exact.draw(seen.shown, exact.head), other.draw(seen.shown, other.head))[covered]
    assert apart.max() <= 2
    assert apart.mean() < 0.3
    assert other.features(seen.shown).shape == exact.features(seen.shown).shape


def test_changed_weights_draw_otherwise_and_the_trained_stay(runtime: str) -> None:
    model = MouthModel(locate("lips-gan"), threads=1, runtime=runtime)
    shown = batch().shown
    before = model.draw(shown, model.head)
    changes = {GATE: np.repeat(np.array([9, 0, 0, 0], np.float32), 4)}
    other = model.changed(changes)
    assert off(other.draw(shown, other.head), before).mean() > 0.3
    assert (model.draw(shown, model.head) == before).all()
    assert model.changed({}) is model


def test_a_damaged_network_is_one_clear_line(runtime: str, tmp_path: Path) -> None:
    shutil.copytree(locate("lips-gan"), tmp_path, dirs_exist_ok=True)
    whole = (tmp_path / NETWORK).read_bytes()
    for content in (b"", b"\x08\x07 no network", whole[: len(whole) // 2]):
        (tmp_path / NETWORK).write_bytes(content)
        with pytest.raises(EngineError, match=r"damaged|not a generator of mouths"):
            MouthModel(tmp_path, runtime=runtime)


def test_a_runtime_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dubber.lipsync.gan.runtime.find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match="openvino is not installed"):
        open_network(locate("lips-gan") / NETWORK, threads=1, runtime="openvino")
