"""`dub evaluate …`: measure an engine or a result against what is known to be right."""

from __future__ import annotations

from pathlib import Path

import click

from dubber.commands.terminal import bar


@click.command("mt")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--mt", default="", metavar="NAME[:MODEL]", help="Translator.")
@click.option("--src", "source", default="hi", show_default=True, metavar="LANG")
@click.option("--tgt", "targets", required=True, metavar="LANG[,LANG…]")
@click.option("--limit", type=int, metavar="N", help="The first N lines only.")
def evaluate_mt(folder: Path, mt: str, source: str, targets: str, limit: int | None) -> None:
    """chrF++ on FOLDER/LANG.txt, line by line, beside merely copying the source."""
    from dubber import languages as packs
    from dubber.registry import choose, open_engine
    from dubber.translation.score import evaluate

    scripts = {language.code: language.script for language in packs.all_languages()}
    engine = open_engine(choose("mt", mt, "offline"))
    with bar("evaluate") as progress:
        scores = evaluate(
            engine,
            folder,
            source=packs.get(source).code,
            targets=[packs.get(name).code for name in targets.split(",")],
            scripts=scripts,
            limit=limit,
            progress=progress,
        )
    for score in scores:
        click.echo(
            f"{score.source}-{score.target}  chrF++ {score.chrf:.2f}  copy {score.copied:.2f}  "
            f"numbers {score.numbers:.3f}  ({score.sentences} sentences)"
        )
    click.echo(scores[0].signature)
