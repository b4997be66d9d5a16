"""A face driven by its own speech: how far do drawn mouths do what the real one did?

    python -m benchmarks lips --faces FOLDER --align FOLDER [--drive heard,sound,words,landmarks]
                              [--lips reuse] [--clips 60] [--library 120] [--keep FOLDER]

FOLDER of `--faces` holds short clips of one person who speaks English (GRID corpus), the one of
`--align` NAME.align with lines "start end word" in 25,000ths of a second. `--clips` of them are
joined and drawn anew with mouths of `--library` others; the faces of the finished film are found
again and measured. Drives: `heard`: the sound, and the word times for p, b, m; `sound`: the sound
alone; `words`: the word times alone, sounds within words as our voice times them; `landmarks`: what
the real mouth did, which is as good as any drive can be. Closures are counted where the real mouth
closed for a p, b or m.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import signature
from dubber import languages
from dubber.evaluate.lip_pictures import PictureMeasure, pairs
from dubber.evaluate.lips import CLOSED, LipScores, score
from dubber.lipsync.drive import Drive, Seen, Spoken
from dubber.lipsync.heard import CARD, FILE, Ear, Heard, closures
from dubber.lipsync.heard_fit import sound_of
from dubber.lipsync.redraw import Cast
from dubber.lipsync.reference import MOST, Person
from dubber.lipsync.roles import Role
from dubber.lipsync.shape import MouthRange, measure
from dubber.lipsync.tracks import FaceTrack, FaceTracks
from dubber.media import gate
from dubber.media.video import VideoReader, VideoWriter
from dubber.protocols import LipRenderer, MouthPainter
from dubber.registry import choose, open_engine
from dubber.schema import Clip, Phoneme, Take
from dubber.stages.find_faces import find_faces
from dubber.weights import locate

TICKS = 25_000  # of a second, in an alignment
SILENT = ("sil", "sp")
Spans = list[tuple[float, float]]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks lips", description=__doc__)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--align", type=Path, required=True)
    parser.add_argument("--drive", default="heard,sound,words,landmarks")
    parser.add_argument("--lips", default="reuse")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--library", type=int, default=120)
    parser.add_argument("--keep", type=Path, help="leave the films and face tracks here")
    options = parser.parse_args(arguments)
    names = sorted(path.stem for path in options.faces.glob("*.mp4"))
    tested = names[:: max(1, len(names) // options.clips)][: options.clips]
    others = [name for name in names if name not in tested]
    others = others[:: max(1, len(others) // options.library)][: options.library]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        finder = open_engine(choose("faces", "", "auto"))
        library = Film.join(options.faces, others, folder / "library.mp4", finder)
        film = Film.join(options.faces, tested, folder / "film.mp4", finder)
        said = [Said.read(options.align / f"{name}.align") for name in tested]
        begun = time.monotonic()
        painters = Known.meet(library, open_engine(choose("lips", options.lips, "auto")))
        print(f"{len(tested)} clips with mouths of {len(others)} others; {signature()}")
        print(f"met in {time.monotonic() - begun:.1f} s")
        closures = real_closures(film, said)
        for name in options.drive.split(","):
            drive = DRIVES[name](film, said)
            target = folder / f"{options.lips}.{name}.mp4"
            begun = time.monotonic()
            asked, exact = redrawn(film, painters, drive, said, target)
            spent = time.monotonic() - begun
            find_faces(target, finder, target=target.with_suffix(".npz"))
            scores = measured(film, target, replace(asked, closed_at=closures))
            print(f"\n{options.lips}, driven by {name}; drawn in {spent:.1f} s")
            for what, value in scores.rows():
                print(f"| {what} | {value} |")
            print(f"| PSNR outside the patches before encoding | {exact:.1f} dB |")
            print(scores.signature)


@dataclass(frozen=True)
class Film:
    """Clips joined, when each begins, and the faces in it."""

    path: Path
    tracks: FaceTracks
    starts: list[float]
    clips: list[Path]

    @classmethod
    def join(cls, folder: Path, names: Sequence[str], target: Path, finder: Any) -> Film:
        clips = [folder / f"{name}.mp4" for name in names]
        starts = join(clips, target)
        faces = target.with_suffix(".npz")
        if not faces.exists():
            find_faces(target, finder, target=faces)
        return cls(target, FaceTracks.load(faces), starts, clips)

    def whole(self) -> FaceTrack:
        """Its one person: all tracks as one, the longest where there are two at a time."""
        best: dict[int, tuple[FaceTrack, int]] = {}
        for track in sorted(self.tracks.tracks, key=len):
            best |= {frame: (track, row) for row, frame in enumerate(track.frames.tolist())}
        rows = [best[frame] for frame in sorted(best)]
        return FaceTrack(
            0,
            0,
            np.array(sorted(best), np.int32),
            np.stack([track.points[row] for track, row in rows]),
            np.array([track.yaw[row] for track, row in rows], np.float32),
            np.array([track.size[row] for track, row in rows], np.float32),
            np.array([track.clear[row] for track, row in rows], np.float32),
        )


@dataclass(frozen=True)
class Said:
    """The words of a clip with their seconds."""

    words: list[tuple[float, float, str]]

    @classmethod
    def read(cls, path: Path) -> Said:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        words = [(int(a) / TICKS, int(b) / TICKS, word) for a, b, word in lines]
        return cls([word for word in words if word[2] not in SILENT])

    @property
    def span(self) -> tuple[float, float]:
        return self.words[0][0], self.words[-1][1]


class Known:
    """One painter for every role: the library's."""

    def __init__(self, painter: MouthPainter, usual: MouthRange) -> None:
        self._met = painter, usual

    @classmethod
    def meet(cls, library: Film, renderer: LipRenderer) -> Known:
        person = Person(library.whole(), renderer, MOST)
        with VideoReader(library.path) as reader:
            for frame in reader:
                person.see(frame)
        met = person.painted()
        if met is None:
            raise SystemExit("no face in the library")
        return cls(*met)

    def painter(self, role: Role) -> tuple[MouthPainter, MouthRange]:
        return self._met

    def release(self, frame: int) -> None:
        """The library is kept."""


