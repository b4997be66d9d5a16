"""The step from a transcript to its translation: its key, its file, and what to be told of it."""

from __future__ import annotations

from dataclasses import asdict

from dubber.errors import UnavailableError
from dubber.languages import Language
from dubber.open_job import OpenJob
from dubber.schema import Notice, Transcript, transcript_from_json
from dubber.stages.translate import doubts, lost_edits, translate
from dubber.step_keys import digest_of, pack_digest, writer
from dubber.text.glossary import missing
from dubber.timing.plan import plan
from dubber.translation.choose import Judge


def translation(job: OpenJob, heard: Transcript, source: Language, target: Language) -> Transcript:
    """The transcript in the target language; segments that are still right are kept.

    Those that lack a glossary's term or are doubtful are noticed; UnavailableError if the job is
    strict and one is doubtful.
    """
    name = f"translation.{target.code}.json"
    judge = _judge(job, source, target)
    key = job.key(
        "translation",
        {"transcript": digest_of(heard)},
        {
            "engine": job.engines.choice("mt").identity,
            "target": target.code,
            "ends": source.sentence_ends,
            "terms": judge.terms,
            "pronunciations": judge.pronunciations,
            "choice": asdict(judge.options),
            "doubtful": judge.doubtful,
            "pace": judge.pace,
            "pack": pack_digest(target),
            "length": round(job.length, 3),
            "timing": asdict(job.options.timing),
        },
    )
    standing = job.space.path(name)
    previous = None
    if standing.is_file() and not job.options.redoes("translate"):
        previous = transcript_from_json(standing)
        if lost_edits(heard, previous):
            job.protect_edit(name, key)

    def make() -> Transcript:
        return translate(
            heard,
            job.engines.get("mt"),
            slots=plan(heard.segments, length=job.length, options=job.options.timing),
            judge=judge,
            previous=previous,
            progress=job.progress("translate", target),
        )

    artifact = job.make("translate", name, key, writer(make), check=transcript_from_json)
    said = transcript_from_json(artifact.path)
    for segment in said.segments:
        for term in missing(segment.source_text or "", segment.text, judge.terms):
            what = f"the {target.name} translation lacks the glossary's word for {term}"
            job.notice(Notice("glossary", what, segment.id))
    _name_doubtful(job, said, judge, name)
    return said


def _judge(job: OpenJob, source: Language, target: Language) -> Judge:
    """What chooses among translations: the job's settings, its glossary and its voice."""
    own, asked = job.engines.choice("mt").spec.doubtful, job.options.choice.doubtful
    return Judge(
        source,
        target,
        job.options.choice,
        job.glossary.translations(target),
        job.glossary.pronunciations(target),
        pace=job.engines.choice("tts").spec.pace,
        doubtful=own if asked is None else asked,
    )


def _name_doubtful(job: OpenJob, said: Transcript, judge: Judge, name: str) -> None:
    """A notice for each doubtful segment; UnavailableError if the job is to be strict."""
    found = doubts(said, judge)
    for segment_id, reason in found.items():
        what = f"translation doubtful: {reason}"
        job.notices.append(Notice("translation-doubtful", what, segment_id))
    if found and job.options.strict:
        ids = ", ".join(list(found)[:5]) + (" …" if len(found) > 5 else "")
        raise UnavailableError(
            f"translation doubtful in {len(found)} of {len(said.segments)} segments to "
            f"{judge.target.name} ({ids})",
            subject=job.space.path(name),
            cure="correct them there or set their confidence to 1 and run again, choose a "
            "better --mt, or leave --strict out",
        )
