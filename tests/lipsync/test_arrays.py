"""Named arrays on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.errors import StorageError
from dubber.lipsync.arrays import joined, save_arrays


def test_what_is_saved_is_there_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    path.write_bytes(b"what stood there before")
    save_arrays(path, {"rows": np.arange(6).reshape(2, 3), "name": np.array("anna")})
    assert list(tmp_path.iterdir()) == [path]
    with np.load(path, allow_pickle=False) as file:
        assert file["rows"].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert str(file["name"]) == "anna"


def test_where_nothing_can_be_written_one_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        save_arrays(tmp_path / "none" / "some.npz", {"rows": np.zeros(1)})


def test_no_parts_are_joined_to_no_rows() -> None:
    assert joined([], (0, 4), np.float32).shape == (0, 4)
    assert joined([np.ones(2), np.zeros(1)], (0,), np.int32).tolist() == [1, 1, 0]