def redrawn(
    film: Film, painters: Known, drive: Drive, said: Sequence[Said], target: Path
) -> tuple[Any, float]:
    """Draw the film to `target`; what was asked, and the PSNR outside the patches before it is
    encoded."""
    spans = spoken(film, said)
    roles = []
    ends = [*film.starts[1:], np.inf]
    for start, end in zip(film.starts, ends, strict=True):
        low, high = np.searchsorted(film.tracks.times + 1e-3, (start, end))
        for track in film.tracks.tracks:
            part = track.part(int(low), int(high))
            if len(part) > 10:
                roles.append(Role(part, np.ones(len(part), np.float32)))
    roles.sort(key=lambda role: role.first)
    exact = PictureMeasure()
    with VideoReader(film.path) as reader, VideoWriter(target, reader.stream) as writer:
        cast = Cast(film.tracks, roles, painters, drive)
        kept: list[Any] = []

        def passed() -> Iterator[Any]:
            for frame in reader:
                kept.append(frame)
                yield frame

        for frame in cast.play(passed()):
            before = kept.pop()
            if before.index % 25 == 0:
                for found in pairs(cast.asked(spans), film.tracks, [before], [frame]):
                    exact.add(found)
            writer.write(frame)
    return cast.asked(spans), exact.scores().psnr_outside


def measured(film: Film, target: Path, asked: Any) -> LipScores:
    pictures = PictureMeasure()
    with VideoReader(film.path) as before, VideoReader(target) as after:
        for found in pairs(asked, film.tracks, before, after):
            pictures.add(found)
    output = FaceTracks.load(target.with_suffix(".npz"))
    speech = [tuple(span) for span in asked.spoken.tolist()]
    return score(
        asked, source=film.tracks, output=output, speech=speech, pictures=pictures.scores()
    )


def spoken(film: Film, said: Sequence[Said]) -> Spans:
    return [
        (start + one.span[0], start + one.span[1])
        for start, one in zip(film.starts, said, strict=True)
    ]


