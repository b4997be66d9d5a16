"""`dub VIDEO …`: the main job."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dubber import DubOptions, Job, Result
from dubber.commands import options as common
from dubber.commands.terminal import EXIT_CODES, complain, log_to_terminal, progress_of
from dubber.config import PRESETS, STAGES, SUBTITLE_FORMATS, LipOptions, MixOptions, TimingOptions
from dubber.errors import BatchError, DubError, OutputError, printable

DEFAULTS = DubOptions()
DOUBTFUL = "translation-doubtful"


@click.command(epilog=EXIT_CODES)
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
@click.option(
    "--lips", default="", metavar="NAME[:PATH]|off", help="Lip renderer; off: same picture."
)
@common.adapt
@click.option("--voice", default="", metavar="VOICE", help="A voice of the engine (`dub voices`).")
@click.option(
    "--transcript",
    type=click.Path(path_type=Path),
    help="What is said, as .srt, .vtt or transcript.json: nothing is recognised.",
)
@click.option(
    "--glossary",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Fixed terms: term,translation or keep[,pronunciation[,language]].",
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
@click.option(
    "--strict", is_flag=True, help="End before speaking if a translation is doubtful (exit 69)."
)
@click.option("--allow-partial", is_flag=True, help="Accept a file that is cut short.")
@click.option("--device", type=click.Choice(("auto", "cpu", "cuda")), default=DEFAULTS.device)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@common.quiet
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
    adapt: str,
    voice: str,
    transcript: Path | None,
    glossary: Path | None,
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
    strict: bool,
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
    log_to_terminal(verbose)
    options = DubOptions(
        preset=preset,
        asr=asr,
        mt=mt,
        tts=tts,
        lips=lips,
        voice=voice,
        transcript=transcript,
        glossary=glossary,
        subtitles=_formats(subs),
        keep_original_audio=keep_original_audio,
        audio_track=audio_track,
        strict=strict,
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
        lip=LipOptions(adapt=adapt),
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
                with progress_of(job.video.name, hidden=quiet) as report:
                    results = run(job, options, engines=engines, report=report)
            except DubError as error:
                if len(jobs) == 1:
                    raise
                failures.append(error)
                records.append({"video": printable(str(job.video)), "error": str(error)})
                complain(error)
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
        doubtful = [n.segment_id for n in result.notices if n.kind == DOUBTFUL]
        if doubtful:
            ids = ", ".join(doubtful[:5]) + (" …" if len(doubtful) > 5 else "")
            click.echo(f"note: translation doubtful in {len(doubtful)} segments ({ids})", err=True)
        for notice in result.notices:
            if notice.kind == DOUBTFUL:
                continue  # told in one line: there may be one for every segment
            where = f" ({notice.segment_id})" if notice.segment_id else ""
            click.echo(f"note: {notice.message}{where}", err=True)
        click.echo(printable(str(result.video)))
    if options.until:
        from dubber.open_job import output_stem

        folder = job.out / f"{output_stem(job.video)}.dub"
        click.echo(f"ended after {options.until}; its files: {printable(str(folder))}", err=True)
