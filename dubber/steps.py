"""The steps of one job: what each is made from, and the stage that makes it.

A step asks the workspace for its artifact by the key of everything that can change it; only if it
does not stand is an engine opened and the stage run. `pipeline.dub` says the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from dubber.errors import DataError, NoInputError, printable
from dubber.evaluate.report import fits_told, report_to_json
from dubber.languages import Language
from dubber.media.audio import decode
from dubber.media.video import why_not_redrawn
from dubber.open_job import OpenJob
from dubber.protocols import adapted
from dubber.registry import KINDS
from dubber.schema import (
    Notice,
    Result,
    Timeline,
    Transcript,
    timeline_from_json,
    timeline_to_json,
    transcript_from_json,
)
from dubber.stages.find_faces import find_faces
from dubber.stages.fit import fit
from dubber.stages.mix import mix
from dubber.stages.mux import mux
from dubber.stages.speak import speak
from dubber.stages.sync import sync
from dubber.stages.transcribe import transcribe
from dubber.step_keys import (
    cue_writer,
    digest_of,
    pack_digest,
    recognition_facts,
    spans,
    timeline_digest,
    writer,
)
from dubber.step_translation import translation
from dubber.subtitles import read_transcript
from dubber.text.mixed import in_own_script, is_romanised
from dubber.text.spoken import spoken_form
from dubber.timing.plan import plan
from dubber.timing.voices import Voices
from dubber.version import VERSION
from dubber.weights import sha256_of
from dubber.workspace import OUTPUTS, Artifact

SPEECH_RATE = 16_000
TRANSCRIPT = "transcript.json"


class Steps:
    """One job's steps. As a context manager it lets go of the job's folder at the end."""

    def __init__(self, job: OpenJob) -> None:
        self._job = job

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._job.close()

    # -- what all target languages share

    def transcript(self, source: Language) -> Transcript:
        """What was said: read from the user's file, or recognised."""
        job = self._job
        key, make = self._given(source) if job.options.transcript else self._recognised(source)
        job.protect_edit(TRANSCRIPT, key)
        artifact = job.make("transcribe", TRANSCRIPT, key, make, check=transcript_from_json)
        heard = transcript_from_json(artifact.path)
        foreign = [s.id for s in heard.segments if is_romanised(s.text, source)]
        if foreign:
            what = f"{len(foreign)} lines are in Latin letters, not in those of {source.name}"
            job.notice(Notice("script", f"{what}; they may be translated badly", foreign[0]))
        if not heard.segments:
            job.notice(Notice("no-speech", "no speech was found; the sound is kept as it is"))
        return heard

    def _given(self, source: Language) -> tuple[str, Callable[[Path], None]]:
        given = self._job.options.transcript
        if given is None or not given.is_file():
            raise NoInputError("no such transcript", subject=given)
        key = self._job.key("transcript", {"file": sha256_of(given)}, {"language": source.code})

        def make() -> Transcript:
            read = read_transcript(given, language=source.code)
            segments = [replace(s, text=in_own_script(s.text, source)) for s in read.segments]
            return replace(read, segments=tuple(segments))

        return key, writer(make)

    def _recognised(self, source: Language) -> tuple[str, Callable[[Path], None]]:
        job, speech = self._job, self._speech()
        key = job.key(
            "transcript",
            {"speech": speech.digest},
            {
                "engine": job.engines.choice("asr").identity,
                "language": recognition_facts(source),
                "hints": job.glossary.hints(),
            },
        )

        def make() -> Transcript:
            return transcribe(
                speech.path,
                job.engines.get("asr"),
                language=source,
                hints=job.glossary.hints(),
                progress=job.progress("transcribe"),
            )

        return key, writer(make)

    def _speech(self) -> Artifact:
        job = self._job
        key = job.key(
            "speech", {"video": job.digest}, {"track": job.audio.index, "rate": SPEECH_RATE}
        )

        def build(draft: Path) -> None:
            decode(
                job.video,
                audio=job.audio,
                target=draft,
                rate=SPEECH_RATE,
                channels=1,
                progress=job.progress("listen"),
            )

        return job.make("transcribe", "speech.wav", key, build)

    def _faces(self) -> Artifact:
        job = self._job
        key = job.key(
            "faces", {"video": job.digest}, {"engine": job.engines.choice("faces").identity}
        )

        def build(draft: Path) -> None:
            finder = job.engines.get("faces")
            find_faces(job.video, finder, target=draft, progress=job.progress("faces"))

        return job.make("sync", "faces.npz", key, build)

    # -- one target language

    def translation(self, heard: Transcript, source: Language, target: Language) -> Transcript:
        """The transcript in the target language (`step_translation`)."""
        return translation(self._job, heard, source, target)

    def timeline(self, said: Transcript, target: Language) -> Timeline:
        """Takes of every segment, placed in time."""
        job, options = self._job, self._job.options.timing
        voice, folder = self._job.voice(target), self._takes(target)
        pronunciations = job.glossary.pronunciations(target)
        key = job.key(
            "timeline",
            {"translation": digest_of(said)},
            {
                "engine": job.engines.choice("tts").identity,
                "voice": asdict(voice),
                "timing": asdict(options),
                "length": round(job.length, 3),
                "pack": pack_digest(target),
                "pronunciations": pronunciations,
            },
        )

        def read(text: str) -> str:
            return spoken_form(text, target, pronunciations=pronunciations)

        def build(draft: Path) -> None:
            slots = plan(said.segments, length=job.length, options=options)
            takes = speak(
                said,
                slots,
                job.engines.get("tts"),
                read=read,
                voice=voice,
                folder=folder,
                options=options,
                progress=job.progress("speak", target),
            )
            timeline = fit(
                takes,
                slots,
                length=job.length,
                language_code=target.code,
                options=options,
                folder=folder,
            )
            draft.write_text(timeline_to_json(timeline), encoding="utf-8")

        def check(path: Path) -> None:
            for clip in timeline_from_json(path).clips:
                if not (folder / clip.take.audio).is_file():
                    raise DataError("a take is gone", subject=folder / clip.take.audio)

        artifact = job.make("speak", f"timeline.{target.code}.json", key, build, check=check)
        return timeline_from_json(artifact.path)

    def _takes(self, target: Language) -> Path:
        folder = self._job.space.path(f"takes.{target.code}")
        folder.mkdir(exist_ok=True)
        return folder

    def track(self, timeline: Timeline, heard: Transcript, target: Language) -> Artifact:
        """The dubbed sound: the voice over what is kept of the original."""
        job, speech = self._job, spans(heard)
        key = job.key(
            "track",
            {"video": job.digest, "timeline": timeline_digest(timeline)},
            {"track": job.audio.index, "mix": asdict(job.options.mix), "speech": speech},
        )

        def build(draft: Path) -> Mapping[str, Any]:
            report = mix(
                timeline,
                job.video,
                audio=job.audio,
                folder=self._takes(target),
                target=draft,
                speech=speech,
                options=job.options.mix,
                progress=job.progress("mix", target),
            )
            return asdict(report)

        return job.make("mix", f"track.{target.code}.wav", key, build)

    def picture(self, timeline: Timeline, heard: Transcript, target: Language) -> Artifact | None:
        """The picture with the mouths re-drawn; None where it stays as it is."""
        job, speech = self._job, spans(heard)
        if job.media.video is None or "lips" not in job.engines or not timeline.clips:
            return None
        reason = why_not_redrawn(job.media.video)
        if reason:
            job.notice(Notice("picture-kept", f"the mouths are not re-drawn: {reason}"))
            return None
        faces, lip = self._faces(), job.options.lip
        key = job.key(
            "picture",
            {"video": job.digest, "faces": faces.digest, "timeline": timeline_digest(timeline)},
            {
                "engine": job.engines.choice("lips").identity,
                "lip": asdict(lip),
                "pack": pack_digest(target),
                "speech": speech,
            },
        )

        def build(draft: Path) -> Mapping[str, Any]:
            report = sync(
                job.video,
                faces.path,
                timeline,
                adapted(job.engines.get("lips"), lip.adapt, job.space.path("fits")),
                language=target,
                target=draft,
                speech=speech,
                options=lip,
                sound=lambda rate: Voices(timeline.clips, self._takes(target), rate=rate),
                asked=job.space.path(f"asked.{target.code}.npz"),  # for `dub evaluate lips`
                progress=job.progress("sync", target),
            )
            if not report.changed:
                draft.write_bytes(b"")
            return asdict(report)

        artifact = job.make("sync", f"picture.{target.code}.mp4", key, build)
        told = fits_told(artifact.facts.get("fits", ()))
        notice = Notice("fit", told)
        if told and notice not in job.notices:  # not once a language
            job.notice(notice)
        return artifact if artifact.facts["changed"] else None

    # -- the results

    def output(
        self,
        said: Transcript,
        track: Artifact,
        picture: Artifact | None,
        source: Language,
        target: Language,
    ) -> Artifact:
        """The verified video, in its place."""
        job = self._job
        cues = job.make(
            "mux",
            f"subtitles.{target.code}.srt",
            job.key("cues", {"translation": digest_of(said)}, {"pack": pack_digest(target)}),
            cue_writer(said, target),
        )
        if cues.facts["summary"]:
            job.notice(Notice("subtitles", f"{target.name}: {cues.facts['summary']}"))
        inputs = {"video": job.digest, "track": track.digest, "cues": cues.digest}
        if picture is not None:
            inputs["picture"] = picture.digest
        comment = f"Dubbed by machine from {source.name} to {target.name} with dub {VERSION}"
        key = job.key(
            "output", inputs, {"keep": job.options.keep_original_audio, "comment": comment}
        )

        def build(draft: Path) -> Mapping[str, Any]:
            report = mux(
                job.media,
                None if picture is None else picture.path,
                track.path,
                draft,
                language=target,
                source_language=source,
                subtitles=[(cues.path, target)] if said.segments else [],
                keep_original=job.options.keep_original_audio,
                comment=comment,
                progress=job.progress("mux", target),
            )
            return asdict(report)

        suffix = ".m4a" if job.media.video is None else ".mp4"
        return job.make("mux", f"{OUTPUTS}/{job.stem}.{target.code}{suffix}", key, build)

    def subtitles(self, transcript: Transcript, language: Language) -> tuple[Path, ...]:
        """Subtitle files in the formats asked for, in their places."""
        job, paths = self._job, []
        for suffix in job.options.subtitles:
            artifact = job.make(
                "mux",
                f"{OUTPUTS}/{job.stem}.{language.code}.{suffix}",
                job.key(
                    "subtitles", {"text": digest_of(transcript)}, {"pack": pack_digest(language)}
                ),
                cue_writer(transcript, language),
            )
            paths.append(artifact.path)
        return tuple(paths)

    def result(
        self,
        said: Transcript,
        timeline: Timeline,
        track: Artifact,
        picture: Artifact | None,
        video: Artifact,
        subtitles: tuple[Path, ...],
    ) -> Result:
        """The report in its place, and what the job left."""
        job = self._job
        notices = (
            *job.notices,
            *timeline.notices,
            *(Notice(**notice) for notice in video.facts.get("notices", ())),
        )
        text = report_to_json(
            files={
                "source": {"file": printable(job.video.name), "sha256": job.digest},
                "output": {"file": video.path.name, "sha256": video.digest},
            },
            engines={
                kind: {
                    "name": job.engines.choice(kind).identity,
                    "quality": job.engines.choice(kind).spec.quality,
                }
                for kind in KINDS
                if kind in job.engines
            },
            said=said,
            timeline=timeline,
            facts={
                "sound": track.facts,
                "picture": {"changed": False} if picture is None else picture.facts,
                "video": video.facts,
            },
            notices=notices,
        )

        def build(draft: Path) -> None:
            draft.write_text(text, encoding="utf-8")

        name = f"{OUTPUTS}/{job.stem}.{said.language}.json"
        report = job.make("mux", name, job.key("report", {}, {"text": text}), build)
        return Result(said.language, video.path, subtitles, report.path, notices)
