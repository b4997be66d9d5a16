"""Make the sample clip: a photo that speaks Hindi, 640 x 480, 25 frames a second.

    python examples/make_sample.py OUT.mp4

Nothing but the base install is used: espeak-ng speaks, its sounds move the mouth of the photo
(face.png, NASA, public domain), the picture sways, and a quiet chord lies under the voice. The
same call gives the same clip.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dubber import languages
from dubber.engines.faces_litert import CARD, FILE, FaceLandmarker
from dubber.engines.tts_espeak import Espeak
from dubber.lipsync.blend import rectangle
from dubber.lipsync.opened import opened
from dubber.lipsync.points import KEPT
from dubber.lipsync.shape import MouthRange, measure
from dubber.lipsync.visemes import trajectory
from dubber.protocols import EngineContext, FacePatch
from dubber.schema import Clip, Take, Timeline
from dubber.weights import locate

PHOTO = Path(__file__).with_name("face.png")
SIZE = (640, 480)
FPS = 25
FIRST, PAUSE, LAST = 0.7, 0.75, 1.0  # seconds before, between and after the sentences
VOICE, CHORD = 0.5, 0.012  # of full scale
NOTES = (110.0, 164.81, 220.0, 277.18)  # an open A major, in hertz
ENLARGED = 2  # times the photo
WIDEST = 0.6  # opening of the mouth, in the face's units
SENTENCES = (
    "नमस्ते दोस्तों, आज मैं आपको अपने गाँव की कहानी सुनाती हूँ।",
    "हमारा गाँव नदी के किनारे बसा हुआ है।",
    "यहाँ के लोग सुबह जल्दी उठकर खेतों में काम करते हैं।",
    "बच्चे रोज़ स्कूल जाते हैं और मन लगाकर पढ़ते हैं।",
    "आप सब का बहुत बहुत धन्यवाद।",
)


@dataclass(frozen=True)
class Photo:
    """The picture that speaks, with the kept landmarks of its face."""

    image: np.ndarray
    points: np.ndarray


def main(target: Path) -> None:
    """Write the clip to `target`."""
    timeline, voice, rate = speak()
    photo = load_photo()
    times = np.arange(round(timeline.length * FPS)) / FPS
    path = trajectory(timeline.clips, times, language=languages.get("hi"))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    with av.open(str(draft), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        picture = container.add_stream(
            "libx264", rate=FPS, options={"crf": "20", "preset": "fast", "threads": "1"}
        )
        picture.width, picture.height, picture.pix_fmt = *SIZE, "yuv420p"
        sound = container.add_stream("aac", rate=rate, layout="mono", options={"b": "96k"})
        for time, mouth in zip(times, path, strict=True):
            image = show(photo, mouth, time)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(picture.encode(None))
        write_sound(container, sound, voice + chord(len(voice), rate), rate)
    draft.replace(target)
    print(f"{target}: {timeline.length:.1f} s, {len(timeline.clips)} Hindi sentences")


def speak() -> tuple[Timeline, np.ndarray, int]:
    """The sentences in their places, and the whole sound at the given rate."""
    language = languages.get("hi")
    voice = Espeak.open(EngineContext("", "cpu", 1, lambda card: locate(card)))
    who = next(v for v in voice.voices(language) if v.gender == "female")
    clips, parts = [], []
    clock = FIRST
    for number, text in enumerate(SENTENCES, 1):
        speech = voice.say(text, who)
        length = len(speech.samples) / voice.rate
        take = Take(str(number), text, "", length, 1.0, speech.phonemes, speech.words)
        clips.append(Clip(take, clock, length))
        parts.append((clock, speech.samples))
        clock += length + PAUSE
    voice.close()
    whole = clock - PAUSE + LAST
    sound = np.zeros(round(whole * voice.rate), np.float32)
    for start, samples in parts:
        first = round(start * voice.rate)
        loudest = float(np.abs(samples).max())
        sound[first : first + len(samples)] = samples * (VOICE / loudest)
    return Timeline("hi", whole, tuple(clips)), sound, voice.rate


def chord(count: int, rate: int) -> np.ndarray:
    """A quiet chord that breathes."""
    clock = np.arange(count) / rate
    tones = sum(
        np.sin(2 * np.pi * note * clock) * (1 + 0.4 * np.sin(2 * np.pi * clock / (5 + i)))
        for i, note in enumerate(NOTES)
    )
    return (CHORD * tones).astype(np.float32)


def load_photo() -> Photo:
    """The photo, twice as large, so that its lips are many pixels."""
    image = cv2.imread(str(PHOTO))
    image = cv2.resize(image, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LANCZOS4)
    finder = FaceLandmarker(locate(CARD) / FILE)
    face = next(finder.find([_Still(image)]))[0]
    return Photo(image, face.landmarks[list(KEPT), :2])


@dataclass(frozen=True)
class _Still:
    """A photo as if it were a frame of a film."""

    image: np.ndarray
    index: int = 0
    time: float = 0.0

    @property
    def width(self) -> int:
        return self.image.shape[1]

    @property
    def height(self) -> int:
        return self.image.shape[0]

    def bgr(self) -> np.ndarray:
        return self.image

    def crop(self, x: int, y: int, w: int, h: int) -> np.ndarray:
        return self.image[y : y + h, x : x + w].copy()


def show(photo: Photo, mouth: np.ndarray, time: float) -> np.ndarray:
    """The photo at one moment: its mouth opened (`mouth`: opening and width), turned a little."""
    height, width = photo.image.shape[:2]
    x, y, w, h = rectangle(photo.points, width, height)
    points = photo.points - np.array([x, y], np.float32)
    broad = measure(points[None])[0][1]  # of a smile
    usual = MouthRange(
        0.0, WIDEST, broad * 0.92, broad * 0.78, broad * 1.02, np.zeros((2, 3), np.float32)
    )
    wanted = usual.shapes(mouth[None])[0]
    patch = FacePatch(photo.image[y : y + h, x : x + w], points)
    whole = photo.image.copy()
    whole[y : y + h, x : x + w] = opened(patch, wanted).image
    return sway(whole, photo.points, time)


def sway(image: np.ndarray, points: np.ndarray, time: float) -> np.ndarray:
    """What a hand-held camera would see: the face large, drifting and turning a little."""
    middle = points.mean(axis=0)
    zoom = 2.0 / ENLARGED * (1 + 0.02 * np.sin(time / 2.9))
    angle = np.radians(1.6 * np.sin(time / 1.7))
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    drift = np.array([6 * np.sin(time / 1.3), 4 * np.sin(time / 1.9)])
    centre = np.array([SIZE[0] / 2, SIZE[1] * 0.47]) + drift
    turn = np.array([[cos, -sin], [sin, cos]])
    matrix = np.column_stack([turn, centre - turn @ middle])
    return cv2.warpAffine(image, matrix, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def write_sound(container, stream, samples: np.ndarray, rate: int) -> None:
    for first in range(0, len(samples), 1024):
        block = samples[None, first : first + 1024]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve())
