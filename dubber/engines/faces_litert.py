"""Faces and their 478 landmarks by MediaPipe's networks on LiteRT, without the mediapipe package.

The networks are MediaPipe's `face_landmarker.task`; around them this does what its graphs do:
detect, cut a turned square, find the landmarks, and look for them there in the next frame.
"""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync import blazeface
from dubber.lipsync.regions import Region, region_of_box, region_of_landmarks
from dubber.protocols import EngineContext, FaceObservation, FramePicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]

CARD = "face-landmarker"
FILE = "face_landmarker.task"
DETECTOR, LANDMARKS = "face_detector.tflite", "face_landmarks_detector.tflite"
MOST_BYTES = 32 << 20  # of a network in the file
SIDE = 256  # pixels a side of the landmark network's input
PRESENT = 0.5  # probability that a face is there, below which it is lost
DETECT_EVERY = 8  # frames
MOST_FACES = 6
SAME_FACE = 0.35  # overlap of two regions that hold one face
WIDE = 1.3  # pictures longer than this are also searched in squares, where faces are larger


class FaceLandmarker:
    """A FaceFinder. It follows faces from frame to frame and looks for new ones every few."""

    name = "faces.litert"

    @classmethod
    def open(cls, context: EngineContext) -> FaceLandmarker:
        """EngineError if the networks cannot be read."""
        file = context.weights(context.model or CARD) / FILE
        return cls(file, threads=context.threads)

    def __init__(self, file: Path, *, threads: int = 1) -> None:
        self._detector = _Network(_unpack(file, DETECTOR), threads)
        self._landmarks = _Network(_unpack(file, LANDMARKS), threads)
        self._anchors = blazeface.anchors()

    def find(self, frames: Iterable[FramePicture]) -> Iterator[list[FaceObservation]]:
        """For each frame its faces, the largest first."""
        regions: list[Region] = []
        for number, frame in enumerate(frames):
            faces = self._follow(frame, regions)
            if len(faces) < len(regions) or number % DETECT_EVERY == 0:
                held = [region_of_landmarks(face.landmarks) for face in faces]
                new = [r for r in self._detect(frame.bgr()) if not any(_same(r, h) for h in held)]
                faces += self._follow(frame, new[: MOST_FACES - len(faces)], held)
            regions = [region_of_landmarks(face.landmarks) for face in faces]
            order = sorted(range(len(faces)), key=lambda i: -regions[i].side)
            yield [faces[i] for i in order]

    def _follow(
        self, frame: FramePicture, regions: list[Region], held: Iterable[Region] = ()
    ) -> list[FaceObservation]:
        """The faces that are in these regions, each once."""
        faces: list[FaceObservation] = []
        seen = list(held)
        for region in regions:
            face = self._look(frame, region)
            if face is None:
                continue
            place = region_of_landmarks(face.landmarks)
            if place.side >= 8 and not any(_same(place, other) for other in seen):
                seen.append(place)
                faces.append(face)
        return faces

    def _look(self, frame: FramePicture, region: Region) -> FaceObservation | None:
        cut = region.cut(frame, SIDE)[..., ::-1]
        outputs = self._landmarks.run(cut.astype(np.float32) / np.float32(255))
        presence = float(1 / (1 + np.exp(-np.clip(outputs[1].reshape(-1)[0], -50, 50))))
        if presence < PRESENT:
            return None
        points: Points = outputs[0].reshape(-1, 3)
        return FaceObservation(region.restore(points, SIDE), presence)

    def _detect(self, image: Image) -> list[Region]:
        boxes, scores = [], []
        for x, y, side in _squares(image.shape[1], image.shape[0]):
            found, sure = self._detect_in(image, x, y, side)
            boxes.append(found)
            scores.append(sure)
        merged, _ = blazeface.merge(np.concatenate(boxes), np.concatenate(scores))
        return [region_of_box(box) for box in merged]

    def _detect_in(self, image: Image, x: int, y: int, side: int) -> tuple[Floats, Floats]:
        """Faces in a square that may reach over the picture's edges, in its pixels."""
        import cv2

        step = side / blazeface.INPUT
        part = image[max(0, y) : y + side, max(0, x) : x + side]
        size = (max(1, round(part.shape[1] / step)), max(1, round(part.shape[0] / step)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        square = np.zeros((blazeface.INPUT, blazeface.INPUT, 3), np.uint8)
        left, top = round(max(0, -x) / step), round(max(0, -y) / step)
        small = small[: blazeface.INPUT - top, : blazeface.INPUT - left]
        square[top : top + small.shape[0], left : left + small.shape[1]] = small
        tensor = square[..., ::-1].astype(np.float32) / np.float32(127.5) - np.float32(1)
        regressors, logits = self._detector.run(tensor)
        boxes, scores = blazeface.decode(
            regressors.reshape(-1, 16), logits.reshape(-1), self._anchors
        )
        boxes *= np.float32(side)
        corner = np.array([x, y], np.float32)
        boxes[:, 0] += corner
        boxes[:, 2:] += corner
        return boxes, scores


class _Network:
    """A TFLite network: one picture in, its outputs in their order."""

    def __init__(self, content: bytes, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with _quiet():
                self._net: Any = Interpreter(model_content=content, num_threads=max(1, threads))
                self._net.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise EngineError(f"a face network cannot be read ({str(error)[:80]})") from error
        self._input = self._net.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._net.get_output_details()]

    def run(self, picture: Floats) -> list[Floats]:
        self._net.set_tensor(self._input, picture[None])
        self._net.invoke()
        return [self._net.get_tensor(output) for output in self._outputs]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the line that LiteRT writes to the process's stderr about its delegate."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _unpack(file: Path, member: str) -> bytes:
    try:
        with zipfile.ZipFile(file) as packed:
            if packed.getinfo(member).file_size > MOST_BYTES:
                raise EngineError("a network in it is too large", subject=file)
            return packed.read(member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise EngineError(f"not a face landmarker ({error})", subject=file) from error


def _squares(width: int, height: int) -> list[tuple[int, int, int]]:
    """Where to look for faces: (x, y, side); the whole picture first, then squares along it."""
    long, short = max(width, height), min(width, height)
    squares = [((width - long) // 2, (height - long) // 2, long)]
    if long > WIDE * short:
        count = int(np.ceil((long - short) / (0.6 * short))) + 1
        for offset in np.linspace(0, long - short, min(count, 4)).round().astype(int):
            squares.append((int(offset), 0, short) if width > height else (0, int(offset), short))
    return squares


def _same(one: Region, other: Region) -> bool:
    """Whether two regions look at one face (as upright squares)."""
    across = min(one.x + one.side / 2, other.x + other.side / 2) - max(
        one.x - one.side / 2, other.x - other.side / 2
    )
    down = min(one.y + one.side / 2, other.y + other.side / 2) - max(
        one.y - one.side / 2, other.y - other.side / 2
    )
    if across <= 0 or down <= 0:
        return False
    common = across * down
    return common / (one.side**2 + other.side**2 - common) > SAME_FACE
