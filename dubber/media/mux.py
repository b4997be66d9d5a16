"""Put a film together: its picture, the new sound, subtitles; then read it all back.

The picture is copied packet by packet where an mp4 can hold it. Packets go in in order of time
from every track at once, so memory does not grow with the length. Equal inputs give equal bytes.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream as AvAudioStream
from av.codec.context import Flags
from av.packet import Packet
from av.stream import Disposition
from av.subtitles.stream import SubtitleStream as AvSubtitleStream

from dubber.errors import MediaError
from dubber.media import audio, gate, streams
from dubber.protocols import Progress, silent

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

    from dubber.schema import AudioStream, Media

    Timed = tuple[float, Packet[Stream]]  # when it is to go in, in seconds, and the packet

PICTURES = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4"})  # what an mp4 holds and players show
SOUNDS = {  # what may be copied, by container format
    "mp4": frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"}),
    "ipod": frozenset({"aac", "alac"}),  # .m4a
}
AUDIO_RATE = 48_000
AUDIO_BITS = {1: 96_000, 2: 192_000}  # a second, by channels
AAC_FRAME = 1024
KEPT_TAGS = ("title", "artist", "album", "date", "genre", "copyright", "description", "synopsis")
MILLI = Fraction(1, 1000)
# The style of soft subtitles, as FFmpeg's mov_text encoder wants it: an ASS header.
SUBTITLE_STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Sans,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A wav to be the film's sound; `language` is ISO 639-2/3, `title` what players show."""

    wav: Path
    language: str
    title: str


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """Lines that may be switched on: (start, end, text), in order, not overlapping."""

    cues: Sequence[tuple[float, float, str]]
    language: str
    title: str


@dataclass(frozen=True, slots=True)
class Original:
    """A sound track of the source to be kept beside the dub."""

    audio: AudioStream
    language: str
    title: str


def fits_mp4(source: Media) -> bool:
    """Whether the picture can be copied into an mp4 as it is."""
    return source.video is None or source.video.codec in PICTURES


def assemble(
    target: Path,
    *,
    source: Media,
    picture: Path | None,
    sound: SoundTrack,
    originals: Sequence[Original] = (),
    subtitles: Sequence[SubtitleTrack] = (),
    comment: str = "",
    progress: Progress = silent,
) -> None:
    """Write `target`: `picture`'s video (the source's own if None), the sound, the subtitles.

    A `picture` given is a file of `video.VideoWriter`, already on the film's clock. MediaError,
    OutputError or StorageError; what stands at `target` after one of them is rubbish.
    """
    with ExitStack() as opened:
        kept = opened.enter_context(gate.open_input(source.path))
        kind = "mp4" if source.video is not None else "ipod"
        out = gate.open_output(target, container_format=kind, options={"movflags": "+faststart"})
        opened.callback(_abandon, out)
        lanes: list[Iterator[Timed]] = []
        if source.video is not None:
            film = kept if picture is None else opened.enter_context(gate.open_input(picture))
            zero = streams.film_zero(kept) if picture is None else Fraction(0)
            lanes.append(_copied_picture(out, film, zero, picture or source.path))
        lanes.append(_encoded_sound(out, sound))
        for original in originals:
            lanes.append(_original(out, opened, original, source.path))
        for subtitle in subtitles:
            lanes.append(_subtitle(out, subtitle))
        _tag(out, kept, comment)
        with gate.writing(target):
            for time, packet in heapq.merge(*lanes, key=lambda timed: timed[0]):
                out.mux_one(packet)
                progress(max(0.0, min(time, source.duration)), source.duration)
            out.start_encoding()
            out.close()


def _abandon(out: OutputContainer) -> None:
    """Close what may have failed already: its own error is the one to tell."""
    with contextlib.suppress(gate.BROKEN):
        out.close()


def _tag(out: OutputContainer, source: InputContainer, comment: str) -> None:
    for name in KEPT_TAGS:
        if source.metadata.get(name):
            out.metadata[name] = source.metadata[name]
    if comment:
        out.metadata["comment"] = comment
    zero = streams.film_zero(source)
    chapters = []
    for chapter in source.chapters():
        if chapter["time_base"]:
            shift = round(zero / streams.fraction(chapter["time_base"]))
            start, end = chapter["start"] - shift, chapter["end"] - shift
            chapters.append({**chapter, "start": start, "end": end})
    if chapters:
        out.set_chapters(chapters)  # type: ignore[arg-type]


def _copied_picture(
    out: OutputContainer, film: InputContainer, zero: Fraction, path: Path
) -> Iterator[Timed]:
    stream = streams.picture_stream(film)
    if stream is None:
        raise MediaError("no picture in it", subject=path)
    copy = out.add_stream_from_template(stream, opaque=True)
    if stream.codec_context.codec.canonical_name == "hevc":
        copy.codec_context.codec_tag = "hvc1"  # the tag that every player knows
    return _copied(film, stream, copy, zero, path)


