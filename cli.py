"""The command `dub`: parse, call `dubber`, print. Nothing else in the project prints."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click

from dubber import DubOptions, Job, Result, __version__
from dubber.config import PRESETS, STAGES, SUBTITLE_FORMATS, MixOptions, TimingOptions
from dubber.errors import (
    INTERRUPTED,
    TERMINATED,
    BatchError,
    DubError,
    OutputError,
    StorageError,
    printable,
)

EXIT_CODES = """\b
Exit codes: 0 ok · 2 usage · 3 some videos failed · 65 bad media or data · 66 no such input ·
69 model or device unavailable · 73 cannot create output · 74 I/O or disk full · 75 busy ·
77 consent missing · 78 bad configuration · 130 interrupted · 143 terminated"""

DEFAULTS = DubOptions()


class VideoFirst(click.Group):
    """A group whose default command takes what is not a command's name: `dub talk.mp4 …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--version", "-h"):
            args = ["video", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=VideoFirst,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="dub")
def dub() -> None:
    """Dub videos between Indian languages.

    \b
    dub talk.mp4 --src hi --tgt ta          one video into Tamil
    dub *.mp4 --src hi --tgt ta,te,bn       many, into three languages each
    dub video --help                        all options of a dub
    """


@dub.command(epilog=EXIT_CODES)
@click.argument("videos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--src", "source", required=True, metavar="LANG", help="Language spoken: hi, hindi …")
@click.option("--tgt", "targets", required=True, metavar="LANG[,LANG…]", help="Language(s) wanted.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("dubbed"),
    show_default=True,
    help="Folder for results; the job's own folder lies in it too.",
)
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    default=DEFAULTS.preset,
    show_default=True,
    help="auto: the strongest engines that are here. offline: the embedded ones.",
)
@click.option("--asr", default="", metavar="NAME[:MODEL]", help="Recogniser (see `dub engines`).")
@click.option("--mt", default="", metavar="NAME[:MODEL]", help="Translator.")
@click.option("--tts", default="", metavar="NAME[:MODEL]", help="Voice engine.")
@click.option("--lips", default="", metavar="NAME|off", help="Lip renderer; off: same picture.")
@click.option("--voice", default="", metavar="VOICE", help="A voice of the engine (`dub voices`).")
@click.option(
    "--transcript",
    type=click.Path(path_type=Path),
    help="What is said, as .srt, .vtt or transcript.json: nothing is recognised.",
)
@click.option(
    "--subs",
    default=",".join(DEFAULTS.subtitles),
    show_default=True,
    metavar="FORMAT[,…]",
    help=f"Subtitle files to write ({', '.join(SUBTITLE_FORMATS)}).",
)
@click.option("--keep-original-audio", is_flag=True, help="Keep the original as a second track.")
@click.option("--audio-track", type=int, metavar="N", help="Dub this audio track (1 is the first).")
@click.option(
    "--keep-background/--no-background",
    default=DEFAULTS.mix.keep_background,
    show_default=True,
    help="Keep the original sound, ducked under the voice.",
)
@click.option(
    "--loudness",
    type=click.FloatRange(-40, -5),
    default=DEFAULTS.mix.loudness_lufs,
    show_default=True,
    metavar="LUFS",
    help="Integrated loudness of the result (EBU R128; broadcasters ask for -23).",
)
@click.option(
    "--max-speed",
    type=click.FloatRange(1.0, 3.0),
    default=DEFAULTS.timing.max_speed,
    show_default=True,
    help="How far a voice may be hurried; beyond it, it runs late and is reported.",
)
@click.option("--from", "since", type=click.Choice(STAGES), help="Do again from this stage on.")
@click.option("--until", type=click.Choice(STAGES), help="End after this stage.")
@click.option("--fresh", is_flag=True, help="Do everything again.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that another program wrote.")
@click.option("--allow-partial", is_flag=True, help="Accept a file that is cut short.")
@click.option("--device", type=click.Choice(("auto", "cpu", "cuda")), default=DEFAULTS.device)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print what happens inside.")
def video(
    videos: tuple[Path, ...],
    source: str,
    targets: str,
    out: Path,
    preset: str,
    asr: str,
    mt: str,
    tts: str,
    lips: str,
    voice: str,
    transcript: Path | None,
    subs: str,
    keep_original_audio: bool,
    audio_track: int | None,
    keep_background: bool,
    loudness: float,
    max_speed: float,
    since: str | None,
    until: str | None,
    fresh: bool,
    overwrite: bool,
    allow_partial: bool,
    device: str,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Dub VIDEOS: speech, translation, voice, mouths, sound and subtitles.

    Each result lies in OUT as NAME.LANG.mp4, .srt and .json (the report). Everything in between
    lies in OUT/NAME.dub: correct transcript.json or translation.LANG.json there, run the same
    command again, and only what depends on the correction is redone.
    """
    _log(verbose)
    options = DubOptions(
        preset=preset,
        asr=asr,
        mt=mt,
        tts=tts,
        lips=lips,
        voice=voice,
        transcript=transcript,
        subtitles=_formats(subs),
        keep_original_audio=keep_original_audio,
        audio_track=audio_track,
        allow_partial=allow_partial,
        device=device,
        since=since or "",
        until=until or "",
        fresh=fresh,
        overwrite=overwrite,
        timing=TimingOptions(
            comfortable_speed=min(DEFAULTS.timing.comfortable_speed, max_speed),
            max_speed=max_speed,
        ),
        mix=MixOptions(loudness_lufs=loudness, keep_background=keep_background),
    )
    jobs = [Job(path, source, tuple(targets.split(",")), out) for path in videos]
    _dub_all(jobs, options, quiet=quiet or as_json, as_json=as_json)


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(part for part in text.split(",") if part)
    for wanted in formats:
        if wanted not in SUBTITLE_FORMATS:
            raise click.BadParameter(f"{wanted!r} is not one of {', '.join(SUBTITLE_FORMATS)}")
    return formats


def _dub_all(jobs: Sequence[Job], options: DubOptions, *, quiet: bool, as_json: bool) -> None:
    from dubber.pipeline import dub as run
    from dubber.registry import Engines

    _refuse_clashes(jobs)
    engines = Engines.of(options)
    failures: list[DubError] = []
    records: list[dict[str, Any]] = []
    try:
        if not quiet:
            _say_quality(engines)
        for job in jobs:
            try:
                with _progress(job.video.name, hidden=quiet) as report:
                    results = run(job, options, engines=engines, report=report)
            except DubError as error:
                if len(jobs) == 1:
                    raise
                failures.append(error)
                records.append({"video": printable(str(job.video)), "error": str(error)})
                _complain(error)
                continue
            records += [_record(job, result) for result in results]
            if not as_json:
                _show(job, options, results)
    finally:
        engines.close()
    if as_json:
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    if failures:
        raise BatchError(f"{len(failures)} of {len(jobs)} videos failed")


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    """Two inputs whose results would bear the same name are refused before any work."""
    from dubber.open_job import output_stem

    seen: dict[str, Path] = {}
    for job in jobs:
        other = seen.setdefault(output_stem(job.video), job.video)
        if other != job.video:
            raise OutputError(
                f"{printable(str(other))} and {printable(str(job.video))} would both be written "
                f"as {output_stem(job.video)}.*",
                cure="dub them into two folders (-o)",
            )


def _say_quality(engines: Any) -> None:
    """One line on what the embedded engines are worth, and what to get for more."""
    specs = [engines.choice(k).spec for k in ("asr", "mt", "tts", "lips") if k in engines]
    models = {k: engines.choice(k).model for k in ("asr", "mt", "tts", "lips") if k in engines}
    preview = [spec.name for spec in specs if spec.quality == "preview" and not models[spec.kind]]
    if preview:
        click.echo(
            f"preview quality ({', '.join(preview)}): `dub engines` says how to get better",
            err=True,
        )


def _record(job: Job, result: Result) -> dict[str, Any]:
    return {
        "video": printable(str(job.video)),
        "target": result.target,
        "output": str(result.video),
        "subtitles": [str(path) for path in result.subtitles],
        "report": str(result.report),
        "notices": [asdict(notice) for notice in result.notices],
    }


def _show(job: Job, options: DubOptions, results: Sequence[Result]) -> None:
    for result in results:
        for notice in result.notices:
            where = f" ({notice.segment_id})" if notice.segment_id else ""
            click.echo(f"note: {notice.message}{where}", err=True)
        click.echo(printable(str(result.video)))
    if options.until:
        from dubber.open_job import output_stem

        folder = job.out / f"{output_stem(job.video)}.dub"
        click.echo(f"ended after {options.until}; its files: {printable(str(folder))}", err=True)


@contextmanager
def _progress(title: str, *, hidden: bool) -> Iterator[Any]:
    """A Report that draws bars on a terminal, or says one line a finished stage elsewhere."""
    from dubber.open_job import Event, quiet

    if hidden:
        yield quiet
        return
    if not sys.stderr.isatty():
        finished: set[tuple[str, str]] = set()

        def plain(event: Event) -> None:
            if event.note:
                click.echo(event.note, err=True)
            elif event.done >= event.whole and (event.stage, event.target) not in finished:
                finished.add((event.stage, event.target))
                click.echo(f"{printable(title)}: {event.stage} {event.target}".rstrip(), err=True)

        yield plain
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[tuple[str, str], Any] = {}

        def drawn(event: Event) -> None:
            if event.note:
                bars.console.print(event.note, markup=False, highlight=False)
                return
            key = (event.stage, event.target)
            if key not in tasks:
                tasks[key] = bars.add_task(f"{event.stage} {event.target}", total=event.whole)
            bars.update(tasks[key], completed=event.done, total=event.whole)

        yield drawn


@dub.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def languages(as_json: bool) -> None:
    """The languages, and what each can be dubbed with."""
    from dubber import languages as packs
    from dubber.registry import abilities

    rows = [(language, abilities(language)) for language in packs.all_languages()]
    if as_json:
        click.echo(
            json.dumps(
                [
                    {"code": lang.code, "name": lang.name, "script": lang.script, **able}
                    for lang, able in rows
                ],
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    click.echo(f"{'code':<6}{'language':<12}{'script':<8}{'hear':<14}{'translate':<30}speak")
    for language, able in rows:
        hear, translate, speak = (" ".join(able[k]) or "-" for k in ("asr", "mt", "tts"))
        click.echo(
            f"{language.code:<6}{language.name:<12}{language.script:<8}"
            f"{hear:<14}{translate:<30}{speak:<13}{language.native_name}"
        )


@dub.command()
def engines() -> None:
    """The engines, what each is worth, and how to get better ones."""
    from dubber.registry import missing, specs

    for spec in sorted(specs().values(), key=lambda spec: spec.name):
        if spec.quality == "fake":
            continue
        state = missing(spec) or "ready"
        click.echo(f"{spec.name:<16}{spec.quality:<9}{state:<40}{spec.summary}")
        if spec.better:
            click.echo(f"{'':<16}better: {spec.better}")


@dub.command()
@click.argument("language")
@click.option("--tts", default="", metavar="NAME[:MODEL]", help="Voice engine.")
def voices(language: str, tts: str) -> None:
    """The voices for LANGUAGE."""
    from dubber import languages as packs
    from dubber.registry import choose, open_engine

    engine = open_engine(choose("tts", tts, "auto"))
    try:
        for voice in engine.voices(packs.get(language)):
            click.echo(f"{voice.name:<24}{voice.gender}".rstrip())
    finally:
        getattr(engine, "close", lambda: None)()


@dub.group()
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


@dub.command()
def doctor() -> None:
    """Check this installation: packages, weights, voices, places to write."""
    from dubber.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.what:<17}{finding.detail}")
    if not all(finding.ok for finding in findings):
        raise DubError("something is not right", cure="see the lines marked BAD")


@dub.group()
def train() -> None:
    """Train the embedded models again (needs the [torch] extra)."""


@train.group("mt")
def train_mt() -> None:
    """The compact translator: prepare, fit, export, evaluate."""


@train_mt.command("prepare")
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="PREPARED")
def train_mt_prepare(data: Path, out: Path) -> None:
    """Filter and encode the parallel text in DATA (CORPUS/SOURCE-TARGET.tsv)."""
    from dubber import languages as packs
    from dubber.translation.prepare import prepare

    scripts = {language.code: language.script for language in packs.all_languages()}
    with _bar("prepare") as progress:
        manifest = prepare(data, out, scripts=scripts, progress=progress)
    click.echo(f"{manifest['tokens']} tokens in {out}")


@train_mt.command("fit")
@click.argument("prepared", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="RUN")
@click.option("--config", type=click.Path(path_type=Path), required=True, metavar="FILE.toml")
def train_mt_fit(prepared: Path, out: Path, config: Path) -> None:
    """Train on PREPARED as FILE.toml says; goes on from the checkpoint in RUN."""
    from dubber.translation.recipe import read_recipe, run

    with _bar("fit") as progress:
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


@train_mt.command("evaluate")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--mt", default="", metavar="NAME[:MODEL]", help="Translator.")
@click.option("--src", "source", default="hi", show_default=True, metavar="LANG")
@click.option("--tgt", "targets", required=True, metavar="LANG[,LANG…]")
@click.option("--limit", type=int, metavar="N", help="The first N lines only.")
def train_mt_evaluate(folder: Path, mt: str, source: str, targets: str, limit: int | None) -> None:
    """chrF++ on FOLDER/LANG.txt, line by line, beside merely copying the source."""
    from dubber import languages as packs
    from dubber.registry import choose, open_engine
    from dubber.translation.score import evaluate

    scripts = {language.code: language.script for language in packs.all_languages()}
    engine = open_engine(choose("mt", mt, "offline"))
    with _bar("evaluate") as progress:
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


@contextmanager
def _bar(title: str) -> Iterator[Any]:
    """A progress bar for one long command."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task(title)
        yield lambda done, whole: bars.update(task, completed=done, total=whole)


def _complain(error: DubError) -> None:
    click.echo(f"error[{error.exit_code}]: {error}", err=True)


def _log(verbose: bool) -> None:
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")


def _terminated(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def main() -> NoReturn:
    """The entry point: every error becomes one line and a documented exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        dub(standalone_mode=False)
        sys.exit(0)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; the same command goes on from here", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except DubError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            known: DubError = StorageError(
                f"{error.strerror}", subject=error.filename, cure="make room, then run it again"
            )
        elif error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            known = OutputError(f"{error.strerror}", subject=error.filename)
        else:
            raise
        _complain(known)
        sys.exit(known.exit_code)


if __name__ == "__main__":
    main()
