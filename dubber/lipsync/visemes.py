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


# Chosen half-way between what phonetics asks for and what fits one English speaker best (GRID s1,
# 18 clips: with the constants below the opening's correlation on 18 others rose from 0.60 to 0.68).
SHAPES = {
    "rest": Viseme(0.0, 0.0, 3.0, 2.5),
    "bilabial": Viseme(0.0, 0.0, 5.0, 0.6),
    "labiodental": Viseme(0.10, -0.05, 3.0, 0.8),
    "dental": Viseme(0.15, -0.10, 1.0, 0.3),
    "alveolar": Viseme(0.22, 0.0, 0.35, 0.6),
    "postalveolar": Viseme(0.50, -0.35, 0.7, 1.0),
    "velar": Viseme(0.34, -0.10, 0.5, 0.3),
    "open": Viseme(0.90, 0.0, 1.8, 0.8),
    "mid": Viseme(0.70, 0.15, 1.3, 0.4),
    "spread": Viseme(0.55, 0.55, 0.8, 1.0),
    "round": Viseme(0.48, -0.90, 1.1, 3.0),
    "close_round": Viseme(0.15, -0.90, 1.6, 2.2),
}

LEAD = 0.03  # seconds the lips are ahead of the sound
FADE = 0.04  # seconds in which a sound's strength falls to 1/e, outside its own middle half
FALL = 0.85  # how steeply it falls
PAUSE = 0.12  # a gap between sounds that is longer is a rest
SEAL = 0.026  # seconds around the middle of p, b, m that are closed at least: one frame at 25 fps
RELEASE = 0.06  # seconds from closed lips to where they would otherwise be


def trajectory(clips: Sequence[Clip], times: Floats, *, language: Language) -> NDArray[np.float32]:
    """The mouth at each of `times` (film seconds, ascending): (n, 2) opening and width.

    Rest, (0, 0), where no clip sounds.
    """
    path = np.zeros((len(times), 2), np.float32)
    for clip in clips:
        low, high = np.searchsorted(times, (clip.start - 6 * FADE, clip.end + 6 * FADE))
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
    away = np.abs(times - (sound.start + sound.end) / 2)
    return _release(away, closed=max(SEAL, (sound.end - sound.start) / 4))


def _release(away: Floats, *, closed: float) -> Floats:
    rise = np.clip((away - closed) / RELEASE, 0, 1)
    return np.asarray(rise * rise * (3 - 2 * rise))


def sealed(times: Floats, closed_at: Floats) -> Floats:
    """What to multiply an opening by so that the lips are closed at each of `closed_at`: (n,)."""
    if not len(closed_at):
        return np.ones(len(times))
    right = np.clip(np.searchsorted(closed_at, times), 1, max(1, len(closed_at) - 1))
    near = np.minimum(
        np.abs(times - closed_at[right - 1]),
        np.abs(times - closed_at[np.minimum(right, len(closed_at) - 1)]),
    )
    return _release(near, closed=SEAL)


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
