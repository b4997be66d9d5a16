"""A part of a film, read as if it were one: from one second to another, and again if need be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dubber.errors import MediaError
from dubber.media.still import Still, StillReader
from dubber.media.video import Frame, VideoReader

NEAR = 1e-6  # seconds: times that differ by less are one


@dataclass(frozen=True, slots=True)
class Cut:
    """From `start` to `end` seconds of the film at `path`, repeated until it lasts `length`."""

    path: Path
    start: float
    end: float
    length: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or self.length <= 0:
            raise ValueError(f"bad cut: {self.start} .. {self.end}, {self.length} s")


#: What the lip stage reads: a film, a part of one, or a picture that is drawn as it is read.
Film = Path | Cut | Still


def open_film(film: Film) -> VideoReader | StillReader:
    """Its pictures, to be read once; NoInputError or MediaError."""
    if isinstance(film, Still):
        return StillReader(film)
    return CutReader(film) if isinstance(film, Cut) else VideoReader(film)


class CutReader(VideoReader):
    """The pictures of a cut in order, their clock beginning at 0."""

    def __init__(self, cut: Cut) -> None:
        super().__init__(cut.path)
        self._cut = cut

    def __iter__(self) -> Iterator[Frame]:
        cut, index, begun = self._cut, 0, Fraction(0)
        usual = 1 / self.stream.frame_rate
        while True:
            ended = begun
            with VideoReader(cut.path) as reader:
                for frame in reader:
                    if frame.time < cut.start - NEAR:
                        continue
                    if frame.time >= cut.end - NEAR:
                        break
                    at = begun + frame.ticks * frame.time_base - Fraction(cut.start)
                    if at >= cut.length - NEAR:
                        return
                    yield _moved(frame, index, at)
                    index += 1
                    ended = at + (frame.length * frame.time_base or usual)
            if ended <= begun:
                raise MediaError("no picture in that part of it", subject=cut.path)
            begun = ended


def _moved(frame: Frame, index: int, at: Fraction) -> Frame:
    """The frame at another place of another film."""
    return Frame(
        frame.picture,
        index=index,
        ticks=max(0, round(at / frame.time_base)),
        time_base=frame.time_base,
        rotation=frame.rotation,
        length=frame.length,
    )
