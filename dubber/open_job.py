"""A job under way: its input as probed, its workspace, its engines, and who watches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dubber.config import DubOptions
from dubber.errors import OutputError, UnavailableError
from dubber.languages import Language
from dubber.media.complete import check_complete
from dubber.media.probe import choose_audio, probe
from dubber.protocols import Progress
from dubber.registry import Engines
from dubber.schema import Job, Notice, Voice
from dubber.text.glossary import Glossary, read_glossary
from dubber.version import VERSION
from dubber.weights import sha256_of
from dubber.workspace import Artifact, Check, Facts, Workspace, fault, key_of

EDITABLE = frozenset({"transcribe", "translate"})
MAX_STEM_BYTES = 180  # a file system takes 255; suffixes and drafts need the rest


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


class OpenJob:
    """What the steps of a job share. It holds the job's workspace until `close`.

    NoInputError, MediaError, OutputError or BusyError at the start, before any work.
    """

    def __init__(self, job: Job, options: DubOptions, engines: Engines, report: Report) -> None:
        self.options, self.engines = options, engines
        self.video, self.stem, self._report = job.video, output_stem(job.video), report
        self.media = check_complete(
            job.video, probe(job.video), allow_partial=options.allow_partial
        )
        self.audio = choose_audio(self.media, options.audio_track)
        _check_writable(job.out)
        self.space = Workspace(job.out / f"{self.stem}.dub", overwrite=options.overwrite)
        self.notices: list[Notice] = []
        self.digest = sha256_of(job.video)
        self.glossary = read_glossary(options.glossary) if options.glossary else Glossary()
        for folder in ("takes.*", "fits"):
            for part in self.space.root.glob(f"{folder}/.*.part"):  # a killed run's
                part.unlink(missing_ok=True)

    def close(self) -> None:
        self.space.close()

    @property
    def length(self) -> float:
        """Seconds of the whole film."""
        return self.media.duration

    def key(self, stage: str, inputs: Mapping[str, str], params: Mapping[str, Any]) -> str:
        return key_of(stage, inputs, {"version": VERSION, **params})

    def make(
        self,
        stage: str,
        name: str,
        key: str,
        build: Callable[[Path], Facts | None],
        *,
        check: Check | None = None,
    ) -> Artifact:
        """The artifact of a step, made if it does not stand or its stage is to be done again."""
        again = self.options.redoes(stage)
        if again and self.space.edited(name):
            self.set_aside(name)
        artifact = self.space.make(
            name, key, build, check=check, editable=stage in EDITABLE, again=again
        )
        if artifact.state == "edited":
            self._report(Event("", note=f"using {artifact.path.name} as you edited it"))
        return artifact

    def protect_edit(self, name: str, key: str) -> None:
        """A person's edit of something that must now be made anew is set aside, not lost."""
        if self.space.edited(name) and not self.space.holds(name, key):
            self.set_aside(name)

    def set_aside(self, name: str) -> None:
        aside = self.space.set_aside(name)
        self.notice(Notice("edit-set-aside", f"your edited {name} is kept as {aside.name}"))

    def voice(self, target: Language) -> Voice:
        """The voice asked for, or the engine's best. UnavailableError names those there are."""
        engine, wanted = self.engines.get("tts"), self.options.voice
        voices: tuple[Voice, ...] = engine.voices(target)
        if not voices:
            raise UnavailableError(
                f"{engine.name} cannot speak {target.name}",
                cure="choose another --tts, or see `dub languages`",
            )
        for voice in voices:
            if wanted in ("", voice.name):
                return voice
        raise UnavailableError(
            f"no voice {wanted!r} for {target.name}",
            cure="use one of " + ", ".join(voice.name for voice in voices),
        )

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._report(Event("", note=notice.message))

    def progress(self, stage: str, target: Language | None = None) -> Progress:
        """A Progress that tells whoever watches the run."""
        code = "" if target is None else target.code

        def progress(done: float, whole: float) -> None:
            fault(stage)
            self._report(Event(stage, code, done, whole))

        return progress


def output_stem(video: Path) -> str:
    """What all results of `video` are called: its own stem; where that is not UTF-8 or too long for
    suffixes, as much of it as fits with a hash of the whole."""
    raw = os.fsencode(video.stem)
    text = raw.decode("utf-8", "replace")
    if len(raw) <= MAX_STEM_BYTES and text.encode() == raw:
        return text
    cut = text.encode()[:MAX_STEM_BYTES].decode("utf-8", "ignore")
    return f"{cut}-{hashlib.sha256(raw).hexdigest()[:8]}"


def _check_writable(out: Path) -> None:
    """Find out before any work whether the output folder can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the output folder ({error.strerror})", subject=out
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise OutputError("cannot write in the output folder", subject=out)
