"""The one door to FFmpeg: the only module that calls `av.open`.

A file is opened by absolute `file:` path, as an ordinary file, with the protocols, containers and
codecs named here and no others: a playlist dressed up as an .mp4 can make FFmpeg read other files
and addresses, and the container list is what stops it (a protocol list alone does not).
Names may hold any bytes. Errors of FFmpeg leave this module as MediaError, StorageError or
OutputError.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import av
import av.error

from dubber.errors import MediaError, NoInputError, OutputError, StorageError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

PROTOCOLS = ("file", "pipe")
FORMATS = (
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg",
    "mp3", "wav", "flac", "ogg", "aac", "asf",
)  # fmt: skip
CODECS = (
    "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9", "av1", "libdav1d", "prores",
    "mjpeg", "aac", "mp3", "mp3float", "mp2", "mp2float", "ac3", "eac3", "opus", "vorbis", "flac",
    "alac", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le",
    "mov_text", "subrip", "ass", "webvtt",
)  # fmt: skip
MAX_CHANNELS = 8  # PyAV reads past its array of planes with more, and crashes
MAX_DRAFT_NAME = 200  # bytes; with dots, process id and ".part" well under 255
MAX_PIXELS = 70_000_000  # 8K has 33 million; a picture bomb has 256

BROKEN = av.error.FFmpegError  # anything FFmpeg complains of
DAMAGED = av.error.InvalidDataError  # what a decoder says to a packet it cannot read
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
#: Titles in any encoding: PyAV 18 must be told to bear them, 19 does by itself.
LENIENT: dict[str, Any] = (
    {} if int(av.__version__.split(".")[0]) > 18 else {"metadata_errors": "replace"}
)
NOT_MEDIA = "not a video or a sound that can be read"
CURE = "check that it plays; if it does, convert it to .mp4 with H.264 and AAC"


def ffmpeg_version() -> str:
    """The FFmpeg inside PyAV, such as "FFmpeg 8.1.2"."""
    return f"FFmpeg {av.ffmpeg_version_info}"


def check_file(path: Path) -> Path:
    """`path` made absolute, once it is known to be an ordinary file with something in it.

    NoInputError if there is nothing of that name; MediaError for a folder, a pipe, a device, an
    empty file, or one we may not read.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve would follow links
    try:
        handle = os.open(absolute, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise NoInputError("no such file", subject=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"cannot be opened ({reason})", subject=path) from error
    try:
        status = os.fstat(handle)
    finally:
        os.close(handle)
    if not stat.S_ISREG(status.st_mode):
        raise MediaError("not an ordinary file", subject=path, cure="give a video or a sound file")
    if status.st_size == 0:
        raise MediaError("the file is empty", subject=path, cure="copy or download it again")
    return absolute


def open_input(path: Path) -> InputContainer:
    """`path` opened for reading; close it, or use it as a context manager.

    NoInputError or MediaError if it is not a media file of the kinds we read.
    """
    absolute = check_file(path)
    with reading(path):
        container: InputContainer = av.open(
            f"file:{absolute}",
            mode="r",
            options={
                "protocol_whitelist": ",".join(PROTOCOLS),
                "format_whitelist": ",".join(FORMATS),
                "codec_whitelist": ",".join(CODECS),
                "max_pixels": str(MAX_PIXELS),
            },
            **LENIENT,
        )
    for stream in container.streams:
        context = stream.codec_context
        if context is not None:  # the decoders made here do not inherit the container's lists
            context.options = {
                "codec_whitelist": ",".join(CODECS),
                "max_pixels": str(MAX_PIXELS),
            }
    return container


def open_output(
    path: Path, *, container_format: str, options: dict[str, str] | None = None
) -> OutputContainer:
    """A new container at `path`, whose bytes depend on nothing but what is written into it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100
    with writing(path):
        container: OutputContainer = av.open(
            f"file:{absolute}",
            mode="w",
            format=container_format,
            container_options={"fflags": "+bitexact", **(options or {})},
            **LENIENT,
        )
    return container


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """FFmpeg's complaints about `path` leave as MediaError."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise MediaError(f"{NOT_MEDIA} ({_reason(error)})", subject=path, cure=CURE) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """FFmpeg's and the system's complaints while writing `path`: StorageError, OutputError."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise write_error(path, error.errno or 0, _reason(error)) from error
    except OSError as error:
        raise write_error(path, error.errno or 0, error.strerror or str(error)) from error


def write_error(path: Path, code: int, reason: str) -> StorageError | OutputError:
    """The error for a write that failed with errno `code`."""
    if code in FULL:
        return StorageError(
            f"cannot write ({reason})", subject=path, cure="free some space and run it again"
        )
    return OutputError(
        f"cannot be created ({reason})", subject=path, cure="choose another place with -o"
    )


def flush(path: Path) -> None:
    """Force the file to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def draft_of(path: Path) -> Path:
    """Where to write what will be renamed to `path`: beside it, named for this process.

    The name is cut so that it stays within what file systems take, whatever `path` is called.
    """
    return path.with_name(f".{_short(path.name)}.{os.getpid()}.part")


def sweep(path: Path) -> None:
    """Remove the drafts of `path` whose writers are dead."""
    start = f".{_short(path.name)}."
    if not path.parent.is_dir():
        return
    for draft in path.parent.iterdir():
        number = draft.name.removeprefix(start).removesuffix(".part")
        if draft.name == f"{start}{number}.part" and number.isdecimal() and not _alive(int(number)):
            draft.unlink(missing_ok=True)


def _short(name: str) -> str:
    while len(os.fsencode(name)) > MAX_DRAFT_NAME:
        name = name[:-1]
    return name


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def discard(path: Path) -> None:
    """Remove a draft if it is there and can be; the error that led here is the one to tell."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def demuxed(container: InputContainer, *streams: Stream) -> Iterator[Packet[Stream]]:
    """The packets of `streams`, ending with an empty one for each.

    A transport stream may show further streams on the way, and PyAV stumbles over those at the end.
    """
    with contextlib.suppress(IndexError):
        yield from container.demux(*streams)


@overload
def decoded(
    container: InputContainer, stream: VideoStream, *, path: Path
) -> Iterator[VideoFrame]: ...
@overload
def decoded(
    container: InputContainer, stream: AudioStream, *, path: Path
) -> Iterator[AudioFrame]: ...
def decoded(
    container: InputContainer, stream: VideoStream | AudioStream, *, path: Path
) -> Iterator[VideoFrame] | Iterator[AudioFrame]:
    """The frames of one stream, in order.

    A damaged packet here and there is passed over; MediaError if more than one in a hundred is.
    """
    packets = broken = 0
    with reading(path):
        for packet in demuxed(container, stream):
            packets += 1
            try:
                frames = packet.decode()
            except DAMAGED:
                broken += 1
                frames = []
            yield from frames  # type: ignore[misc]  # the stream is video or audio
    if broken * 100 > max(packets, 100):
        raise MediaError(
            f"damaged: {broken} of {packets} packets cannot be decoded",
            subject=path,
            cure="copy or download it again",
        )


def _reason(error: av.error.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).strip()
