"""Options: they refuse what cannot be, and stages are redone from the one named."""

from __future__ import annotations

import pytest

from dubber import DubOptions
from dubber.config import STAGES, TimingOptions
from dubber.errors import ConfigError


def test_speeds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="comfortable <= max"):
        TimingOptions(comfortable_speed=1.5, max_speed=1.2)


@pytest.mark.parametrize("bad", [{"preset": "fast"}, {"since": "hear"}, {"until": "dance"}])
def test_unknown_names_are_refused_with_the_known_ones(bad: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="use one of"):
        DubOptions(**bad)  # type: ignore[arg-type]


def test_from_a_stage_on_everything_is_redone_and_nothing_before() -> None:
    options = DubOptions(since="speak")
    assert [stage for stage in STAGES if options.redoes(stage)] == ["speak", "mix", "sync", "mux"]
    assert not any(DubOptions().redoes(stage) for stage in STAGES)
    assert all(DubOptions(fresh=True).redoes(stage) for stage in STAGES)
