"""`dub train mt …`: the compact translator."""

from __future__ import annotations

from pathlib import Path

import click

from dubber.commands.terminal import bar


@click.group("mt")
def train_mt() -> None:
    """The compact translator: prepare, fit, export, evaluate."""


@train_mt.command("prepare")
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="PREPARED")
@click.option(
    "--written",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="The project's own sentences: corpus/spoken.",
)
def train_mt_prepare(data: Path, out: Path, written: Path | None) -> None:
    """Filter and encode the parallel text in DATA (CORPUS/SOURCE-TARGET.tsv)."""
    from dubber import languages as packs
    from dubber.translation.prepare import prepare

    scripts = packs.scripts()
    with bar("prepare") as progress:
        manifest = prepare(data, out, scripts=scripts, spoken=written, progress=progress)
    click.echo(f"{manifest['tokens']} tokens in {out}")


@train_mt.command("fit")
@click.argument("prepared", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="RUN")
@click.option("--config", type=click.Path(path_type=Path), required=True, metavar="FILE.toml")
def train_mt_fit(prepared: Path, out: Path, config: Path) -> None:
    """Train on PREPARED as FILE.toml says; goes on from the checkpoint in RUN."""
    from dubber.translation.recipe import read_recipe, run

    with bar("fit") as progress:
        click.echo(run(read_recipe(config), prepared, out, progress=progress))


@train_mt.command("export")
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("prepared", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="MODEL")
def train_mt_export(run: Path, prepared: Path, out: Path) -> None:
    """Write the trained weights as an int8 model that `--mt compact:MODEL` takes."""
    from dubber.translation.export import export
    from dubber.translation.train import CHECKPOINT

    click.echo(export(run / CHECKPOINT, prepared, out))
