"""Mouth shapes for sounds, and the way the mouth takes through them.

Each sound asks for a shape with a strength that fades before and after it; the mouth is where the
strengths meet (dominance functions: Cohen and Massaro 1993, "Modeling coarticulation in synthetic
visual speech"). Lips always close for p, b and m, and rest where nothing sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.languages import Language
    from dubber.schema import Clip, Phoneme

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Viseme:
    """A shape in parts of the speaker's own range, and how strongly it is asked for.

    opening 0 (closed) to 1 (as wide as this speaker opens); width -1 (narrowest) to 1 (most
    spread). A sound that does not care for the width has little strength there.
    """

    opening: float
    width: float
    opening_strength: float = 1.0
    width_strength: float = 1.0


SHAPES = {
    "rest": Viseme(0.0, 0.0, 1.2, 1.0),
    "bilabial": Viseme(0.0, 0.0, 5.0, 0.5),
    "labiodental": Viseme(0.10, 0.05, 3.0, 0.6),
    "dental": Viseme(0.30, 0.10, 0.7, 0.3),
    "alveolar": Viseme(0.28, 0.10, 0.6, 0.3),
    "postalveolar": Viseme(0.32, -0.35, 0.8, 1.0),
    "velar": Viseme(0.38, 0.0, 0.5, 0.2),
    "open": Viseme(1.0, 0.15, 1.3, 0.8),
    "mid": Viseme(0.58, 0.05, 1.0, 0.6),
    "spread": Viseme(0.36, 0.85, 1.0, 1.5),
    "round": Viseme(0.55, -0.75, 1.1, 2.0),
    "close_round": Viseme(0.20, -1.0, 1.3, 2.2),
}

LEAD = 0.03  # seconds the lips are ahead of the sound
FADE = 0.07  # seconds in which a sound's strength falls to 1/e, outside its own middle half
FALL = 1.3  # how steeply it falls: above 1, far sounds do not keep a resting mouth open
PAUSE = 0.12  # a gap between sounds that is longer is a rest
SEAL = 0.026  # seconds around the middle of p, b, m that are closed at least: one frame at 25 fps
RELEASE = 0.06  # seconds from closed lips to where they would otherwise be


def trajectory(clips: Sequence[Clip], times: Floats, *, language: Language) -> NDArray[np.float32]:
    """The mouth at each of `times` (film seconds, ascending): (n, 2) opening and width.

    Rest, (0, 0), where no clip sounds.
    """
    path = np.zeros((len(times), 2), np.float32)
    for clip in clips:
        low, high = np.searchsorted(times, (clip.start - 4 * FADE, clip.end + 4 * FADE))
        if low < high and clip.take.phonemes:
            seen = times[low:high]
            part = _spoken(timed(clip, language=language), seen)
            # two clips may share a fade: the more open one is the one that speaks
            keep = part[:, 0] >= path[low:high, 0]
            path[low:high][keep] = part[keep]
    return path


@dataclass(frozen=True, slots=True)
class Sound:
    """A viseme with its film time in seconds."""

    viseme: str
    start: float
    end: float


def timed(clip: Clip, *, language: Language) -> list[Sound]:
    """The clip's sounds on the film's clock, with rests before, after and in its pauses."""
    sounds = [Sound("rest", clip.start - 0.25, clip.start)]
    for phoneme in clip.take.phonemes:
        start, end = (clip.start + t / clip.stretch - LEAD for t in (phoneme.start, phoneme.end))
        if start - sounds[-1].end > PAUSE:
            sounds.append(Sound("rest", sounds[-1].end, start))
        viseme = _viseme(phoneme, language)
        if viseme != "rest" or end - start > PAUSE:
            sounds.append(Sound(viseme, start, end))
    last = max(sounds[-1].end, sounds[0].end)
    return [*sounds, Sound("rest", last, max(last, clip.end) + 0.25)]


def _viseme(phoneme: Phoneme, language: Language) -> str:
    return language.viseme(phoneme.ipa) if phoneme.ipa.strip("_: ") else "rest"


def _spoken(sounds: Sequence[Sound], times: Floats) -> NDArray[np.float32]:
    """Where the strengths of all sounds meet at each time, (n, 2)."""
    shapes = [SHAPES[sound.viseme] for sound in sounds]
    middle = np.array([(s.start + s.end) / 2 for s in sounds])
    half = np.array([(s.end - s.start) / 2 for s in sounds])
    away = np.maximum(0, np.abs(times[:, None] - middle) - half / 2)  # (times, sounds)
    near = np.exp(-np.minimum((away / FADE) ** FALL, 12.0))
    strong = near * np.array([s.opening_strength for s in shapes])
    sideways = near**0.8 * np.array([s.width_strength for s in shapes])
    opening = strong @ np.array([s.opening for s in shapes]) / (strong.sum(axis=1) + 1e-9)
    width = sideways @ np.array([s.width for s in shapes]) / (sideways.sum(axis=1) + 1e-9)
    for sound in sounds:
        if sound.viseme == "bilabial":
            opening *= _seal(sound, times)
    return np.column_stack([opening, width]).astype(np.float32)


def _seal(sound: Sound, times: Floats) -> Floats:
    """0 while the lips are closed for the sound, rising to 1 before and after it."""
    middle = (sound.start + sound.end) / 2
    closed = max(SEAL, (sound.end - sound.start) / 4)
    rise = np.clip((np.abs(times - middle) - closed) / RELEASE, 0, 1)
    return np.asarray(rise * rise * (3 - 2 * rise))


def moments(clips: Sequence[Clip], viseme: str, *, language: Language) -> Floats:
    """The film times, ascending, in the middle of every sound with this mouth shape."""
    return np.array(
        sorted(
            (sound.start + sound.end) / 2
            for clip in clips
            for sound in timed(clip, language=language)
            if sound.viseme == viseme
        ),
        np.float64,
    )
