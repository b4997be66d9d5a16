"""Is a film whole? FFmpeg itself reads a file that was cut short without a word.

Two witnesses: what the container says of its own size must not go on past the end of the file, and
the packets of every track must reach as far as the header declares. Nothing is decoded. (The
header's count of frames is no third: it includes those that an edit list leaves out.)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dubber.errors import MediaError
from dubber.media import gate, streams
from dubber.schema import Media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

GUESSED = frozenset({"mpegts", "mpeg", "mp3", "aac"})  # no length in the header: it is estimated
SLACK = 0.99  # of the declared length that must be there
SLACK_SECONDS = 1.0
BOX_HEADER_BYTES = 8
EBML_HEADER_BYTES = 4096
SEGMENT_ID = b"\x18\x53\x80\x67"
OPEN_RIFF = 0xFFFFFFFF


@dataclass(slots=True)
class _Tally:
    packets: int = 0
    end: float = 0.0


def check_complete(path: Path, media: Media, *, allow_partial: bool = False) -> Media:
    """`media`, once the file is known to be whole; with `allow_partial`, what of it can be read.

    MediaError if the file is cut short, or if nothing of it can be read.
    """
    with gate.open_input(path) as container:
        tallies = _count(container)
        short = _overruns(path, media.format) or any(
            _is_short(container.streams[index], tally, container.format.name)
            for index, tally in tallies.items()
        )
        guessed = container.format.name in GUESSED
    readable = max((tally.end for tally in tallies.values()), default=0.0)
    if not guessed and readable < media.duration * SLACK - SLACK_SECONDS:
        short = True
    if not short:
        return media
    if not allow_partial or not readable:
        raise MediaError(
            f"the file is cut short: {readable:.2f} s of {media.duration:.2f} s can be read",
            subject=path,
            cure="get the whole file, or say --allow-partial",
        )
    return _shortened(media, tallies)


def measured(path: Path, media: Media) -> Media:
    """`media` with lengths as its packets reach, for containers that do not declare any."""
    with gate.open_input(path) as container:
        return _shortened(media, _count(container))


def _count(container: InputContainer) -> dict[int, _Tally]:
    """For each sound and the picture, how many packets there are and how far they reach."""
    zero = streams.film_zero(container)
    picture = streams.picture_stream(container)
    wanted: list[Stream] = [*container.streams.audio, *([picture] if picture else [])]
    tallies = {stream.index: _Tally() for stream in wanted}
    for packet in _packets(container, wanted):
        if not packet.size or packet.is_corrupt:
            continue
        tally = tallies[packet.stream_index]
        tally.packets += 1
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None:
            end = (stamp + (packet.duration or 0)) * streams.fraction(packet.time_base) - zero
            tally.end = max(tally.end, float(end))
    return tallies


def _packets(container: InputContainer, wanted: list[Stream]) -> Iterator[Packet[Stream]]:
    """Packets up to the end of what can be read."""
    try:
        yield from gate.demuxed(container, *wanted)
    except gate.BROKEN:
        return


def _is_short(stream: Stream, tally: _Tally, container_format: str) -> bool:
    if container_format in GUESSED or stream.duration is None or stream.time_base is None:
        return False
    declared = float(stream.duration * streams.fraction(stream.time_base))
    return bool(tally.end < declared * SLACK - SLACK_SECONDS)


def _overruns(path: Path, container_format: str) -> bool:
    """Whether what the file says of its own size goes on past its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for start, end_of in ENDS.items():
            if container_format.startswith(start):
                return end_of(file, size) > size
    return False


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    """Where the last box of an mp4 ends (ISO/IEC 14496-12, 4.2)."""
    place = 0
    while place + BOX_HEADER_BYTES <= size:
        file.seek(place)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:  # the true length follows in eight bytes
            length = int.from_bytes(header[8:16], "big")
        if length < BOX_HEADER_BYTES:  # 0: up to the end of the file; else rubbish after the boxes
            return size
        place += length
    return place


def _end_of_riff(file: BinaryIO, size: int) -> int:
    """Where the (first) RIFF chunk of an avi or wav ends; 0 where it was left open."""
    header = file.read(8)
    length = int.from_bytes(header[4:8], "little")
    return 0 if header[:4] != b"RIFF" or length == OPEN_RIFF else 8 + length


def _end_of_segment(file: BinaryIO, size: int) -> int:
    """Where the Segment of a Matroska file ends (RFC 8794 and 9559); 0 where it was left open."""
    header = file.read(EBML_HEADER_BYTES)
    place = header.find(SEGMENT_ID)
    if place < 0 or place + 12 > len(header):
        return 0
    place += len(SEGMENT_ID)
    width = 9 - header[place].bit_length()  # bytes of the length, told by its leading zeros
    if width > 8:
        return 0
    bits = 7 * width
    length = int.from_bytes(header[place : place + width], "big") & ((1 << bits) - 1)
    return 0 if length == (1 << bits) - 1 else place + width + length


ENDS: dict[str, Callable[[BinaryIO, int], int]] = {
    "mov": _end_of_boxes,
    "matroska": _end_of_segment,
    "avi": _end_of_riff,
    "wav": _end_of_riff,
}


def _shortened(media: Media, tallies: dict[int, _Tally]) -> Media:
    """`media` with the lengths that were found."""
    video = media.video and dataclasses.replace(
        media.video,
        frames=tallies[media.video.index].packets,
        duration=max(0.0, tallies[media.video.index].end - media.video.start),
    )
    audio = tuple(
        dataclasses.replace(a, duration=max(0.0, tallies[a.index].end - a.start))
        for a in media.audio
    )
    duration = max(tally.end for tally in tallies.values())
    return dataclasses.replace(media, duration=duration, video=video, audio=audio)