def _copied(
    container: InputContainer, stream: Stream, copy: Stream, zero: Fraction, path: Path
) -> Iterator[Timed]:
    """The stream's packets for another container, on the film's clock."""
    last = -(1 << 62)
    with gate.reading(path):
        for packet in gate.demuxed(container, stream):
            if not packet.size:
                continue
            base = streams.fraction(packet.time_base)
            shift = round(zero / base)
            stamp = packet.dts if packet.dts is not None else packet.pts
            if stamp is None:
                continue
            packet.dts = last = max(stamp - shift, last + 1)
            packet.pts = packet.dts if packet.pts is None else max(packet.pts - shift, packet.dts)
            packet.stream = copy
            yield float(packet.dts * base), packet


def _encoded_sound(out: OutputContainer, sound: SoundTrack) -> Iterator[Timed]:
    reader = audio.open_wav(sound.wav)
    stream = _aac(out, reader.rate, reader.channels)
    stream.metadata.update(language=sound.language, title=sound.title, handler_name=sound.title)
    stream.disposition = Disposition.default

    def pieces() -> Iterator[audio.Samples]:
        with reader:
            for start in range(0, reader.frames, AAC_FRAME):
                yield reader.read(start, start + AAC_FRAME)

    return _encoded(stream, pieces())


def _original(
    out: OutputContainer, opened: ExitStack, original: Original, path: Path
) -> Iterator[Timed]:
    """A sound track of the source: copied where an mp4 can hold it, else made AAC."""
    if original.audio.codec in SOUNDS[out.format.name]:
        container = opened.enter_context(gate.open_input(path))
        template = next(s for s in container.streams.audio if s.index == original.audio.index)
        stream: Stream = out.add_stream_from_template(template, opaque=True)
        zero = streams.film_zero(container)
        lane = _copied(container, template, stream, zero, path)
    else:
        channels = min(2, original.audio.channels)
        stream = _aac(out, AUDIO_RATE, channels)
        lane = _encoded(
            stream,
            _reframed(audio.blocks(path, audio=original.audio, rate=AUDIO_RATE, channels=channels)),
        )
    stream.metadata.update(
        language=original.language, title=original.title, handler_name=original.title
    )
    stream.disposition = Disposition(0)
    return lane


def _aac(out: OutputContainer, rate: int, channels: int) -> AvAudioStream:
    stream = out.add_stream("aac", rate=rate, bit_rate=AUDIO_BITS[channels])
    if not isinstance(stream, AvAudioStream):
        raise TypeError("aac is no audio encoder")
    context = stream.codec_context
    context.layout = "mono" if channels == 1 else "stereo"
    context.format = "fltp"
    context.time_base = Fraction(1, rate)
    context.flags |= Flags.bitexact
    return stream


def _encoded(stream: AvAudioStream, pieces: Iterable[audio.Samples]) -> Iterator[Timed]:
    """AAC packets of pieces of AAC_FRAME samples, shape (n, channels); the last may be shorter."""
    context, place = stream.codec_context, 0
    base = Fraction(1, context.sample_rate)
    for piece in pieces:
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(piece.T), format="fltp", layout=context.layout.name
        )
        frame.sample_rate, frame.time_base, frame.pts = context.sample_rate, base, place
        place += len(piece)
        yield from _stamped(stream.encode(frame))
    yield from _stamped(stream.encode(None))


def _stamped(packets: Iterable[Packet[Stream]]) -> Iterator[Timed]:
    for packet in packets:
        yield float((packet.dts or 0) * streams.fraction(packet.time_base)), packet


def _reframed(blocks: Iterable[audio.Samples]) -> Iterator[audio.Samples]:
    """The same samples in pieces of AAC_FRAME."""
    held: list[audio.Samples] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= AAC_FRAME:
            joined = np.concatenate(held)
            whole = count - count % AAC_FRAME
            for start in range(0, whole, AAC_FRAME):
                yield joined[start : start + AAC_FRAME]
            held, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(held)


def _subtitle(out: OutputContainer, subtitle: SubtitleTrack) -> Iterator[Timed]:
    stream = out.add_stream("mov_text")
    if not isinstance(stream, AvSubtitleStream):
        raise TypeError("mov_text is no subtitle encoder")
    stream.codec_context.subtitle_header = SUBTITLE_STYLE
    stream.time_base = stream.codec_context.time_base = MILLI
    stream.metadata.update(
        language=subtitle.language, title=subtitle.title, handler_name=subtitle.title
    )
    stream.disposition = Disposition(0)
    return _lines(stream, subtitle.cues)


def _lines(stream: AvSubtitleStream, cues: Sequence[tuple[float, float, str]]) -> Iterator[Timed]:
    """One 3GPP timed text sample a cue: its text's length in two bytes, then the text."""
    for start, end, text in cues:
        data = text.encode("utf-8", "replace")[:0xFFFF]
        packet: Packet[Stream] = Packet(len(data).to_bytes(2, "big") + data)
        packet.stream, packet.time_base = stream, MILLI
        packet.pts = packet.dts = round(start * 1000)
        packet.duration = max(1, round(end * 1000) - round(start * 1000))
        packet.is_keyframe = True
        yield start, packet
