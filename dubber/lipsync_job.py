"""A face and any speech: the film's mouths follow the sound that is laid under them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.config import LipOptions
from dubber.errors import DataError, MediaError, NoInputError, OutputError, UsageError
from dubber.languages import Language
from dubber.lipsync.align import align
from dubber.lipsync.heard import CARD, FILE, Ear, Heard, closures, level_of
from dubber.lipsync.opened import Opener
from dubber.lipsync.photo import HEADS, Photo
from dubber.lipsync.visemes import moments
from dubber.media.audio import WavWriter, blocks, decode, open_wav, read_wav
from dubber.media.cut import Cut, Film, open_film
from dubber.media.probe import choose_audio, probe
from dubber.media.still import STILLS, Still, read_frame, read_still
from dubber.media.video import VideoWriter, why_not_redrawn
from dubber.protocols import (
    FaceFinder,
    HearingRenderer,
    LipRenderer,
    Progress,
    Synthesizer,
    silent,
)
from dubber.schema import Clip, Media, Take, Timeline
from dubber.stages.find_faces import find_faces
from dubber.stages.mux import MuxReport, mux
from dubber.stages.sync import SyncReport, sync
from dubber.timing.voices import Voices
from dubber.version import VERSION
from dubber.weights import locate

if TYPE_CHECKING:
    from dubber.protocols import Samples

SPEECH = "speech.wav"
SPEECH_RATE, TRACK_RATE = 16_000, 48_000
FITS = ("keep", "crop", "loop")
SHORTEST = 0.25  # seconds of sound: fewer frames than that takes are no role (`lipsync.roles`)
LATE = 0.2  # seconds by which a sound may run past the film's part it is laid under
FADE_SECONDS = 0.02  # from the film's own sound to the new one
COMMENT = f"Mouth re-drawn by machine with dub {VERSION}"

Watch = Callable[[str], Progress]


@dataclass(frozen=True, slots=True)
class LipsyncJob:
    """A film or a still image, a sound, and where the result goes.

    The sound begins `start` seconds into the film; with `fit` "keep" the rest of the film stays
    around it, with "crop" the result is as long as the sound, with "loop" the film's part from
    `start` to `end` is repeated until the sound ends. `text` is what is said, in `language`.
    `at` takes the one picture of the film that is shown then, as if it were a still; `head` is how
    the head of a still moves (`lipsync.photo.HEADS`). `must_speak`: it is an error if no mouth can
    be drawn, and not a film as it was.
    """

    video: Path
    audio: Path
    out: Path
    text: str = ""
    language: Language | None = None
    start: float = 0.0
    end: float | None = None
    fit: str = "keep"
    at: float | None = None
    head: str = "still"
    must_speak: bool = False
    asked: Path | None = None
    overwrite: bool = False  # a file that stands at `out`

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise UsageError(f"no way to fit {self.fit!r}", cure="use one of " + ", ".join(FITS))
        if self.text and self.language is None:
            raise UsageError("a text needs its language", cure="add --language, such as ta")
        if self.head not in HEADS:
            raise UsageError(f"no head {self.head!r}", cure="use one of " + ", ".join(HEADS))
        if self.end is not None and self.end <= self.start:
            raise UsageError("the end lies before the start", cure="give --end after --start")


@dataclass(frozen=True, slots=True)
class LipsyncResult:
    """What came of it. `sounds` of the text were found in the speech (0 without a text)."""

    picture: SyncReport
    film: MuxReport
    sounds: int


def nobody(stage: str) -> Progress:
    """A Watch that shows nothing."""
    return silent


def lipsync(
    job: LipsyncJob,
    *,
    finder: FaceFinder,
    renderer: LipRenderer,
    voice: Callable[[], Synthesizer] | None = None,
    read: Callable[[str], str] = str,
    options: LipOptions,
    watch: Watch = nobody,
) -> LipsyncResult:
    """Write `job.out`: the film with its speaker's mouth drawn anew to the sound, and the sound.

    `voice` opens the voice that a text is aligned with, `read` turns what is written into what is
    said. NoInputError, MediaError, DataError, OutputError; what stood at `job.out` stays then.
    """
    if job.out.suffix.lower() != ".mp4":
        raise OutputError("the result is an .mp4", subject=job.out, cure="name it so with -o")
    for path in (job.video, job.audio):
        if not path.is_file():
            raise NoInputError("no such file", subject=path)
    if not job.out.parent.is_dir():
        raise OutputError("no such folder", subject=job.out.parent)
    if job.out.exists():
        if any(job.out.samefile(path) for path in (job.video, job.audio)):
            raise OutputError("it would replace what it is made from", subject=job.out)
        if not job.overwrite:
            raise OutputError("it is there already", subject=job.out, cure="add --overwrite")
    with tempfile.TemporaryDirectory(prefix=".lipsync-", dir=job.out.parent) as name:
        return _Work(job, Path(name), watch).run(finder, renderer, voice, read, options)


class _Work:
    """A job under way, with a folder for what lies in between."""

    def __init__(self, job: LipsyncJob, folder: Path, watch: Watch) -> None:
        self._job, self._folder, self._watch = job, folder, watch
        media = probe(job.audio)
        self._sound = choose_audio(media)
        speech = folder / SPEECH
        decode(job.audio, audio=self._sound, target=speech, rate=SPEECH_RATE, channels=1)
        self._samples, _ = read_wav(speech)
        self._length = len(self._samples) / SPEECH_RATE
        if self._length < SHORTEST:
            raise DataError(f"only {self._length:.2f} s of sound in it", subject=job.audio)
        if level_of(self._samples) is None:
            raise DataError("nothing is heard in it", subject=job.audio, cure="give some speech")
        self.sounds = 0

    def run(
        self,
        finder: FaceFinder,
        renderer: LipRenderer,
        voice: Callable[[], Synthesizer] | None,
        read: Callable[[str], str],
        options: LipOptions,
    ) -> LipsyncResult:
        job = self._job
        film, source, begin = self._film(finder, options)
        language = job.language
        drive = self._drive(begin, voice, read)
        faces = self._folder / "faces.npz"
        find_faces(film, finder, target=faces, progress=self._watch("faces"))
        take = Take("1", job.text, SPEECH, self._length, 1.0)
        clips = (Clip(take, begin, self._length),)
        length = begin + self._length if source is None else source.duration
        code = language.code if language else ""
        picture = self._folder / "picture.mp4"
        report = sync(
            film,
            faces,
            Timeline(code, length, clips),
            renderer if isinstance(renderer, HearingRenderer) else Opener(renderer),
            language=language,
            target=picture,
            speech=[(begin, begin + self._length)],
            options=replace(options, listeners=True),
            drive=drive,
            sound=lambda rate: Voices(clips, self._folder, rate=rate),
            asked=job.asked,
            progress=self._watch("sync"),
        )
        if not report.changed and job.must_speak:
            raise DataError(
                f"no face in it that looks at us and is {options.min_face_pixels} pixels wide",
                subject=job.video,
                cure="give a photo or a film of somebody who does",
            )
        if not report.changed and source is None:
            _copied(film, picture)
        track = self._folder / "track.wav"
        self._track(track, source, begin)
        film_report = mux(
            probe(picture) if source is None else source,
            picture if source is not None and report.changed else None,
            track,
            job.out,
            language=language,
            source_language=None,
            comment=COMMENT,
            progress=self._watch("mux"),
        )
        return LipsyncResult(report, film_report, self.sounds)

    def _film(self, finder: FaceFinder, options: LipOptions) -> tuple[Film, Media | None, float]:
        """The film to draw in; it as the source of the result, or None where the result is a part
        of it; and the second of it at which the sound begins."""
        job = self._job
        if job.at is not None or job.video.suffix.lower() in STILLS:
            image = read_still(job.video) if job.at is None else read_frame(job.video, job.at)
            photo = Photo.of(image, finder, options=options, path=job.video)
            return Still(HEADS[job.head](photo), self._length), None, 0.0
        media = probe(job.video)
        if media.video is None:
            raise MediaError("no picture in it", subject=job.video)
        reason = why_not_redrawn(media.video)
        if reason:
            raise MediaError(f"the mouths cannot be re-drawn: {reason}", subject=job.video)
        end = min(media.video.start + media.video.duration, job.end or np.inf)
        if end <= job.start:
            raise DataError(f"the film ends at {end:.1f} s, before --start", subject=job.video)
        if job.fit == "loop":
            return Cut(job.video, job.start, end, self._length), None, 0.0
        if self._length > end - job.start + LATE:
            raise DataError(
                f"the sound is longer ({self._length:.1f} s) than the film's part under it "
                f"({end - job.start:.1f} s)",
                subject=job.audio,
                cure="add --fit loop, or give a shorter sound",
            )
        if job.fit == "crop":
            return Cut(job.video, job.start, end, self._length), None, 0.0
        return job.video, media, job.start

    def _drive(
        self,
        begin: float,
        voice: Callable[[], Synthesizer] | None,
        read: Callable[[str], str],
    ) -> Heard:
        """What is heard, and where a text is given, closed lips for its p, b and m."""
        job = self._job
        heard = Ear.load(locate(CARD) / FILE).hear(self._samples)
        if not job.text or job.language is None or voice is None:
            return Heard(heard, start=begin)
        synthesizer = voice()
        spoken = synthesizer.say(read(job.text), synthesizer.voices(job.language)[0])
        found = align(spoken, synthesizer.rate, self._samples)
        self.sounds = len(found)
        take = Take("1", job.text, job.audio.name, self._length, 1.0, found)
        clips = [Clip(take, 0.0, self._length)]
        closed, opened = (
            moments(clips, shape, language=job.language).tolist() for shape in ("bilabial", "open")
        )
        return Heard(
            heard,
            start=begin,
            closed=[begin + moment for moment in closures(heard, closed)],
            opened=[begin + moment for moment in opened],
        )

    def _track(self, target: Path, source: Media | None, begin: float) -> None:
        """The sound of the result: the new one from `begin` on, and the film's own around it."""
        new = self._folder / "new.wav"
        decode(self._job.audio, audio=self._sound, target=new, rate=TRACK_RATE, channels=2)
        with open_wav(new) as wav, WavWriter(target, TRACK_RATE, 2) as writer:
            first = round(begin * TRACK_RATE)
            whole = first + wav.frames
            if source is not None:
                whole = max(whole, round(source.duration * TRACK_RATE))
                if source.audio:
                    own = blocks(source.path, audio=source.audio[0], rate=TRACK_RATE, channels=2)
                    for block in own:
                        writer.write(_laid(block, writer.frames, first, wav.frames, wav.read))
            while writer.frames < whole:
                count = min(TRACK_RATE * 10, whole - writer.frames)
                rest = np.zeros((count, 2), np.float32)
                writer.write(_laid(rest, writer.frames, first, wav.frames, wav.read))


def _laid(
    own: Samples, at: int, first: int, count: int, read: Callable[[int, int], Samples]
) -> Samples:
    """A block of the film's sound that begins at `at`, with the new sound of `count` samples from
    `first` on in place of it."""
    clock = np.arange(at, at + len(own))
    fade = FADE_SECONDS * TRACK_RATE
    outside = np.maximum(first - clock, clock - (first + count))  # samples from the new sound
    result = own * np.clip(outside / fade, 0, 1)[:, None].astype(np.float32)
    low, high = max(at, first), min(at + len(own), first + count)
    if low < high:
        result[low - at : high - at] += read(low - first, high - first)
    return np.asarray(result, np.float32)


def _copied(film: Film, target: Path) -> None:
    """The film as it is, where nothing in it is drawn."""
    with open_film(film) as reader, VideoWriter(target, reader.stream) as writer:
        for frame in reader:
            writer.write(frame)
