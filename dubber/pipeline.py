"""A job, from a video to its dubs: the story in `dub`, one artifact a step.

    video ─ speech ─ transcript ─┬─ translation ─ takes ─ timeline ─ track ─┬─ output
        └── faces ───────────────┴──────────────────── picture ─────────────┘

What stands left of the fork is made once, for all target languages.
"""

from __future__ import annotations

from dubber import languages
from dubber.config import DubOptions
from dubber.errors import UsageError
from dubber.languages import Language
from dubber.open_job import OpenJob, Report, quiet
from dubber.registry import Engines
from dubber.schema import Job, Result
from dubber.steps import Steps


def dub(
    job: Job, options: DubOptions, *, engines: Engines | None = None, report: Report = quiet
) -> tuple[Result, ...]:
    """Dub `job.video` into every target language; what earlier runs left is used where it fits.

    With `options.until` the job ends early and there is no result. Every DubError of a stage comes
    through; what was finished before it stays and is found by the next run.
    """
    source = languages.get(job.source)
    targets = _targets(job, source)
    with Steps(OpenJob(job, options, engines or Engines.of(options), report)) as steps:
        heard = steps.transcript(source)
        if options.stops_after("transcribe"):
            return ()
        results = []
        for target in targets:
            said = steps.translation(heard, source, target)
            if options.stops_after("translate"):
                continue
            timeline = steps.timeline(said, target)
            if options.stops_after("speak"):
                continue
            track = steps.track(timeline, heard, target)
            if options.stops_after("mix"):
                continue
            picture = steps.picture(timeline, heard, target)
            if options.stops_after("sync"):
                continue
            video = steps.output(said, track, picture, source, target)
            subtitles = steps.subtitles(heard, source) + steps.subtitles(said, target)
            results.append(steps.result(said, timeline, track, picture, video, subtitles))
        return tuple(results)


def _targets(job: Job, source: Language) -> tuple[Language, ...]:
    """The target languages, each once; UsageError where there is nothing to dub."""
    targets = tuple(dict.fromkeys(languages.get(name) for name in job.targets))
    if not targets:
        raise UsageError("no target language", cure="say --tgt ta, or --tgt ta,te")
    if source in targets:
        raise UsageError(f"{source.name} is both source and target", cure="choose another --tgt")
    return targets
