"""What the expert learns from: stretches of clips, changed so that few people sound and look like
many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.gan.agreement import ACROSS, DOWN, PACE, ROWS, heard, mouths, seen, sound_of
from dubber.lipsync.gan.clips import Clip
from dubber.lipsync.mel import BANDS

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

STRETCH = 50  # frames
FEWEST = 0.08  # of the stretches, of people of whom there is little


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """A clip as the expert meets it: mouths (n, DOWN, ACROSS), their log-mel (ROWS * n, BANDS)."""

    speaker: str
    mouths: NDArray[np.uint8]
    mel: Floats

    @staticmethod
    def of(clip: Clip) -> Talk:
        """At PACE frames a second. DataError if the clip has no sound."""
        if len(clip.sound) < 8000:
            raise DataError("a clip without sound", subject=clip.name, cure="prepare with sound")
        count = int(len(clip.faces) * PACE / clip.fps)
        rows = np.minimum(np.arange(count) * clip.fps / PACE, len(clip.faces) - 1).astype(int)
        samples = clip.sound.astype(np.float32) / np.float32(32768)
        return Talk(clip.speaker, mouths(clip.faces[rows]), sound_of(samples, count))


def expert_rows(
    talks: Sequence[Talk], random: Generator, count: int
) -> Iterator[tuple[Floats, Floats]]:
    """Sound (ROWS * STRETCH, BANDS) and mouths (STRETCH, DOWN, ACROSS), ready for the networks."""
    long = [talk for talk in talks if len(talk.mouths) >= STRETCH]
    if not long:
        raise DataError(f"no clip of {STRETCH / PACE:.0f} seconds to learn from")
    people = [talk.speaker for talk in long]
    most = max(set(people), key=people.count)
    few = [talk for talk in long if talk.speaker != most]
    for _ in range(count):
        some = few if few and random.random() < FEWEST else long
        talk = some[int(random.integers(len(some)))]
        first = int(random.integers(len(talk.mouths) - STRETCH + 1))
        looked = seen(_another_face(talk.mouths, random))[first : first + STRETCH]
        looked *= np.exp(random.normal(0, 0.15))
        looked += random.normal(0, random.uniform(0, 0.25), looked.shape)
        listened = heard(_another_voice(talk.mel, random))
        yield listened[ROWS * first : ROWS * (first + STRETCH)], looked


def _another_face(cut: NDArray[np.uint8], random: Generator) -> Floats:
    """Mirrored by chance, in another light, moved, turned, stretched and blurred a little."""
    import cv2

    if random.random() < 0.5:
        cut = cut[:, :, ::-1]
    gamma = np.exp(random.normal(0, 0.3))
    table = (255 * (np.arange(256) / 255) ** gamma).astype(np.float32)
    turn = random.normal(0, 0.06)
    wide, high = np.exp(random.normal(0, 0.08, 2))
    linear = np.array([[wide * np.cos(turn), -np.sin(turn)], [np.sin(turn), high * np.cos(turn)]])
    middle = np.array([ACROSS / 2, DOWN / 2])
    matrix = np.column_stack([linear, middle - linear @ middle + random.normal(0, 1, 2)])
    soft = random.uniform(0.4, 1.0) if random.random() < 0.3 else 0.0
    shown = []
    for one in cut:
        bent = cv2.warpAffine(
            cv2.LUT(np.ascontiguousarray(one), table),
            matrix,
            (ACROSS, DOWN),
            borderMode=cv2.BORDER_REFLECT,
        )
        shown.append(cv2.GaussianBlur(bent, (0, 0), soft) if soft else bent)
    return np.asarray(shown, np.float32)


def _another_voice(mel: Floats, random: Generator) -> Floats:
    """Of a throat longer or shorter, and in noise, by chance."""
    if random.random() < 0.5:
        bands = np.clip(np.arange(BANDS) * np.exp(random.normal(0, 0.06)), 0, BANDS - 1)
        low = bands.astype(int)
        high, share = np.minimum(low + 1, BANDS - 1), bands - low
        mel = mel[:, low] * (1 - share) + mel[:, high] * share
    if random.random() < 0.4:
        slope = np.linspace(0, random.uniform(-3, 0), BANDS)
        noise = mel.max() - random.uniform(4, 10) + slope + random.normal(0, 1, mel.shape)
        mel = np.logaddexp(mel, noise)
    return np.asarray(mel, np.float32)
