"""Pickles are read as data: what they would run is never run."""

from __future__ import annotations

import pickle
import zipfile
from argparse import Namespace
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dubber.errors import DataError
from dubber.pickled import LEGACY_MAGIC, read_pth


class Bomb:
    """Pickled code: it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.path, "w"))


class Stateful:
    """An object that would be built."""


def zipped(path: Path, content: Any, protocol: int = 2) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("archive/data.pkl", pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_containers_and_numbers_are_read(tmp_path: Path, protocol: int) -> None:
    content: dict[str, Any] = {
        "a": [1, 2.5, -3, 10**20, None, True, False],
        "b": {"c": (1,), "d": (), "e": (1, 2, 3, 4), "f": [[], {}]},
        "names": ["x", "ü", ""],
        "same": None,
    }
    content["same"] = content["names"]
    assert read_pth(zipped(tmp_path / "it.pth", content, protocol)) == content


def test_an_ordered_dictionary_is_a_dictionary(tmp_path: Path) -> None:
    content = OrderedDict([("b", 1), ("a", 2)])
    assert list(read_pth(zipped(tmp_path / "it.pth", content)).items()) == [("b", 1), ("a", 2)]


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "it-ran"
    in_zip = zipped(tmp_path / "zip.pth", {"state_dict": {"x": Bomb(mark)}}, protocol)
    bare = tmp_path / "bare.pth"
    bare.write_bytes(pickle.dumps(Bomb(mark), protocol))
    sequence = tmp_path / "sequence.pth"
    parts = [LEGACY_MAGIC, 1001, {}, {"x": Bomb(mark)}, []]
    sequence.write_bytes(b"".join(pickle.dumps(part, protocol) for part in parts))
    for path in (in_zip, bare, sequence):
        with pytest.raises(DataError, match="holds more than weights") as caught:
            read_pth(path)
        assert "\n" not in str(caught.value)
    assert not mark.exists()


def test_objects_are_not_built(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds more than weights"):
        read_pth(zipped(tmp_path / "it.pth", Stateful()))


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x02}", b"(((((", b"PK\x03\x04 cut"])
def test_what_is_no_checkpoint_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "it.pth"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        read_pth(path)


def test_settings_come_as_a_dictionary_and_no_other_object_comes_at_all(tmp_path: Path) -> None:
    settings = {"layers": 2, "activation_fn": "gelu"}
    zipped(tmp_path / "a.pth", {"cfg": {"model": Namespace(**settings)}})
    assert read_pth(tmp_path / "a.pth") == {"cfg": {"model": settings}}
    zipped(tmp_path / "b.pth", {"cfg": Stateful()})
    with pytest.raises(DataError, match="more than weights"):
        read_pth(tmp_path / "b.pth")


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_else_there_is_can_be_left_blank_and_is_not_run_either(
    tmp_path: Path, protocol: int
) -> None:
    mark = tmp_path / "it-ran"
    counted = Counter({"a": 2})  # built by a call and filled after it
    more = {"n": np.float64(0.5), "a": np.arange(3), "o": Stateful(), "b": Bomb(mark), "c": counted}
    zipped(tmp_path / "a.pth", {"model": {"x": 1}, "more": more, "last": [2]}, protocol)
    content = read_pth(tmp_path / "a.pth", blanks=True)
    assert (content["model"], content["last"]) == ({"x": 1}, [2])
    assert set(content["more"]) == set(more)
    assert not any(isinstance(item, (int, float, str, dict)) for item in content["more"].values())
    assert not mark.exists()
