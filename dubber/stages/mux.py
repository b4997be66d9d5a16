"""Put the dubbed film together, read it back, and only then give it its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.media import gate
from dubber.media.audio import open_wav
from dubber.media.mux import Original, SoundTrack, SubtitleTrack, assemble, fits_mp4
from dubber.media.verify import AUDIBLE, Expected, verify
from dubber.media.video import VideoReader, VideoWriter
from dubber.protocols import Progress, silent
from dubber.schema import Notice
from dubber.subtitles import read_cues

if TYPE_CHECKING:
    from dubber.languages import Language
    from dubber.schema import Media

SCAN_SECONDS = 60
UNKNOWN = "und"  # ISO 639-2: undetermined
MIN_TOLERANCE = 0.04  # seconds; one frame at 25 a second


@dataclass(frozen=True, slots=True)
class MuxReport:
    """What the film holds. `picture` is "copied", "redrawn", "re-encoded", or "" for a sound."""

    duration: float
    frames: int
    picture: str
    sounds: tuple[str, ...]
    subtitles: tuple[str, ...]
    notices: tuple[Notice, ...] = ()


def mux(  # noqa: PLR0913  what goes in and what it is called: no fewer
    source: Media,
    picture: Path | None,
    track: Path,
    target: Path,
    *,
    language: Language | None,
    source_language: Language | None,
    subtitles: Sequence[tuple[Path, Language]] = (),
    keep_original: bool = False,
    comment: str = "",
    progress: Progress = silent,
) -> MuxReport:
    """`target` from the source's picture (or the re-drawn `picture`) and the dubbed `track`.

    The film is written beside its place, decoded in full, forced to the disk and renamed; a
    failure leaves `target` as it was. Soft subtitles come from .srt files; with `keep_original`
    the source's sound stays as a second track. A language that is not known is None. MediaError,
    OutputError, StorageError.
    """
    gate.sweep(target)
    draft = gate.draft_of(target)
    encoded = gate.draft_of(target.with_name(f"{target.name}.picture"))
    notices: list[Notice] = []
    kind = "" if source.video is None else "copied" if picture is None else "redrawn"
    try:
        if picture is None and not fits_mp4(source):
            notices.append(_reencode(source, encoded, progress))
            picture, kind = encoded, "re-encoded"
        lines = [_lines(path, spoken) for path, spoken in subtitles]
        originals = _originals(source, source_language) if keep_original else ()
        assemble(
            draft,
            source=source,
            picture=picture,
            sound=SoundTrack(track, _tag(language), _title(language)),
            originals=originals,
            subtitles=lines,
            comment=comment,
            progress=progress,
        )
        expected = _expected(source, track, sounds=1 + len(originals), subtitles=len(lines))
        found = verify(draft, expected)
        with gate.writing(target):
            gate.flush(draft)
            draft.replace(target)
            gate.flush(target.parent)
    finally:
        gate.discard(draft)
        gate.discard(encoded)
    return MuxReport(
        duration=round(found.duration, 3),
        frames=found.frames,
        picture=kind,
        sounds=(_tag(language), *(original.language for original in originals)),
        subtitles=tuple(line.language for line in lines),
        notices=tuple(notices),
    )


def _tag(language: Language | None) -> str:
    return UNKNOWN if language is None else language.codes["iso639_3"]


def _title(language: Language | None) -> str:
    return "" if language is None else language.native_name


def _originals(source: Media, language: Language | None) -> tuple[Original, ...]:
    """Every sound track of the source; one that does not say its language is in the source's."""
    return tuple(
        Original(audio, audio.language or _tag(language), _title(language))
        for audio in source.audio
    )


def _lines(path: Path, language: Language) -> SubtitleTrack:
    cues = [(cue.start, cue.end, cue.text) for cue in read_cues(path)]
    return SubtitleTrack(cues, _tag(language), language.native_name)


def _reencode(source: Media, target: Path, progress: Progress) -> Notice:
    """Write the source's picture as one that an mp4 holds."""
    with VideoReader(source.path) as reader, VideoWriter(target, reader.stream) as writer:
        for frame in reader:
            writer.write(frame)
            progress(frame.time, source.duration)
        smooth = ", de-interlaced" if reader.deinterlaced else ""
        codec = reader.stream.codec
    return Notice(
        "picture-re-encoded", f"an mp4 cannot hold a {codec} picture: encoded as H.264{smooth}"
    )


def _expected(source: Media, track: Path, *, sounds: int, subtitles: int) -> Expected:
    """As long as the film, or as the track where a late line runs past the film's end."""
    with open_wav(track) as wav:
        length = wav.duration
        audible = any(
            float(np.abs(wav.read(start, start + SCAN_SECONDS * wav.rate)).max()) > 2 * AUDIBLE
            for start in range(0, wav.frames, SCAN_SECONDS * wav.rate)
        )
    frame = 0.0 if source.video is None else 1 / float(source.video.frame_rate)
    return Expected(
        duration=max(source.duration, length),
        tolerance=max(MIN_TOLERANCE, frame),
        picture=source.video is not None,
        sounds=sounds,
        subtitles=subtitles,
        audible=audible,
    )
