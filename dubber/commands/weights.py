"""`dub weights …`: where weights come from, whether they are whole, conversion."""

from __future__ import annotations

from pathlib import Path

import click

from dubber.errors import UsageError


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
    "--quantization",
    type=click.Choice(("int8", "int8_float16", "float16", "float32")),
    default="int8",
    show_default=True,
    help="Those with float16 are for a GPU.",
)
def weights_convert(checkpoint: Path, out: Path, direction: str, quantization: str) -> None:
    """Turn a published IndicTrans2 checkpoint, of the Hub or fairseq, into what `--mt
    indictrans2:FOLDER` takes."""
    from dubber.translation.convert import convert

    click.echo(convert(checkpoint, out, direction=direction, quantization=quantization))


@weights.command("get")
@click.argument("name")
@click.option("--model", "wanted", metavar="MODEL", help="Which; without it, they are listed.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--revision", default="main", show_default=True, help="A commit of the repository.")
def weights_get(name: str, wanted: str | None, out: Path | None, revision: str) -> None:
    """Get the weights of the engine NAME (mt.indictrans2) that this package does not carry.

    Most are behind a page that asks for your consent. What breaks off goes on where it was, and
    nothing is used that is not checked against what the server or the archive says of it.
    """
    from dubber.commands.terminal import bar
    from dubber.translation import published

    if name.removeprefix("mt.") != "indictrans2":
        raise UsageError(f"nothing to get for {name}", cure="see `dub weights list`")
    if wanted is None:
        click.echo(HOW.format(token=published.TOKEN))
        for model in published.MODELS:
            click.echo(f"  {model.name:<31}{model.page}")
        return
    model = published.model(wanted)
    folder = out or Path(f"indictrans2-{model.name}")
    with bar(model.name) as progress:
        published.get(model, folder, revision=revision, progress=progress)
    click.echo(f"{folder}; now: dub weights convert {folder} -o indictrans2/{model.name}")


HOW = """\
IndicTrans2 is published under the MIT licence, most of it behind a page that asks for an account.
1. Choose: indic-indic for two Indian languages, or en-indic and indic-en, of which a pair then
   goes through English; dist is smaller, 1B better. Open the page of each and accept.
2. Make a token that may read, and set it: export {token}=hf_...
3. dub weights get mt.indictrans2 --model NAME
4. dub weights convert FOLDER -o indictrans2/NAME
5. dub VIDEO ... --mt indictrans2:./indictrans2
Those with -fairseq lie on the authors' own server, and need neither 1 nor 2. Those with rotary have
other positions, were made for long texts, and were converted by others.

The models:"""
