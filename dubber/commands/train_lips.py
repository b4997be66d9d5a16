"""`dub train lips …`: the generator of mouths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dubber.commands.terminal import bar

if TYPE_CHECKING:
    from dubber.protocols import FaceFinder


@click.group("lips")
def train_lips() -> None:
    """The generator of mouths: prepare, fit, evaluate, export."""


def open_finder() -> FaceFinder:
    """The face finder of the tool, for a worker process."""
    from dubber.registry import choose, open_engine

    finder: FaceFinder = open_engine(choose("faces", "", "offline"), threads=1)
    return finder


@train_lips.command("prepare")
@click.argument("videos", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="DATASET")
@click.option("--licence", required=True, help="Of the videos, as it is to stand in the manifest.")
@click.option("--credit", default="", help="Whom to name for the videos.")
@click.option("--by-file", is_flag=True, help="Every file is another speaker (else every folder).")
@click.option("--unseen", multiple=True, metavar="SPEAKER", help="Held out whole; repeatable.")
@click.option(
    "--known-every", default=10, show_default=True, metavar="N", help="Held out: each Nth."
)
@click.option("--workers", default=1, show_default=True, metavar="N")
def train_lips_prepare(
    videos: tuple[Path, ...],
    out: Path,
    licence: str,
    credit: str,
    by_file: bool,
    unseen: tuple[str, ...],
    known_every: int,
    workers: int,
) -> None:
    """Find and align the faces in VIDEOS (files or folders), split by speaker.

    Run again with more VIDEOS and the same DATASET it keeps what stands: the manifest lists the
    VIDEOS of the last run.
    """
    from dubber.lipsync.gan.prepare import find_sources, prepare

    sources = find_sources(videos, by_file=by_file, unseen=unseen, known_every=known_every)
    with bar("prepare") as progress:
        manifest = prepare(
            sources,
            out,
            open_finder=open_finder,
            licence=licence,
            credit=credit,
            workers=workers,
            progress=progress,
        )
    for film in manifest["left_out"]:
        click.echo(f"left out {film['name']}: {film['reason']}", err=True)
    click.echo(f"{len(manifest['clips'])} clips in {out}")
