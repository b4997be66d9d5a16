"""Mouths: `dub lipsync`, `dub talk`, `dub evaluate lips`, `dub train ear`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dubber.commands import options
from dubber.commands.terminal import EXIT_CODES, bar, bars
from dubber.config import LipOptions

if TYPE_CHECKING:
    from dubber.languages import Language
    from dubber.lipsync_job import LipsyncJob


@click.command(epilog=EXIT_CODES)
@click.option("--video", type=click.Path(path_type=Path), required=True, help="A film or a still.")
@options.speech
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="OUT.mp4")
@click.option("--start", type=click.FloatRange(0), default=0.0, help="Where the speech begins, s.")
@click.option("--end", type=click.FloatRange(0), help="Where the film's part for it ends, s.")
@click.option(
    "--fit",
    type=click.Choice(["keep", "crop", "loop"]),
    default="keep",
    show_default=True,
    help="keep the film around the speech; crop it to the speech; loop it until the speech ends.",
)
@options.lips
@options.adapt
@options.overwrite
@options.quiet
def lipsync(
    video: Path,
    audio: Path,
    out: Path,
    text: str,
    language: str,
    start: float,
    end: float | None,
    fit: str,
    lips: str,
    adapt: str,
    keep_asked: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Let the face in --video say --audio: its mouth is drawn anew, the sound laid under it."""
    from dubber.lipsync_job import LipsyncJob

    job = LipsyncJob(
        video=video,
        audio=audio,
        out=out,
        text=text,
        language=_pack(language),
        start=start,
        end=end,
        fit=fit,
        asked=keep_asked,
        overwrite=overwrite,
    )
    _run(job, lips, adapt, quiet)


@click.command(epilog=EXIT_CODES)
@click.option(
    "--face",
    type=click.Path(path_type=Path),
    required=True,
    help="A photo of one face, or a film of somebody, repeated until the speech ends.",
)
@options.speech
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("talk.mp4"), show_default=True
)
@click.option(
    "--head",
    type=click.Choice(["gentle", "still"]),
    default="gentle",
    show_default=True,
    help="How the head of a photo moves.",
)
@click.option(
    "--at",
    type=click.FloatRange(0),
    metavar="S",
    help="Of a film, take only the picture at this second.",
)
@options.lips
@options.adapt
@options.overwrite
@options.quiet
def talk(
    face: Path,
    audio: Path,
    text: str,
    language: str,
    out: Path,
    head: str,
    at: float | None,
    lips: str,
    adapt: str,
    keep_asked: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Let a face speak: a film as long as --audio, of one photo or of one person's film."""
    from dubber.lipsync_job import LipsyncJob

    job = LipsyncJob(
        video=face,
        audio=audio,
        out=out,
        text=text,
        language=_pack(language),
        fit="loop",
        at=at,
        head=head,
        must_speak=True,
        asked=keep_asked,
        overwrite=overwrite,
    )
    _run(job, lips or "gan", adapt, quiet)


def _pack(language: str) -> Language | None:
    from dubber import languages as packs

    return packs.get(language) if language else None


def _run(job: LipsyncJob, lips: str, adapt: str, quiet: bool) -> None:
    """Do the job with the engines, and say what came of it."""
    from dubber.evaluate.report import fits_told
    from dubber.lipsync_job import lipsync, nobody
    from dubber.protocols import adapted
    from dubber.registry import choose, open_engine
    from dubber.text.spoken import spoken_form

    opened: list[Any] = []

    def voice() -> Any:
        opened.append(open_engine(choose("tts", "espeak", "auto")))
        return opened[0]

    try:
        with bars() as watch:
            result = lipsync(
                job,
                finder=open_engine(choose("faces", "", "auto")),
                renderer=adapted(open_engine(choose("lips", lips, "auto")), adapt, _fits()),
                voice=voice,
                read=lambda line: spoken_form(line, job.language) if job.language else line,
                options=LipOptions(adapt=adapt),
                watch=nobody if quiet else watch,
            )
    finally:
        for engine in opened:
            engine.close()
    if result.picture.changed:
        click.echo(f"{job.out}: {result.picture.drawn} of {result.picture.frames} frames drawn")
        told = fits_told(result.picture.fits)
        if told:
            click.echo(told)
    else:
        click.echo(f"{job.out}: no face that can be drawn was found; the picture is as it was")


def _fits() -> Path:
    """Where fits to faces are kept for the next run: these commands have no job's folder."""
    from platformdirs import user_cache_path

    return user_cache_path("dub") / "fits"


@click.command("lips")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--asked", type=click.Path(path_type=Path), required=True, metavar="FILE.npz",
              help="What `dub lipsync --keep-asked` wrote.")  # fmt: skip
