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
@click.option("--glossary", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--limit", type=int, metavar="N", help="The first N sentences only.")
def evaluate_mt(
    folder: Path, mt: str, source: str, targets: str, glossary: Path | None, limit: int | None
) -> None:
    """chrF++ and BLEU on the set in FOLDER (LANG.txt, line by line, or corpus/spoken, of which the
    held-out part is taken), beside merely copying the source."""
    from dubber import languages as packs
    from dubber.registry import choose, open_engine
    from dubber.text.glossary import Glossary, read_glossary
    from dubber.translation.score import evaluate

    wanted = [packs.get(name) for name in targets.split(",")]
    scripts = packs.scripts()
    terms = read_glossary(glossary) if glossary else Glossary()
    engine = open_engine(choose("mt", mt, "offline"))
    with bar("evaluate") as progress:
        scores = evaluate(
            engine,
            folder,
            source=packs.get(source).code,
            targets=[language.code for language in wanted],
            scripts=scripts,
            glossary={language.code: terms.translations(language) for language in wanted},
            limit=limit,
            progress=progress,
        )
    for score in scores:
        kept = "" if score.terms is None else f"  terms {score.terms:.3f}"
        click.echo(
            f"{score.source}-{score.target}  chrF++ {score.chrf:.2f}  copy {score.copied:.2f}  "
            f"BLEU {score.bleu:.2f}  numbers {score.numbers:.3f}  length {score.length:.2f}{kept}  "
            f"({score.sentences} sentences)"
        )
    click.echo(f"chrF++ {scores[0].signature}")
    click.echo(f"BLEU {scores[0].bleu_signature}")
