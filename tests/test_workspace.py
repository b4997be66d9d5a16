"""The workspace: made once, found again, remade when what it was made from changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dubber.errors import BusyError, DataError, OutputError
from dubber.workspace import Workspace, key_of

Build = Callable[[Path], None]


def writer(text: str, calls: list[str] | None = None) -> Build:
    def build(draft: Path) -> None:
        if calls is not None:
            calls.append(text)
        draft.write_text(text, encoding="utf-8")

    return build


def test_an_artifact_is_made_once_for_one_key(tmp_path: Path) -> None:
    calls: list[str] = []
    for _ in range(2):
        with Workspace(tmp_path / "a.dub") as space:
            made = space.make("x.json", "key", writer("one", calls))
    assert calls == ["one"]
    assert made.state == "found"
    assert made.path.read_text(encoding="utf-8") == "one"


def test_another_key_makes_it_again(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub") as space:
        space.make("x.json", "old", writer("one"))
        assert space.make("x.json", "new", writer("two")).state == "made"
        assert space.make("x.json", "new", writer("three")).path.read_text() == "two"


def test_facts_are_kept_with_the_artifact(tmp_path: Path) -> None:
    def build(draft: Path) -> dict[str, float]:
        draft.write_text("x", encoding="utf-8")
        return {"loudness": -16.0}

    with Workspace(tmp_path / "a.dub") as space:
        space.make("x.wav", "key", build)
    with Workspace(tmp_path / "a.dub") as space:
        assert space.make("x.wav", "key", writer("y")).facts == {"loudness": -16.0}


def test_a_damaged_artifact_is_made_again(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub") as space:
        path = space.make("x.wav", "key", writer("whole")).path
        path.write_text("whale", encoding="utf-8")
        assert space.make("x.wav", "key", writer("whole")).state == "made"
        assert path.read_text(encoding="utf-8") == "whole"


def test_a_persons_edit_is_used_as_it_is(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub") as space:
        path = space.make("x.json", "key", writer("machine"), editable=True).path
        path.write_text("person", encoding="utf-8")
        found = space.make("x.json", "key", writer("machine"), editable=True)
        assert (found.state, space.edited("x.json")) == ("edited", True)
        assert path.read_text(encoding="utf-8") == "person"


def test_an_edit_that_cannot_be_read_is_an_error_and_not_lost(tmp_path: Path) -> None:
    def check(path: Path) -> None:
        if path.read_text(encoding="utf-8") == "{":
            raise DataError("not readable", subject=path)

    with Workspace(tmp_path / "a.dub") as space:
        path = space.make("x.json", "key", writer("machine"), check=check, editable=True).path
        path.write_text("{", encoding="utf-8")
        with pytest.raises(DataError):
            space.make("x.json", "key", writer("machine"), check=check, editable=True)
        assert path.read_text(encoding="utf-8") == "{"


def test_an_edit_set_aside_keeps_its_text(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub") as space:
        path = space.make("x.json", "key", writer("machine"), editable=True).path
        path.write_text("person", encoding="utf-8")
        aside = space.set_aside("x.json")
        space.make("x.json", "another key", writer("machine again"), editable=True)
        assert aside.read_text(encoding="utf-8") == "person"
        assert path.read_text(encoding="utf-8") == "machine again"


def test_an_output_never_replaces_a_strangers_file(tmp_path: Path) -> None:
    (tmp_path / "a.ta.mp4").write_text("a holiday", encoding="utf-8")
    with Workspace(tmp_path / "a.dub") as space:
        with pytest.raises(OutputError, match="in the way"):
            space.make("out/a.ta.mp4", "key", writer("dub"))
        assert (tmp_path / "a.ta.mp4").read_text(encoding="utf-8") == "a holiday"
    with Workspace(tmp_path / "a.dub", overwrite=True) as space:
        space.make("out/a.ta.mp4", "key", writer("dub"))
    assert (tmp_path / "a.ta.mp4").read_text(encoding="utf-8") == "dub"


def test_an_output_of_ours_is_replaced(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub") as space:
        space.make("out/a.ta.mp4", "one", writer("dub one"))
        space.make("out/a.ta.mp4", "two", writer("dub two"))
    assert (tmp_path / "a.ta.mp4").read_text(encoding="utf-8") == "dub two"


def test_two_processes_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub"), pytest.raises(BusyError, match="another dub"):
        Workspace(tmp_path / "a.dub")


def test_a_broken_manifest_says_what_to_do(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a.dub") as space:
        space.make("x.json", "key", writer("one"))
    (tmp_path / "a.dub" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="delete it"):
        Workspace(tmp_path / "a.dub")


def test_keys_do_not_depend_on_order_and_do_on_every_part() -> None:
    one = key_of("mix", {"a": "1", "b": "2"}, {"x": 1, "y": 2})
    assert one == key_of("mix", {"b": "2", "a": "1"}, {"y": 2, "x": 1})
    others = {
        key_of("mux", {"a": "1", "b": "2"}, {"x": 1, "y": 2}),
        key_of("mix", {"a": "1", "b": "3"}, {"x": 1, "y": 2}),
        key_of("mix", {"a": "1", "b": "2"}, {"x": 1, "y": 3}),
    }
    assert len(others | {one}) == 4


THREE_STEPS = """
import sys
from pathlib import Path
from dubber.workspace import Workspace
root = Path(sys.argv[1])
with Workspace(root / "a.dub") as space:
    text = "start"
    for name in ("one.json", "two.json", "out/a.ta.mp4"):
        def build(draft, text=text + name):
            draft.write_text(text, encoding="utf-8")
        text = space.make(name, text, build).path.read_text(encoding="utf-8")
"""


def three_steps(folder: Path, plan: str = "") -> int:
    environment = {**os.environ, "DUB_FAULT": plan}
    return subprocess.run(
        [sys.executable, "-c", THREE_STEPS, str(folder)], env=environment, check=False
    ).returncode


def test_killed_at_any_point_it_ends_the_same_and_nothing_is_half_written(tmp_path: Path) -> None:
    assert three_steps(tmp_path / "clean") == 0
    wanted = (tmp_path / "clean" / "a.ta.mp4").read_text(encoding="utf-8")
    killed = 0
    for number in range(1, 20):
        folder = tmp_path / f"kill{number}"
        code = three_steps(folder, f"any:{number}:kill")
        killed += code == -9
        output = folder / "a.ta.mp4"
        assert not output.exists() or output.read_text(encoding="utf-8") == wanted
        assert three_steps(folder) == 0
        assert output.read_text(encoding="utf-8") == wanted
        assert sorted(p.name for p in folder.iterdir()) == ["a.dub", "a.ta.mp4"]
        assert not (folder / "a.dub" / ".drafts").exists()
    assert killed == 12  # 4 points in each of 3 steps