def words(film: Film, said: Sequence[Said]) -> Drive:
    """The words' times; the sounds within a word as long as the voice makes them."""
    language = languages.get("en")
    voice = open_engine(choose("tts", "espeak", "auto"))
    sounds: dict[str, list[tuple[str, float, float]]] = {}
    clips = []
    for start, one in zip(film.starts, said, strict=True):
        phonemes = []
        for low, high, word in one.words:
            if word not in sounds:
                sounds[word] = pronounced(voice, word, language)
            phonemes += [
                Phoneme(ipa, low + (high - low) * a, low + (high - low) * b)
                for ipa, a, b in sounds[word]
            ]
        length = one.span[1] + 0.1
        take = Take("1", "", "1.wav", length, 1.0, tuple(phonemes))
        clips.append(Clip(take, start, length))
    voice.close()
    return Spoken(clips, language)


def sound(film: Film, said: Sequence[Said]) -> Drive:
    """The sound alone, each clip heard by itself."""
    return Heard(_heard(film))


def heard(film: Film, said: Sequence[Said]) -> Drive:
    """The sound, with lips closed for the p, b and m of the words."""
    mouth = _heard(film)
    sounds = words(film, said)
    opened = sounds.open_at().tolist()
    return Heard(mouth, closed=closures(mouth, sounds.closed_at().tolist()), opened=opened)


def _heard(film: Film) -> Any:
    ear = Ear.load(locate(CARD) / FILE)
    mouth = np.zeros((round(100 * (film.starts[-1] + 4)), 2), np.float32)
    for start, clip in zip(film.starts, film.clips, strict=True):
        part = ear.hear(sound_of(clip))
        first = round(start * 100)
        mouth[first : first + len(part)] = part
    return mouth


def real_closures(film: Film, said: Sequence[Said]) -> Any:
    """Seconds at which the real mouth was closed for a p, b or m, within 0.12 s of the word's."""
    whole = film.whole()
    usual = MouthRange.of(measure(whole.points))
    openness = usual.parts(measure(whole.points))[:, 0]
    times = film.tracks.times[whole.frames]
    found = []
    for moment in words(film, said).closed_at():
        near = np.flatnonzero(np.abs(times - moment) <= 0.12)
        if len(near) and openness[near].min() < CLOSED:
            found.append(times[near[openness[near].argmin()]])
    return np.array(sorted(set(found)), np.float64)


def pronounced(voice: Any, word: str, language: Any) -> list[tuple[str, float, float]]:
    """A word's sounds with their share of it; a single letter is spelt."""
    said = voice.say(word.upper() if len(word) == 1 else word, voice.voices(language)[0])
    first, last = said.phonemes[0].start, said.phonemes[-1].end
    return [
        (p.ipa, (p.start - first) / (last - first), (p.end - first) / (last - first))
        for p in said.phonemes
    ]


def landmarks(film: Film, said: Sequence[Said]) -> Drive:
    """What the real mouth did, and the sounds' moments as `words` has them."""
    whole = film.whole()
    sounds = words(film, said)
    return Seen(
        film.tracks.times[whole.frames],
        measure(whole.points),
        closed=sounds.closed_at().tolist(),
        opened=sounds.open_at().tolist(),
    )


DRIVES = {"heard": heard, "sound": sound, "words": words, "landmarks": landmarks}


def join(clips: Sequence[Path], target: Path) -> list[float]:
    """The clips' pictures one after the other, packets copied; the second at which each begins."""
    starts: list[float] = []
    with gate.open_output(target, container_format="mp4") as output:
        stream: Any = None
        shift = 0
        for clip in clips:
            with gate.open_input(clip) as container:
                source = container.streams.video[0]
                if stream is None:
                    stream = output.add_stream_from_template(source)
                base = source.time_base
                starts.append(float(shift * base))
                end = 0
                for packet in container.demux(source):
                    if packet.dts is None or packet.pts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = stream
                    output.mux(packet)
                shift += end
    return starts
