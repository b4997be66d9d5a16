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
@click.option("--size", type=click.Choice(["128", "256"]), default="128", show_default=True,
              help="Width of the pictures; 256 for faces seen closely.")  # fmt: skip
@click.option("--workers", default=1, show_default=True, metavar="N")
def train_lips_prepare(
    videos: tuple[Path, ...],
    out: Path,
    licence: str,
    credit: str,
    by_file: bool,
    unseen: tuple[str, ...],
    known_every: int,
    size: str,
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
            size=int(size),
            workers=workers,
            progress=progress,
        )
    for film in manifest["left_out"]:
        click.echo(f"left out {film['name']}: {film['reason']}", err=True)
    click.echo(f"{len(manifest['clips'])} clips in {out}")


@train_lips.command("fit")
@click.argument("dataset", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="RUN")
@click.option("--config", type=click.Path(path_type=Path), required=True, metavar="FILE.toml")
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Train so many steps.")
@click.option("--epochs", type=click.IntRange(1), metavar="N", help="Train so many epochs.")
@click.option("--steps-per-epoch", type=click.IntRange(1), metavar="N",
              help="After each epoch: a checkpoint and pictures.")  # fmt: skip
@click.option("--batch-size", type=click.IntRange(2), metavar="N", help="Frames, or stretches.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Threads that make batches.")
@click.option("--gpus", type=click.IntRange(0), metavar="N",
              help="Train on so many, a process each; 0: on the processor.")  # fmt: skip
def train_lips_fit(
    dataset: Path,
    out: Path,
    config: Path,
    steps: int | None,
    epochs: int | None,
    steps_per_epoch: int | None,
    batch_size: int | None,
    workers: int | None,
    gpus: int | None,
) -> None:
    """Train on DATASET as FILE.toml says, or as the options do; goes on from the checkpoint in
    RUN. `tensorboard --logdir RUN` shows curves and pictures, if it is installed."""
    from dubber.lipsync.gan.recipe import changed, read_recipe, run

    if epochs is not None and (steps is not None or steps_per_epoch is None):
        raise click.UsageError("--epochs needs --steps-per-epoch, and no --steps")
    if epochs is not None and steps_per_epoch is not None:
        steps = epochs * steps_per_epoch
    recipe = changed(
        read_recipe(config),
        steps=steps,
        save_steps=steps_per_epoch,
        batch=batch_size,
        workers=workers,
        device=None if gpus is None else "cuda" if gpus else "cpu",
        processes=None if gpus is None else max(1, gpus),
    )
    with bar("fit") as progress:
        for checkpoint in run(recipe, dataset, out, progress=progress):
            click.echo(checkpoint)


@train_lips.command("export")
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="MODEL")
@click.option("--revision", default="1", show_default=True)
def train_lips_export(run: Path, out: Path, revision: str) -> None:
    """Write what was trained in RUN: the generator as a folder that `--lips gan:MODEL` takes, or
    the expert, if that is what RUN holds."""
    from dubber.lipsync.gan.expert_export import export_expert
    from dubber.lipsync.gan.export import export
    from dubber.lipsync.gan.recipe import EXPERT, MOUTH
    from dubber.lipsync.gan.train import CHECKPOINT

    expert = run / EXPERT / CHECKPOINT
    if expert.is_file() and not (run / MOUTH).exists():
        click.echo(export_expert(expert, out, revision=revision))
    else:
        click.echo(export(run / MOUTH / CHECKPOINT, out, revision=revision))


@train_lips.command("evaluate")
@click.argument("dataset", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--lips", multiple=True, metavar="NAME[:MODEL]", help="Renderer; repeatable.")
@click.option("--split", default="unseen", show_default=True, help="train, known or unseen.")
@click.option("--most", default=4, show_default=True, metavar="N", help="Clips a speaker; 0: all.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Pictures.")
def train_lips_evaluate(
    dataset: Path, lips: tuple[str, ...], split: str, most: int, out: Path | None
) -> None:
    """Draw held-out mouths again and compare them with the real ones.

    Beside the renderers stand the average mouth and one frame's mouth for all.
    """
    from dubber.lipsync.gan.agreement import CARD, Expert
    from dubber.lipsync.gan.clips import read_clips
    from dubber.lipsync.gan.evaluate import evaluate, signature, summary, write_scores
    from dubber.registry import choose, open_engine
    from dubber.weights import locate

    clips = read_clips(dataset, split, most=most)
    renderers = {name: open_engine(choose("lips", name, "offline")) for name in lips or ("gan",)}
    with bar("evaluate") as progress:
        scores = evaluate(
            clips, renderers, expert=Expert(locate(CARD)), pictures=out, progress=progress
        )
    if out is not None:
        write_scores(scores, out / "scores.jsonl")
    for way, means in summary(scores).items():
        click.echo(f"{way}: " + "  ".join(f"{name} {value}" for name, value in means.items()))
    click.echo(signature(clips))


@train_lips.command("try-expert")
@click.argument("dataset", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--split", default="known", show_default=True, help="train, known or unseen.")
@click.option("--model", type=click.Path(path_type=Path, exists=True), metavar="FOLDER",
              help="An expert that was exported; the embedded one if left out.")  # fmt: skip
def train_lips_try_expert(dataset: Path, split: str, model: Path | None) -> None:
    """How well the expert on lips tells held-out clips from the same clips out of sync."""
    from dubber.lipsync.gan.agreement import CARD, Expert
    from dubber.lipsync.gan.clips import each_clip
    from dubber.lipsync.gan.expert_rows import Talk
    from dubber.lipsync.gan.expert_trial import trial
    from dubber.weights import locate

    expert = Expert(model or locate(CARD))
    for what, value in trial(expert, map(Talk.of, each_clip(dataset, split))).rows():
        click.echo(f"{what:<44}{value}")


@train_lips.command("convert")
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
def train_lips_convert(source: Path, out: Path) -> None:
    """Make a published Wav2Lip or SyncNet file (.pth) into safetensors or ONNX, or a checkpoint of
    ours into ONNX, which --lips gan:FILE.onnx takes.

    No code that SOURCE may carry is run. FILE ends in .safetensors or .onnx.
    """
    from dubber.lipsync.gan.published import convert, export_network

    writers = {".safetensors": convert, ".onnx": export_network}
    if out.suffix not in writers:
        raise click.UsageError(f"FILE must end in {' or '.join(writers)}")
    click.echo(f"{writers[out.suffix](source, out)} in {out}")
