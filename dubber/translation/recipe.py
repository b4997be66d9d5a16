"""A training run as a file: phases of `fit`, one after the other."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dubber.errors import ConfigError, DataError, NoInputError
from dubber.protocols import Progress, silent
from dubber.translation.sizes import NetConfig
from dubber.translation.train import FitOptions, fit

NET = ("width", "heads", "inner", "encoder_layers", "decoder_layers", "dropout", "vocabulary")


@dataclass(frozen=True, slots=True)
class Phase:
    """Train until `steps`, with the learning rate of a run of `schedule_steps` steps.

    `directions` weighs "hi-ta", "hi-*" or "*-hi"; `corpora` multiplies what `prepare` noted.
    """

    steps: int
    schedule_steps: int = 0
    decay_steps: int = 1500
    warmup_steps: int = 400
    learning_rate: float = 2e-3
    averaging: float = 0.999
    batch_tokens: int = 3000
    copies: float = 0.08
    smoothing: float = 0.1
    guide: float = 0.0
    threads: int = 2
    processes: int = 1
    seed: int = 1
    net: Mapping[str, Any] = field(default_factory=dict)
    directions: Mapping[str, float] = field(default_factory=dict)
    corpora: Mapping[str, float] = field(default_factory=dict)


def read_recipe(path: Path) -> tuple[Phase, ...]:
    """The phases in a TOML file. ConfigError names what is wrong in it."""
    if not path.is_file():
        raise NoInputError("no such file", subject=path)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["phase"]
        phases = tuple(Phase(**table) for table in tables)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ConfigError(
            f"not a training recipe ({error})", subject=path, cure="compare configs/mt-compact.toml"
        ) from error
    for phase in phases:
        if set(phase.net) - set(NET):
            raise ConfigError(f"unknown sizes {sorted(set(phase.net) - set(NET))}", subject=path)
    return phases


def run(phases: tuple[Phase, ...], data: Path, out: Path, *, progress: Progress = silent) -> Path:
    """Every phase on what `prepare` left in `data`; the last checkpoint's path.

    Goes on from the checkpoint in `out`, if one stands: started again it does what is left.
    """
    if not phases:
        raise DataError("a recipe without a phase")
    checkpoint = out
    for phase in phases:
        checkpoint = fit(
            data, out, options=_options(phase, data), progress=_within(progress, phases)
        )
    return checkpoint


def _within(progress: Progress, phases: tuple[Phase, ...]) -> Callable[[float, float], None]:
    return lambda done, _: progress(done, phases[-1].steps)


def _options(phase: Phase, data: Path) -> FitOptions:
    options = FitOptions(
        steps=phase.schedule_steps or phase.steps,
        stop_step=phase.steps,
        decay_steps=phase.decay_steps,
        warmup_steps=phase.warmup_steps,
        learning_rate=phase.learning_rate,
        averaging=phase.averaging,
        smoothing=phase.smoothing,
        guide=phase.guide,
        threads=phase.threads,
        processes=phase.processes,
        seed=phase.seed,
        net=replace(NetConfig(), **phase.net),
    )
    sampling = replace(options.sampling, copies=phase.copies, batch_tokens=phase.batch_tokens)
    if phase.directions:
        sampling = replace(sampling, directions=dict(phase.directions))
    if phase.corpora:
        noted = json.loads((data / "data.json").read_text(encoding="utf-8"))["corpora"]
        weights = {
            name: rule["weight"] * phase.corpora.get(name, 1.0) for name, rule in noted.items()
        }
        sampling = replace(sampling, corpora=weights)
    return replace(options, sampling=sampling)
