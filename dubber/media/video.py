"""Pictures: read frame by frame, re-drawn in small patches, written as they were timed.

A Frame is seen upright and in BGR, and kept as the film stores it: patching one touches only the
samples under the pixels that changed, so every other sample of the picture stays bit for bit.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.codec.context import Flags
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as AvVideoStream

from dubber.errors import DubError, MediaError
from dubber.media import colour, gate, planes, probe, streams
from dubber.media.whole import WholeOrNothing

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

    from dubber.protocols import Image
    from dubber.schema import VideoStream

ENCODERS = {8: "libx264", 10: "libx265"}
TAGS = {8: "avc1", 10: "hvc1"}
CRF = {8: "18", 10: "20"}
#: x264's macroblock tree gives other bytes from run to run where AVX-512 is (core 165, at widths
#: such as 360): off, or a job that was killed would not end with the same film.
PARAMETERS = {8: {"x264-params": "mbtree=0"}, 10: {"x265-params": "log-level=error"}}


def why_not_redrawn(stream: VideoStream) -> str:
    """Why this picture cannot be re-drawn without harm, in a few words; "" if it can be."""
    layout = colour.LAYOUTS.get(_planar(stream.pixel_format))
    if layout is None:
        return f"its pixel format {stream.pixel_format} is not one we can write"
    if stream.hdr:
        return "it is HDR, and its light levels would be lost"
    if stream.width % (1 << layout.across) or stream.height % (1 << layout.down):
        return f"its size {stream.width}x{stream.height} is odd"
    return ""


class Frame:
    """One picture at its time. Coordinates are upright pixels; it is never changed, only replaced.

    `ticks` in units of `time_base` is its exact time on the film's clock.
    """

    def __init__(
        self,
        picture: VideoFrame,
        *,
        index: int,
        ticks: int,
        time_base: Fraction,
        rotation: int,
        length: int = 0,
    ) -> None:
        self.picture, self.index, self.rotation = picture, index, rotation
        self.ticks, self.time_base, self.length = ticks, time_base, length

    @property
    def time(self) -> float:
        """Seconds on the film's clock."""
        return float(self.ticks * self.time_base)

    @property
    def width(self) -> int:
        return self.picture.height if self.rotation % 180 else self.picture.width

    @property
    def height(self) -> int:
        return self.picture.width if self.rotation % 180 else self.picture.height

    def bgr(self) -> Image:
        """The whole picture, upright, shape (height, width, 3); kept, so do not write into it."""
        return self._image

    @functools.cached_property
    def _image(self) -> Image:
        image = np.ascontiguousarray(self._upright(planes.to_bgr(self.picture, self._colours)))
        image.flags.writeable = False
        return image

    def _part(self, x: int, y: int, w: int, h: int) -> Image:
        """The pixels of `_image` within a rectangle, without the rest if it is not there yet."""
        if "_image" in self.__dict__ or self.picture.format.name not in colour.LAYOUTS:
            return self._image[y : y + h, x : x + w]
        left, top = _stored_corner(self, x, y, w, h)
        across, down = (h, w) if self.rotation % 180 else (w, h)
        low, high = left // 2 * 2, top // 2 * 2  # where the chroma of a pixel begins
        picture = planes.copy(
            self.picture,
            (low, high, (left + across + 1) // 2 * 2 - low, (top + down + 1) // 2 * 2 - high),
        )
        image = planes.to_bgr(picture, self._colours)
        inside = image[top - high : top - high + down, left - low : left - low + across]
        return np.ascontiguousarray(self._upright(inside))

    def _upright(self, image: Image) -> Image:
        return np.asarray(np.rot90(image, -self.rotation // 90))

    def crop(self, x: int, y: int, w: int, h: int) -> Image:
        """A copy of the part at (x, y), w by h; ValueError if it is not within the picture."""
        self._check(x, y, w, h)
        return self._part(x, y, w, h).copy()

    def thumbnail(self, columns: int) -> Image:
        """A small picture of about `columns` pixels across, one taken in so many; as stored."""
        step = max(1, self.picture.width // columns)
        if (
            self.picture.format.name not in colour.LAYOUTS
            or min(self.picture.width // step, self.picture.height // step) < 4
        ):
            return self._image[step // 2 :: step, step // 2 :: step]
        return planes.to_bgr(planes.thinned(self.picture, step), self._colours)

    def with_patch(self, x: int, y: int, patch: Image) -> Frame:
        """This frame with `patch`, shape (h, w, 3), at (x, y); all four numbers even.

        Only samples under pixels that differ from `crop` change. MediaError if the format is not
        one that can be re-drawn.
        """
        h, w = patch.shape[:2]
        self._check(x, y, w, h)
        if x % 2 or y % 2 or w % 2 or h % 2:
            raise ValueError(f"not even: x {x}, y {y}, {w}x{h}")
        layout = colour.LAYOUTS.get(self.picture.format.name)
        if layout is None:
            raise MediaError(f"pixels of format {self.picture.format.name} cannot be re-drawn")
        differs = patch != self._part(x, y, w, h)
        changed = differs[..., 0] | differs[..., 1] | differs[..., 2]
        if not changed.any():
            return self
        turns = self.rotation // 90
        stored = np.rot90(patch, turns)
        left, top = _stored_corner(self, x, y, w, h)
        picture = planes.copy(self.picture)
        mask = np.rot90(changed, turns)
        drawn = colour.to_planes(stored, layout, self._colours)
        masks = (mask, colour.covers(mask, layout), colour.covers(mask, layout))
        for number, (samples, where) in enumerate(zip(drawn, masks, strict=True)):
            across, down = (layout.across, layout.down) if number else (0, 0)
            plane = planes.samples(picture, number)
            rows, columns = samples.shape
            row, column = top >> down, left >> across
            plane[row : row + rows, column : column + columns][where] = samples[where]
        return Frame(
            picture,
            index=self.index,
            ticks=self.ticks,
            time_base=self.time_base,
            rotation=self.rotation,
            length=self.length,
        )

    @functools.cached_property
    def _colours(self) -> colour.Colours:
        picture = self.picture
        return colour.Colours.of(
            picture.colorspace, picture.color_range, picture.format.name, picture.height
        )

    def _check(self, x: int, y: int, w: int, h: int) -> None:
        if x < 0 or y < 0 or w <= 0 or h <= 0 or x + w > self.width or y + h > self.height:
            raise ValueError(f"{w}x{h} at {x},{y} is not within {self.width}x{self.height}")


class VideoReader:
    """The pictures of a film, in order. Use as a context manager, and iterate once.

    Holds a few frames at a time. An interlaced picture is given de-interlaced (`deinterlaced`).
    """

    def __init__(self, path: Path) -> None:
        """NoInputError or MediaError, also if there is no picture in it."""
        media = probe.probe(path)
        if media.video is None:
            raise MediaError("no picture in it", subject=path)
        self.path = path
        self.stream: VideoStream = media.video
        self.deinterlaced = media.video.interlaced
        self._container: InputContainer = gate.open_input(path)

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        stream = next(s for s in self._container.streams.video if s.index == self.stream.index)
        stream.thread_type = "AUTO"
        zero = streams.film_zero(self._container)
        pictures = gate.decoded(self._container, stream, path=self.path)
        if self.deinterlaced:
            pictures = _deinterlace(pictures)
        due = 0  # for a picture without a time stamp
        for index, picture in enumerate(pictures):
            base = streams.fraction(picture.time_base or stream.time_base, Fraction(1, 90000))
            ticks = due if picture.pts is None else picture.pts - round(zero / base)
            due = ticks + max(1, picture.duration)
            yield Frame(
                _as_planar(picture),
                index=index,
                ticks=ticks,
                time_base=base,
                rotation=self.stream.rotation,
                length=picture.duration,
            )


class VideoWriter(WholeOrNothing):
    """Frames written as H.264 (10-bit ones as HEVC) in an mp4, each at its own time.

    Keeps rotation, pixel shape and colour tags of `like`. Use as a context manager: the file is
    at `path` whole after it, or nothing is. Equal frames give equal bytes on the same machine.
    """

    def __init__(
        self, path: Path, like: VideoStream, *, preset: str = "veryfast", threads: int = 0
    ) -> None:
        """MediaError if pictures like these cannot be re-drawn; OutputError, StorageError."""
        reason = why_not_redrawn(like)
        if reason:
            raise MediaError(f"the picture cannot be re-drawn: {reason}")
        self.path, self._like, self._preset, self._threads = path, like, preset, threads
        self._draft = gate.draft_of(path)
        self._container: OutputContainer = gate.open_output(self._draft, container_format="mp4")
        self._stream: AvVideoStream | None = None
        self._last = -1
        self.frames = 0

    def write(self, frame: Frame) -> None:
        """Append a frame; its time is later than the one before."""
        if self._stream is None:
            self._stream = self._open_stream(frame)
        picture = frame.picture
        self._last = max(frame.ticks, self._last + 1)
        picture.pts, picture.time_base = self._last, frame.time_base
        picture.duration = frame.length
        picture.pict_type = 0  # or the source's choice of key frames would be forced on us
        with gate.writing(self.path):
            self._container.mux(self._stream.encode(picture))
        self.frames += 1

    def _open_stream(self, frame: Frame) -> AvVideoStream:
        like, picture = self._like, frame.picture
        bits = colour.LAYOUTS[picture.format.name].bits
        options = {"preset": self._preset, "crf": CRF[bits], **PARAMETERS[bits]}
        stream = self._container.add_stream(
            ENCODERS[bits], rate=like.frame_rate, options=options, time_base=frame.time_base
        )
        if not isinstance(stream, AvVideoStream):
            raise TypeError(f"{ENCODERS[bits]} is no video encoder")
        context = stream.codec_context
        context.width, context.height = picture.width, picture.height
        context.pix_fmt = picture.format.name
        context.time_base = frame.time_base
        context.sample_aspect_ratio = like.sample_aspect_ratio
        context.color_range, context.colorspace = picture.color_range, picture.colorspace
        context.color_trc, context.color_primaries = picture.color_trc, picture.color_primaries
        context.thread_count = self._threads
        context.flags |= Flags.bitexact | Flags.frame_duration
        context.codec_tag = TAGS[bits]
        if like.rotation or like.mirrored:
            stream.set_display_matrix(streams.matrix_of(like.rotation, like.mirrored))
        return stream

    def close(self) -> None:
        """Finish the file and put it in its place; MediaError if no frame was written."""
        with gate.writing(self.path):
            if self._stream is None:
                raise MediaError("no picture was written", subject=self.path)
            self._container.mux(self._stream.encode(None))
            self._container.close()
            gate.flush(self._draft)
            self._draft.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(DubError), gate.writing(self.path):
            self._container.close()
        gate.discard(self._draft)


def _planar(pixel_format: str) -> str:
    return "yuv420p" if pixel_format == "nv12" else pixel_format


def _as_planar(picture: VideoFrame) -> VideoFrame:
    """The same samples in a format with one plane a component."""
    wanted = _planar(picture.format.name)
    return picture if wanted == picture.format.name else picture.reformat(format=wanted)


def _stored_corner(frame: Frame, x: int, y: int, w: int, h: int) -> tuple[int, int]:
    """(left, top) as stored of the upright rectangle w by h at (x, y)."""
    right, below = frame.width - x - w, frame.height - y - h
    return {0: (x, y), 90: (y, right), 180: (right, below), 270: (below, x)}[frame.rotation]


def _deinterlace(pictures: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Whole pictures from interlaced ones, as many as there were."""
    graph: Graph | None = None
    for picture in pictures:
        if graph is None:
            graph = _deinterlacer(picture)
        graph.vpush(picture)
        yield from _pulled(graph)
    if graph is not None:
        graph.vpush(None)
        yield from _pulled(graph)


def _deinterlacer(picture: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base,
    )
    graph.link_nodes(source, graph.add("bwdif", "mode=send_frame"), graph.add("buffersink"))
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EOFError):
            return
