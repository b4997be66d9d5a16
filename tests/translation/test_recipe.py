"""A training run as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dubber.errors import ConfigError, NoInputError
from dubber.translation.recipe import read_recipe


def test_the_shipped_recipe_is_a_run_that_goes_forward(repository: Path) -> None:
    phases = read_recipe(repository / "configs" / "mt-compact.toml")
    steps = [phase.steps for phase in phases]
    assert steps == sorted(set(steps))
    assert all(phase.schedule_steps >= phase.steps for phase in phases)
    assert all(phase.directions["hi-ta"] > phase.directions["hi-*"] for phase in phases)


@pytest.mark.parametrize(
    "text",
    ["", "phase = 3", "[[phase]]\nstops = 1", "[[phase]", "[[phase]]\nsteps = 1\nnet = {deep = 9}"],
)
def test_a_recipe_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError):
        read_recipe(path)


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match="no such file"):
        read_recipe(tmp_path / "recipe.toml")
