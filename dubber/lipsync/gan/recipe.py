"""A training as a file: one table `[[train]]` for each network, with what is not by default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from dubber.errors import ConfigError, NoInputError
from dubber.lipsync.gan.batches import Changes
from dubber.lipsync.gan.family_train import TRAINED, FamilyOptions, fit_family
from dubber.lipsync.gan.train import FitOptions, Weights, fit
from dubber.protocols import Progress, silent

MOUTH, EXPERT = "mouth", "lip-expert"

Recipe = Sequence[tuple[str, FitOptions | FamilyOptions]]


def read_recipe(path: Path) -> Recipe:
    """The networks a TOML file trains, each with its options. ConfigError names what is wrong."""
    if not path.is_file():
        raise NoInputError("no such file", subject=path)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["train"]
        return [_network(dict(table), path) for table in tables]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"not a training recipe ({error})", subject=path, cure="compare configs/lips-128.toml"
        ) from error


def _network(table: dict[str, Any], path: Path) -> tuple[str, FitOptions | FamilyOptions]:
    model = table.pop("model", MOUTH)
    if model == MOUTH:
        return model, _options(table, path)
    if model not in TRAINED:
        known = ", ".join((MOUTH, *TRAINED))
        raise ConfigError(f"no network {model!r}", subject=path, cure=f"use one of {known}")
    options: FamilyOptions = _filled(FamilyOptions(), table, path)
    return model, options


def _options(table: Mapping[str, Any], path: Path) -> FitOptions:
    given = dict(table)
    given["weights"] = _filled(Weights(), given.get("weights", {}), path)
    given["changes"] = _filled(Changes(), given.get("changes", {}), path)
    if "widths" in given:
        given["widths"] = tuple(given["widths"])
    options: FitOptions = _filled(FitOptions(), given, path)
    return options


def _filled(default: Any, given: Mapping[str, Any], path: Path) -> Any:
    """`default` with what is `given`; ConfigError for a name or a kind that does not fit."""
    known = {field.name for field in fields(default)}
    strange = sorted(set(given) - known)
    if strange:
        raise ConfigError(f"unknown option {strange[0]}", subject=path)
    for name, value in given.items():
        wanted = getattr(default, name)
        fits = isinstance(value, type(wanted)) and isinstance(value, bool) == isinstance(
            wanted, bool
        )
        if not fits and not (isinstance(wanted, float) and type(value) is int):
            raise ConfigError(f"option {name} cannot be {value!r}", subject=path)
    return replace(default, **given)


def changed(recipe: Recipe, **given: Any) -> Recipe:
    """The recipe with other options for all of its networks, where they are not None.

    `batch` is a number of frames, of which the mouth's is made of pairs; `workers` is the mouth's
    alone. ConfigError for a batch that cannot be.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    if wanted.get("batch", 2) < 2:
        raise ConfigError("a batch has at least 2 frames", cure="give --batch-size 2 or more")
    changed: list[tuple[str, FitOptions | FamilyOptions]] = []
    for model, options in recipe:
        own = dict(wanted)
        if isinstance(options, FitOptions):
            if "batch" in own:
                own["pairs"] = own.pop("batch") // 2
        else:
            own.pop("workers", None)
        changed.append((model, replace(options, **own)))
    return changed


def run(recipe: Recipe, data: Path, out: Path, *, progress: Progress = silent) -> list[Path]:
    """Train every network of the recipe on `data`, each in its folder `out/MODEL`; their
    checkpoints. Started again it does what is left."""
    checkpoints = []
    for model, options in recipe:
        if isinstance(options, FitOptions):
            checkpoints.append(fit(data, out / model, options=options, progress=progress))
        else:
            checkpoints.append(
                fit_family(model, data, out / model, options=options, progress=progress)
            )
    return checkpoints
