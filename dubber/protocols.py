"""What an engine must be able to do. Each Protocol can be faked in five lines: `engines/fake.py`.

Every engine class has `open(context)`: the registry finds the class by name and calls it.
Samples are mono float32 in -1..1, shape (n,). Images are BGR uint8, shape (height, width, 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dubber.schema import Candidate, Phoneme, Segment, Voice, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dubber.languages import Language

    Samples = NDArray[np.float32]
    Image = NDArray[np.uint8]
    Points = NDArray[np.float32]

#: Called with the work done and the whole, in the stage's own unit (seconds, segments, frames).
Progress = Callable[[float, float], None]


def silent(done: float, whole: float) -> None:
    """A Progress that shows nothing."""


@dataclass(frozen=True, slots=True)
class EngineContext:
    """What an engine is opened with.

    `model` is what followed the colon in `NAME:MODEL`: a card's name, a local path, or "" for the
    engine's own. `weights(card)` gives a verified local path.
    """

    model: str
    device: str
    threads: int
    weights: Callable[[str], Path]


@runtime_checkable
class Recognizer(Protocol):
    name: str

    def recognize(
        self, samples: Samples, *, language: Language, hints: Sequence[str] = ()
    ) -> list[Segment]:
        """Segments with word times, in seconds from the first sample (16 kHz mono).

        `hints` are terms likely to be said, in the language's own letters or in Latin.
        Ids are the caller's business (the engine numbers from 1). No speech: an empty list.
        """
        ...


@runtime_checkable
class Translator(Protocol):
    name: str

    def supports(self, source: str, target: str) -> bool: ...

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        """As many lists as sentences, best candidate first, never an empty list."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """What a voice said: samples at the engine's rate, with the times of its sounds and words."""

    samples: Samples
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]


@runtime_checkable
class Synthesizer(Protocol):
    name: str
    rate: int  # samples a second

    def voices(self, language: Language) -> tuple[Voice, ...]:
        """The voices it has for a language, best first; empty if it cannot speak it."""
        ...

    def say(self, text: str, voice: Voice, *, speed: float = 1.0) -> Speech:
        """`text` spoken whole; `speed` 1.25 asks for 4/5 of the natural length.

        EngineError if it cannot; never silence in place of speech.
        """
        ...


class FramePicture(Protocol):
    """One decoded frame, seen upright; `media.video.Frame` is the real one."""

    @property
    def index(self) -> int: ...
    @property
    def time(self) -> float: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    def bgr(self) -> Image: ...
    def crop(self, x: int, y: int, w: int, h: int) -> Image:
        """A copy of the part at (x, y), w by h; cheaper than the whole."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FaceObservation:
    """One face in one frame: 478 landmarks in upright pixels, shape (478, 3), and 0..1 presence."""

    landmarks: Points
    presence: float


@runtime_checkable
class FaceFinder(Protocol):
    name: str

    def find(self, frames: Iterable[FramePicture]) -> Iterator[list[FaceObservation]]:
        """For each frame in order, its faces (largest first); an empty list where there is none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FacePatch:
    """The part of a frame around a mouth: its picture, and the face's kept landmarks in its own
    pixels, shape (len(KEPT), 2) (`lipsync.points`)."""

    image: Image
    points: Points


class MouthPainter(Protocol):
    """Draws the mouth of one face it has met."""

    def plan(self, points: Points, wanted: Points, yaw: Points) -> None:
        """The frames that come next, in order: the face's landmarks in the film's pixels,
        (n, len(KEPT), 2); the wanted mouth shapes, (n, 4) as `lipsync.shape.measure` gives; and
        the face's yaw in degrees, (n,). What was planned before is over."""
        ...

    def paint(self, number: int, face: FacePatch) -> FacePatch:
        """The face in frame `number` of the plan (ascending) with the wanted mouth: a picture of
        the same size, right wherever `lipsync.blend` takes pixels from it, and where the face's
        landmarks lie in it."""
        ...


@runtime_checkable
class LipRenderer(Protocol):
    """Draws mouths. The stage decides when, whose, and which shape, and blends what is drawn."""

    name: str

    def choose(
        self, frames: NDArray[np.int32], shapes: Points, yaw: Points, *, most: int
    ) -> NDArray[np.intp]:
        """Which rows of a face it wants to see before it draws it, at most `most`, ascending: from
        the frames it is seen in (n,), its mouth shapes (n, 4) and its yaw (n,)."""
        ...

    def meet(
        self, faces: Sequence[FacePatch], frames: NDArray[np.int32], shapes: Points, yaw: Points
    ) -> MouthPainter:
        """A painter for one person, from the faces it chose to see."""
        ...


@runtime_checkable
class Adaptive(Protocol):
    """What a LipRenderer may also be: one that fits itself to each person it meets."""

    def adapting(self, way: str, keep: Path | None) -> LipRenderer:
        """The same renderer, which fits in the `way` of `config.ADAPT` and keeps what it fitted in
        the folder `keep`. UnavailableError if it cannot."""
        ...


@runtime_checkable
class Fitting(Protocol):
    """What such a renderer's painters are."""

    def fit(self) -> Mapping[str, Any]:
        """How it was fitted, as a report tells it."""
        ...


def adapted(renderer: LipRenderer, way: str, keep: Path | None) -> LipRenderer:
    """`renderer`, fitting in this `way` if it fits at all."""
    return renderer.adapting(way, keep) if isinstance(renderer, Adaptive) else renderer


class Sound(Protocol):
    """What is said in a film, on its clock."""

    @property
    def rate(self) -> int: ...
    def read(self, first: int, count: int) -> Samples:
        """Shape (count,), from sample `first` on, which may be negative; silence where nothing is
        said. Pieces are asked for in the order of the film."""
        ...


@runtime_checkable
class HearingPainter(MouthPainter, Protocol):
    """A MouthPainter that draws what it hears."""

    def hear(self, sound: Sound, times: NDArray[np.float64]) -> None:
        """What is said, and when each of the frames that `plan` tells of is shown, (n,) seconds.
        Told before `plan`."""
        ...


@runtime_checkable
class HearingRenderer(LipRenderer, Protocol):
    """A LipRenderer whose painters hear. It is shown whole faces, and not mouths alone."""

    hears: int  # samples a second of the sound it is to be given

    def meet(
        self, faces: Sequence[FacePatch], frames: NDArray[np.int32], shapes: Points, yaw: Points
    ) -> HearingPainter: ...
