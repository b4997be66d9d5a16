"""What a media file holds: found by its content, never by its name.

The film's clock starts at 0 with the earliest picture or sound, whatever time stamps the container
uses; every start and duration here is on that clock, in seconds.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from av.stream import Disposition

from dubber.errors import MediaError, UsageError
from dubber.media import gate
from dubber.media.complete import GUESSED, check_complete, measured
from dubber.media.streams import display_matrix, film_zero, fraction, orientation, picture_stream
from dubber.schema import AudioStream, Media, VideoStream

if TYPE_CHECKING:
    import av.audio.stream
    import av.video.stream
    from av.codec.context import CodecContext
    from av.container import InputContainer
    from av.video.frame import VideoFrame

__all__ = ["check_complete", "choose_audio", "probe"]

MAX_SECONDS = 24 * 3600.0  # a header that declares more is lying
UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0, 1)
SEARCH_PACKETS = 600  # how far to look for the first picture

# FFmpeg's numbers (ITU-T H.273) for what we need to name; others are kept as digits.
MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
TRANSFERS = {1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", 14: "bt2020-10",
             16: "smpte2084", 18: "arib-std-b67"}  # fmt: skip
PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432"}
RANGES = {1: "tv", 2: "pc"}


def probe(path: Path) -> Media:
    """What `path` holds. NoInputError, or MediaError for anything that is no video and no sound."""
    with gate.open_input(path) as container, gate.reading(path):
        zero = film_zero(container)
        picture = picture_stream(container)
        video = None if picture is None else _video(container, picture, zero, path)
        audio = tuple(
            _audio(container, stream, zero)
            for stream in container.streams.audio
            if _known(stream.codec_context) and stream.codec_context.sample_rate > 0
        )
        if container.streams.audio and not audio:
            raise MediaError(
                "its sound is in a format we do not read", subject=path, cure=gate.CURE
            )
        if video is None and not audio:
            raise MediaError("neither picture nor sound in it", subject=path, cure=gate.CURE)
        ends = [s.start + s.duration for s in ((video,) if video else ()) + audio]
        media = Media(
            path=path,
            format=container.format.name,
            duration=_sane(max(ends), path),
            video=video,
            audio=audio,
            subtitles=len(container.streams.subtitles),
        )
    return measured(path, media) if media.format in GUESSED else media


def choose_audio(media: Media, track: int | None = None) -> AudioStream:
    """The sound track to dub: the `track`-th (from 1), else the default one, else the first.

    MediaError if the file has no sound; UsageError if it has fewer tracks.
    """
    if not media.audio:
        raise MediaError("no audio track", subject=media.path, cure="there is nothing to dub in it")
    if track is not None:
        if not 1 <= track <= len(media.audio):
            raise UsageError(
                f"audio track {track} asked for, and there are {len(media.audio)}",
                subject=media.path,
                cure=f"give --audio-track a number from 1 to {len(media.audio)}",
            )
        return media.audio[track - 1]
    marked = [stream for stream in media.audio if stream.default]
    return (marked or list(media.audio))[0]


def _video(
    container: InputContainer,
    stream: av.video.stream.VideoStream,
    zero: Fraction,
    path: Path,
) -> VideoStream:
    if not _known(stream.codec_context):
        raise MediaError("no picture in a format we read", subject=path, cure=gate.CURE)
    frame = _first_frame(container, stream, path)
    if frame.width * frame.height > gate.MAX_PIXELS:
        raise MediaError(f"a picture of {frame.width}x{frame.height} is too large", subject=path)
    turned, mirrored = orientation(display_matrix(frame) or UPRIGHT)
    rate = stream.average_rate or stream.guessed_rate
    start = _seconds(stream.start_time, stream.time_base, zero)
    return VideoStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        width=frame.width,
        height=frame.height,
        frame_rate=fraction(rate, Fraction(25)),
        frames=max(0, stream.frames),
        duration=_duration(container, stream, start, zero),
        start=start,
        pixel_format=frame.format.name,
        rotation=turned,
        sample_aspect_ratio=fraction(stream.sample_aspect_ratio, Fraction(1)),
        colour=_colour(frame),
        interlaced=frame.interlaced_frame,
        mirrored=mirrored,
    )


def _first_frame(
    container: InputContainer, stream: av.video.stream.VideoStream, path: Path
) -> VideoFrame:
    for count, packet in enumerate(gate.demuxed(container, stream)):
        try:
            frames = stream.decode(packet)
        except gate.DAMAGED:
            frames = []
        if frames:
            return frames[0]
        if count > SEARCH_PACKETS:
            break
    raise MediaError("its picture cannot be decoded", subject=path, cure=gate.CURE)


def _audio(
    container: InputContainer, stream: av.audio.stream.AudioStream, zero: Fraction
) -> AudioStream:
    start = _seconds(stream.start_time, stream.time_base, zero)
    language = stream.language or ""
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        duration=_duration(container, stream, start, zero),
        start=start,
        language="" if language == "und" else language,
        default=bool(stream.disposition & Disposition.default),
    )


def _known(context: CodecContext | None) -> bool:
    return context is not None and context.codec.name in gate.CODECS


def _seconds(stamp: int | None, time_base: Fraction | None, zero: Fraction) -> float:
    if stamp is None or time_base is None:
        return 0.0
    return float(stamp * fraction(time_base) - zero)


def _duration(
    container: InputContainer,
    stream: av.video.stream.VideoStream | av.audio.stream.AudioStream,
    start: float,
    zero: Fraction,
) -> float:
    """The stream's own declared length, or what the container's leaves for it."""
    if stream.duration is not None and stream.time_base is not None:
        return max(0.0, float(stream.duration * fraction(stream.time_base)))
    whole = (container.duration or 0) / 1e6
    origin = (container.start_time or 0) / 1e6
    return max(0.0, origin + whole - float(zero) - start)


def _sane(duration: float, path: Path) -> float:
    if not 0 <= duration <= MAX_SECONDS:
        raise MediaError(f"declares a length of {duration:.0f} s", subject=path, cure=gate.CURE)
    return duration


def _colour(frame: VideoFrame) -> dict[str, str]:
    """The colour tags that are set, by FFmpeg's names; unset ones are left out."""
    tags = {
        "range": RANGES.get(frame.color_range, ""),
        "matrix": MATRICES.get(frame.colorspace, ""),
        "transfer": TRANSFERS.get(frame.color_trc, ""),
        "primaries": PRIMARIES.get(frame.color_primaries, ""),
    }
    return {name: value for name, value in tags.items() if value}
