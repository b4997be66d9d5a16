"""`dub evaluate …`: measure an engine or a result against what is known to be right."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from dubber.commands.terminal import bar, bars


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


@click.command("sync")
@click.argument("film", type=click.Path(path_type=Path))
@click.option("--audio", type=click.Path(path_type=Path), help="Another sound than the film's.")
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True),
    metavar="FOLDER",
    help="An expert from `dub train lips export`; the embedded one if left out.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def evaluate_sync(film: Path, audio: Path | None, model: Path | None, as_json: bool) -> None:
    """Whether the lips in FILM belong to its sound: the protocol of LSE-D and LSE-C with our own
    expert, face by face. NOT comparable with published figures: those are another expert's."""
    from dubber.errors import MediaError, NoInputError
    from dubber.evaluate.sync import scores, signature, views
    from dubber.lipsync.gan.agreement import CARD, Expert
    from dubber.lipsync.mel import RATE
    from dubber.lipsync.tracks import FaceTracks
    from dubber.media.audio import blocks
    from dubber.media.probe import choose_audio, probe
    from dubber.media.video import VideoReader
    from dubber.registry import choose, open_engine
    from dubber.stages.find_faces import find_faces
    from dubber.weights import locate

    for path in (film, audio):
        if path is not None and not path.is_file():
            raise NoInputError("no such file", subject=path)
    expert = Expert(model or locate(CARD))
    heard = audio or film
    with tempfile.TemporaryDirectory() as folder, bars() as watch:
        track = choose_audio(probe(heard))
        parts = blocks(heard, audio=track, rate=RATE, channels=1)
        pieces = [np.rint(part[:, 0] * 32767).astype(np.int16) for part in parts]
        if not pieces:
            raise MediaError("its sound cannot be decoded", subject=heard, cure="convert it")
        sound = np.concatenate(pieces)
        file = Path(folder) / "faces.npz"
        finder = open_engine(choose("faces", "", "auto"))
        find_faces(film, finder, target=file, progress=watch("faces"))
        tracks = FaceTracks.load(file)
        with VideoReader(film) as reader:
            found = views(tracks, reader, sound, expert, progress=watch("lips"))
    rows = scores(found, expert)
    if as_json:
        record = {"signature": signature(expert), "scores": [asdict(row) for row in rows]}
        click.echo(json.dumps(record, indent=1))
        return
    for row in rows:
        click.echo(row.row())
    click.echo(signature(expert))
