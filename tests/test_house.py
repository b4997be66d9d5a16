"""Rules of the house that a machine can check."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dubber
from dubber import languages

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([ROOT / "cli.py", *(ROOT / "dubber").rglob("*.py")])
CODES = {language.code for language in languages.all_languages()}
UNSAFE = {"pickle", "cPickle", "dill", "marshal", "shelve"}


def names(path: Path) -> Iterator[tuple[ast.AST, ast.AST]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            yield node, child


def test_the_package_has_few_public_names() -> None:
    assert sorted(dubber.__all__) == [
        "DubError",
        "DubOptions",
        "Job",
        "Result",
        "__version__",
        "dub",
    ]
    assert all(getattr(dubber, name) is not None for name in dubber.__all__)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_code_compares_a_language_code(path: Path) -> None:
    for node, _ in names(path):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                assert not (isinstance(side, ast.Constant) and side.value in CODES), (
                    f"{path}:{node.lineno}"
                )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_nothing_is_loaded_that_can_run_code(path: Path) -> None:
    for node, _ in names(path):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & UNSAFE
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in UNSAFE
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"torch.load", "os.system", "eval", "exec", "yaml.load"}
            for keyword in node.keywords:
                assert keyword.arg != "trust_remote_code"
                assert keyword.arg != "shell"
                if keyword.arg == "allow_pickle":
                    assert ast.unparse(keyword.value) == "False"


SPEAKING = {ROOT / "cli.py", *(ROOT / "dubber" / "commands").glob("*.py")}


@pytest.mark.parametrize("path", sorted({*MODULES} - SPEAKING), ids=lambda p: p.name)
def test_only_the_command_line_prints(path: Path) -> None:
    for node, _ in names(path):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in {"print", "click.echo"}, f"{path}:{node.lineno}"


def test_the_lock_files_hold_hashes_and_name_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "http" not in "".join(
            line for line in text.splitlines() if not line.startswith(("http", "    --hash"))
        ).replace("httpcore", "").replace("httpx", "")
        assert "index-url" not in text
        assert not [line for line in text.splitlines() if line.startswith(("torch==", "nvidia"))]
