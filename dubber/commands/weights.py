"""`dub weights …`: where weights come from, whether they are whole, conversion."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def weights() -> None:
    """The weights: where they come from, and whether they are whole."""


@weights.command("list")
def weights_list() -> None:
    """Every set of weights with its source and licence."""
    from dubber.weights import cards

    for card in cards():
        click.echo(f"{card.name:<18}{card.bytes / 1e6:>7.1f} MB  {card.licence:<14}{card.summary}")
        click.echo(f"{'':<18}{card.source} @ {card.revision}")


@weights.command("verify")
@click.argument("names", nargs=-1)
def weights_verify(names: tuple[str, ...]) -> None:
    """Check the files of NAMES (all, if none is given) against their sha256."""
    from dubber.weights import cards, locate

    for name in names or tuple(card.name for card in cards()):
        click.echo(f"{name:<18}ok  {locate(name)}")


@weights.command("convert")
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
@click.option("--direction", default="", metavar="NAME", help="indic-indic, en-indic or indic-en.")
@click.option(
    "--quantization", type=click.Choice(("int8", "float32")), default="int8", show_default=True
)
def weights_convert(checkpoint: Path, out: Path, direction: str, quantization: str) -> None:
    """Turn a published IndicTrans2 checkpoint into what `--mt indictrans2:FOLDER` takes."""
    from dubber.translation.convert import convert

    click.echo(convert(checkpoint, out, direction=direction, quantization=quantization))
