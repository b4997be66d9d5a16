"""The steps of one job over its workspace: what each is made from, and its file.

A step asks the workspace for its artifact by the key of everything that can change it; only if it
does not stand is an engine opened and the stage run. `pipeline.dub` says the order.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from dubber import __version__
from dubber.config import DubOptions
from dubber.errors import DataError, NoInputError, OutputError, UnavailableError
from dubber.evaluate.report import report_to_json
from dubber.languages import Language
from dubber.media.audio import decode
from dubber.media.probe import check_complete, choose_audio, probe
from dubber.protocols import Progress
from dubber.registry import KINDS, Engines
from dubber.schema import (
    Job,
    Notice,
    Result,
    Timeline,
    Transcript,
    Voice,
    timeline_from_json,
    timeline_to_json,
    transcript_from_json,
    transcript_to_json,
)
from dubber.stages.find_faces import find_faces
from dubber.stages.fit import fit
from dubber.stages.mix import mix
from dubber.stages.mux import mux
from dubber.stages.speak import speak
from dubber.stages.sync import sync
from dubber.stages.transcribe import transcribe
from dubber.stages.translate import translate
from dubber.subtitles import read_transcript, write_subtitles
from dubber.timing.plan import plan
from dubber.weights import sha256_of
from dubber.workspace import OUTPUTS, Artifact, Workspace, fault, key_of

log = logging.getLogger(__name__)

SPEECH_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Event:
    """What a run tells whoever watches: a stage (of a target language, or "") is `done` of `whole`;
    `note` is set, and nothing else, when there is a line to read."""

    stage: str
    target: str = ""
    done: float = 0.0
    whole: float = 0.0
    note: str = ""


Report = Callable[[Event], None]


def quiet(event: Event) -> None:
    """A Report that shows nothing."""


class Steps:
    """One job's steps. Use as a context manager: it holds the job's workspace.

    NoInputError, MediaError, OutputError or BusyError at the start, before any work.
    """

    def __init__(self, job: Job, options: DubOptions, engines: Engines, report: Report) -> None:
        self._job, self._options, self._engines, self._report = job, options, engines, report
        self.media = probe(job.video)
        check_complete(job.video, self.media, allow_partial=options.allow_partial)
        self.audio = choose_audio(self.media, options.audio_track)
        self._check_output()
        self._space = Workspace(job.out / f"{self.stem}.dub", overwrite=options.overwrite)
        self._notices: list[Notice] = []
        self._input = sha256_of(job.video)
        self._sweep()

    @property
    def stem(self) -> str:
        return self._job.video.stem

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._space.close()

    # -- what all target languages share ---------------------------------------------------------

    def transcript(self, source: Language) -> Transcript:
        """What was said: read from the user's file, or recognised."""
        given = self._options.transcript
        if given is not None:
            if not given.is_file():
                raise NoInputError("no such transcript", subject=given)
            key = self._key("transcript", {"file": sha256_of(given)}, {"language": source.code})
            build = self._writer(lambda: read_transcript(given, language=source.code))
        else:
            speech = self._speech()
            engine = self._engines.choice("asr").identity
            key = self._key(
                "transcript",
                {"speech": speech.digest},
                {"engine": engine, "language": _recognition_facts(source)},
            )
            build = self._writer(
                lambda: transcribe(
                    speech.path,
                    self._engines.get("asr"),
                    language=source,
                    progress=self._progress("transcribe"),
                )
            )
        name = "transcript.json"
        self._protect_edit(name, key)
        artifact = self._make("transcribe", name, key, build, check=transcript_from_json)
        self._tell_edit(artifact)
        heard = transcript_from_json(artifact.path)
        if not heard.segments:
            self._notice(Notice("no-speech", "no speech was found; the sound is kept as it is"))
        return heard

    def _speech(self) -> Artifact:
        key = self._key(
            "speech", {"video": self._input}, {"track": self.audio.index, "rate": SPEECH_RATE}
        )

        def build(draft: Path) -> None:
            decode(
                self._job.video,
                audio=self.audio,
                target=draft,
                rate=SPEECH_RATE,
                channels=1,
                progress=self._progress("listen"),
            )

        return self._space.make("speech.wav", key, build, again=self._options.fresh)

    def _faces(self) -> Artifact:
        engine = self._engines.choice("faces").identity
        key = self._key("faces", {"video": self._input}, {"engine": engine})

        def build(draft: Path) -> None:
            find_faces(
                self._job.video,
                self._engines.get("faces"),
                target=draft,
                progress=self._progress("faces"),
            )

        return self._space.make("faces.npz", key, build, again=self._options.fresh)

    # -- one target language ---------------------------------------------------------------------

    def translation(self, heard: Transcript, source: Language, target: Language) -> Transcript:
        """The transcript in the target language; segments that are still right are kept."""
        name = f"translation.{target.code}.json"
        engine = self._engines.choice("mt").identity
        key = self._key(
            "translation",
            {"transcript": _digest(heard)},
            {"engine": engine, "target": target.code, "ends": source.sentence_ends},
        )
        previous = self._previous(name)

        def make() -> Transcript:
            said = translate(
                heard,
                self._engines.get("mt"),
                source=source,
                target=target,
                previous=previous,
                progress=self._progress("translate", target),
            )
            return said

        artifact = self._make(
            "translate", name, key, self._writer(make), check=transcript_from_json
        )
        self._tell_edit(artifact)
        return transcript_from_json(artifact.path)

    def timeline(self, said: Transcript, heard: Transcript, target: Language) -> Timeline:
        """Takes of every segment, placed in time."""
        name = f"timeline.{target.code}.json"
        voice = self._voice(target)
        options = self._options.timing
        key = self._key(
            "timeline",
            {"translation": _digest(said)},
            {
                "engine": self._engines.choice("tts").identity,
                "voice": asdict(voice),
                "timing": asdict(options),
                "length": round(self.length, 3),
                "pack": _pack(target),
            },
        )
        folder = self._takes(target)

        def build(draft: Path) -> None:
            slots = plan(said.segments, length=self.length, options=options)
            takes = speak(
                said,
                slots,
                self._engines.get("tts"),
                language=target,
                voice=voice,
                folder=folder,
                options=options,
                progress=self._progress("speak", target),
            )
            timeline = fit(
                takes,
                slots,
                length=self.length,
                language_code=target.code,
                options=options,
                folder=folder,
            )
            draft.write_text(timeline_to_json(timeline), encoding="utf-8")

        def check(path: Path) -> None:
            for clip in timeline_from_json(path).clips:
                if not (folder / clip.take.audio).is_file():
                    raise DataError("a take is gone", subject=folder / clip.take.audio)

        artifact = self._make("speak", name, key, build, check=check)
        return timeline_from_json(artifact.path)

    def track(self, timeline: Timeline, heard: Transcript, target: Language) -> Artifact:
        """The dubbed sound: the voice over what is kept of the original."""
        name = f"track.{target.code}.wav"
        key = self._key(
            "track",
            {"video": self._input, "timeline": _timeline_digest(timeline)},
            {
                "track": self.audio.index,
                "mix": asdict(self._options.mix),
                "speech": [[s.start, s.end] for s in heard.segments],
            },
        )

        def build(draft: Path) -> Mapping[str, Any]:
            report = mix(
                timeline,
                self._job.video,
                audio=self.audio,
                folder=self._takes(target),
                target=draft,
                speech=[(s.start, s.end) for s in heard.segments],
                options=self._options.mix,
                progress=self._progress("mix", target),
            )
            return asdict(report)

        return self._make("mix", name, key, build)

    def picture(self, timeline: Timeline, heard: Transcript, target: Language) -> Artifact | None:
        """The picture with the mouths re-drawn; None where it stays as it is."""
        if self.media.video is None or "lips" not in self._engines or not timeline.clips:
            return None
        faces = self._faces()
        name = f"picture.{target.code}.mp4"
        key = self._key(
            "picture",
            {"video": self._input, "faces": faces.digest, "timeline": _timeline_digest(timeline)},
            {
                "engine": self._engines.choice("lips").identity,
                "lip": asdict(self._options.lip),
                "pack": _pack(target),
                "speech": [[s.start, s.end] for s in heard.segments],
            },
        )

        def build(draft: Path) -> Mapping[str, Any]:
            report = sync(
                self._job.video,
                faces.path,
                timeline,
                self._engines.get("lips"),
                language=target,
                target=draft,
                speech=[(s.start, s.end) for s in heard.segments],
                options=self._options.lip,
                progress=self._progress("sync", target),
            )
            if not report.changed:
                draft.write_bytes(b"")
            return asdict(report)

        artifact = self._make("sync", name, key, build)
        return artifact if artifact.facts["changed"] else None

    def output(
        self,
        heard: Transcript,
        said: Transcript,
        timeline: Timeline,
        track: Artifact,
        picture: Artifact | None,
        source: Language,
        target: Language,
    ) -> Result:
        """Subtitles, the verified video and the report, in their places."""
        subtitles = self._subtitles(heard, source) + self._subtitles(said, target)
        cues = self._space.make(
            f"subtitles.{target.code}.srt",
            self._key("cues", {"translation": _digest(said)}, {"pack": _pack(target)}),
            lambda draft: write_subtitles(said, draft, language=target),
        )
        suffix = ".m4a" if self.media.video is None else ".mp4"
        name = f"{OUTPUTS}/{self.stem}.{target.code}{suffix}"
        comment = f"Dubbed by machine from {source.name} to {target.name} with dub {__version__}"
        inputs = {"video": self._input, "track": track.digest, "cues": cues.digest}
        if picture is not None:
            inputs["picture"] = picture.digest
        key = self._key(
            "output",
            inputs,
            {"keep": self._options.keep_original_audio, "comment": comment},
        )

        def build(draft: Path) -> Mapping[str, Any]:
            report = mux(
                self.media,
                None if picture is None else picture.path,
                track.path,
                draft,
                language=target,
                source_language=source,
                subtitles=[(cues.path, target)],
                keep_original=self._options.keep_original_audio,
                comment=comment,
                progress=self._progress("mux", target),
            )
            return asdict(report)

        video = self._make("mux", name, key, build)
        notices = (*self._notices, *timeline.notices, *_mux_notices(video))
        report = self._write_report(heard, said, timeline, track, picture, video, target, notices)
        return Result(
            target.code, video.path, tuple(a.path for a in subtitles), report.path, notices
        )

    # -- what the steps share --------------------------------------------------------------------

    @property
    def length(self) -> float:
        return self.media.duration

    def _takes(self, target: Language) -> Path:
        folder = self._space.path(f"takes.{target.code}")
        folder.mkdir(exist_ok=True)
        return folder

    def _voice(self, target: Language) -> Voice:
        voices = self._engines.get("tts").voices(target)
        if not voices:
            raise UnavailableError(
                f"{self._engines.choice('tts').spec.name} cannot speak {target.name}",
                cure="choose another --tts, or see `dub languages`",
            )
        wanted = self._options.voice
        for voice in voices:
            if wanted in ("", voice.name):
                return voice
        raise UnavailableError(
            f"no voice {wanted!r} for {target.name}",
            cure="use one of " + ", ".join(voice.name for voice in voices),
        )

    def _subtitles(self, transcript: Transcript, language: Language) -> tuple[Artifact, ...]:
        made = []
        for suffix in self._options.subtitles:
            name = f"{OUTPUTS}/{self.stem}.{language.code}.{suffix}"
            key = self._key(
                "subtitles", {"transcript": _digest(transcript)}, {"pack": _pack(language)}
            )
            made.append(
                self._make(
                    "mux",
                    name,
                    key,
                    lambda draft: write_subtitles(transcript, draft, language=language),
                )
            )
        return tuple(made)

    def _write_report(
        self,
        heard: Transcript,
        said: Transcript,
        timeline: Timeline,
        track: Artifact,
        picture: Artifact | None,
        video: Artifact,
        target: Language,
        notices: tuple[Notice, ...],
    ) -> Artifact:
        text = report_to_json(
            source=self._job.video.name,
            source_digest=self._input,
            output=video.path.name,
            output_digest=video.digest,
            engines={
                kind: {
                    "name": self._engines.choice(kind).identity,
                    "quality": self._engines.choice(kind).spec.quality,
                }
                for kind in KINDS
                if kind in self._engines
            },
            heard=heard,
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

        name = f"{OUTPUTS}/{self.stem}.{target.code}.json"
        return self._make("mux", name, self._key("report", {}, {"text": text}), build)

    def _make(
        self,
        stage: str,
        name: str,
        key: str,
        build: Callable[[Path], Mapping[str, Any] | None],
        *,
        check: Callable[[Path], object] | None = None,
    ) -> Artifact:
        editable = stage in ("transcribe", "translate")
        again = self._options.redoes(stage)
        if again and self._space.edited(name):
            self._set_aside(name)
        return self._space.make(name, key, build, check=check, editable=editable, again=again)

    def _writer(self, make: Callable[[], Transcript]) -> Callable[[Path], None]:
        def build(draft: Path) -> None:
            draft.write_text(transcript_to_json(make()), encoding="utf-8")

        return build

    def _previous(self, name: str) -> Transcript | None:
        """What an earlier run left as `name`; None where nothing of it may be kept."""
        path = self._space.path(name)
        if not path.is_file() or self._options.redoes("translate"):
            return None
        return transcript_from_json(path)

    def _protect_edit(self, name: str, key: str) -> None:
        """A person's edit of something that must now be made anew is set aside, not lost."""
        if self._space.edited(name) and not self._space.holds(name, key):
            self._set_aside(name)

    def _set_aside(self, name: str) -> None:
        aside = self._space.set_aside(name)
        self._notice(Notice("edit-set-aside", f"your edited {name} is kept as {aside.name}"))

    def _tell_edit(self, artifact: Artifact) -> None:
        if artifact.state == "edited":
            self._report(Event("", note=f"using {artifact.path.name} as you edited it"))

    def _notice(self, notice: Notice) -> None:
        self._notices.append(notice)
        self._report(Event("", note=notice.message))

    def _progress(self, stage: str, target: Language | None = None) -> Progress:
        code = "" if target is None else target.code

        def progress(done: float, whole: float) -> None:
            fault(stage)
            self._report(Event(stage, code, done, whole))

        return progress

    def _key(self, stage: str, inputs: Mapping[str, str], params: Mapping[str, Any]) -> str:
        return key_of(stage, inputs, {"version": __version__, **params})

    def _check_output(self) -> None:
        """Find out before any work whether the output folder can be written."""
        out = self._job.out
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot make the output folder ({error.strerror})", subject=out
            ) from error
        if not os.access(out, os.W_OK | os.X_OK):
            raise OutputError("cannot write in the output folder", subject=out)

    def _sweep(self) -> None:
        """Drafts of takes that a killed run left."""
        for part in self._space.root.glob("takes.*/.*.part"):
            part.unlink(missing_ok=True)


def _pack(language: Language) -> str:
    """A digest of all a language pack says, so that a changed pack remakes what it shapes."""
    return key_of("pack", {}, {"facts": repr(language)})[:16]


def _recognition_facts(language: Language) -> list[str]:
    return [
        language.code,
        language.codes.get("whisper", ""),
        language.asr_decode_as,
        language.asr_script_recovery,
    ]


def _digest(transcript: Transcript) -> str:
    return key_of("transcript", {}, {"text": transcript_to_json(transcript)})


def _timeline_digest(timeline: Timeline) -> str:
    return key_of("timeline", {}, {"text": timeline_to_json(timeline)})


def _mux_notices(video: Artifact) -> tuple[Notice, ...]:
    return tuple(Notice(**notice) for notice in video.facts.get("notices", ()))