@click.option("--sheet", type=click.Path(path_type=Path), metavar="FILE.png", help="Faces to see.")
@click.option("--side-by-side", type=click.Path(path_type=Path), metavar="FILE.mp4")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def evaluate_lips(
    source: Path,
    output: Path,
    asked: Path,
    sheet: Path | None,
    side_by_side: Path | None,
    as_json: bool,
) -> None:
    """How the mouths drawn in OUTPUT follow what was asked, and sit in SOURCE's pictures."""
    from dubber.evaluate import lip_sheet
    from dubber.evaluate.lip_pictures import PictureMeasure, pairs
    from dubber.evaluate.lips import score
    from dubber.lipsync.asked import AskedMouths
    from dubber.lipsync.tracks import FaceTracks
    from dubber.media.video import VideoReader
    from dubber.registry import choose, open_engine
    from dubber.stages.find_faces import find_faces

    wanted = AskedMouths.load(asked)
    finder = open_engine(choose("faces", "", "auto"))
    tracks = []
    with tempfile.TemporaryDirectory() as folder, bars() as watch:
        for film in (source, output):
            file = Path(folder) / "faces.npz"
            find_faces(film, finder, target=file, progress=watch(f"faces {film.name}"))
            tracks.append(FaceTracks.load(file))
        pictures = PictureMeasure()
        with VideoReader(source) as before, VideoReader(output) as after:
            for found in pairs(wanted, tracks[0], before, after):
                pictures.add(found)
        if sheet is not None:
            lip_sheet.contact_sheet(wanted, tracks[0], source, output, sheet)
        if side_by_side is not None:
            lip_sheet.side_by_side(source, output, side_by_side, progress=watch("side by side"))
    scores = score(
        wanted,
        source=tracks[0],
        output=tracks[1],
        speech=[(start, end) for start, end in wanted.spoken.tolist()],
        pictures=pictures.scores(),
    )
    if as_json:
        click.echo(json.dumps(scores.record(), indent=1))
        return
    for what, value in scores.rows():
        click.echo(f"{what:<44}{value}")
    click.echo(scores.signature)


@click.command("ear")
@click.argument("clips", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FILE.npz")
@click.option(
    "--every", default=15, show_default=True, metavar="N", help="Held out: each Nth clip."
)
@click.option(
    "--strangers",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Clips of other people, to be heard and not learnt from.",
)
def train_ear(clips: Path, out: Path, every: int, strangers: Path | None) -> None:
    """Learn from CLIPS of one speaker (.mp4 with sound) how a mouth that is heard looks."""
    from dubber.lipsync.heard_fit import EarRecipe, Talk, fit, held_out, read_talk
    from dubber.registry import choose, open_engine

    finder = open_engine(choose("faces", "", "offline"))
    files = sorted(clips.glob("*.mp4"))
    others = sorted(strangers.glob("*.mp4")) if strangers else []
    found: dict[Path, Talk] = {}
    with bar("look") as progress:
        for number, file in enumerate([*files, *others], 1):
            talk = read_talk(file, finder)
            if talk is not None:
                found[file] = talk
            progress(number, len(files) + len(others))
    kept = set(files[::every])
    learnt = [found[file] for file in files if file in found and file not in kept]
    if not learnt:
        raise click.UsageError(f"no clip with a face in {clips}")
    with bar("fit") as progress:
        ear = fit(learnt, EarRecipe(), progress=progress)
    ear.save(out)
    groups = {"held out": sorted(kept)} | {file.stem: [file] for file in others}
    for name, members in groups.items():
        talks = [found[file] for file in members if file in found]
        if talks:
            opening, width = held_out(ear, talks)
            click.echo(f"{name}: opening {opening:.3f} width {width:.3f} ({len(talks)} clips)")
    click.echo(f"{len(learnt)} clips learnt from; {out}")
