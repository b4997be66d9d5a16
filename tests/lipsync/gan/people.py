"""A made-up person on the canvas, and a generator that only mixes what it is shown."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.gan.canvas import HEIGHT, REFERENCES, WIDTH, on_canvas
from dubber.lipsync.gan.clips import Clip
from dubber.lipsync.gan.model import Head, MouthModel
from tests.lipsync.talkers import chatter, face, talking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dubber.protocols import Image, Points

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]


@cache
def person(count: int = 40) -> Clip:
    """The photo of the examples, talking for `count` frames."""
    from dubber.lipsync.shape import measure
    from dubber.lipsync.warp import bent

    faces: list[Image] = []
    points: list[Points] = []
    for number in range(count):
        wanted = measure(face()[None])[0]
        wanted[0] = chatter(number)
        image, own, _ = on_canvas(talking(chatter(number)), bent(face(), wanted))
        faces.append(image)
        points.append(own)
    whole = np.zeros((count, 96, 96, 3), np.uint8)
    sound = np.zeros(count * 640, np.int16)
    return Clip("photo-0", "photo", np.stack(faces), np.stack(points), whole, sound, 25.0)


class Mixer(MouthModel):
    """A generator without a network: its features are the references it is shown, folded."""

    def __init__(self) -> None:
        weight = np.zeros((12, 12 * REFERENCES, 3, 3), np.float32)
        for channel in range(12):
            weight[channel, channel, 1, 1] = 1  # the first reference alone
        self.head = Head(weight, np.zeros(12, np.float32))
        self.times = 1
        self.facts = {}

    def features(self, shown: Pictures) -> Floats:
        seen = shown[:, 3 : 3 + 3 * REFERENCES].astype(np.float32) / 255 - 0.5
        count, channels = seen.shape[:2]
        folded = seen.reshape(count, channels, HEIGHT // 2, 2, WIDTH // 2, 2)
        return np.ascontiguousarray(
            folded.transpose(0, 1, 3, 5, 2, 4).reshape(
                count, channels * 4, HEIGHT // 2, WIDTH // 2
            ),
            np.float32,
        )

    def draw(self, shown: Pictures, head: Head) -> Pictures:
        seen = np.pad(self.features(shown), ((0, 0), (0, 0), (1, 1), (1, 1)))
        views = np.lib.stride_tricks.sliding_window_view(seen, (3, 3), axis=(2, 3))
        drawn = np.einsum("bchwij,ocij->bohw", views, head.weight) + head.bias[:, None, None] + 0.5
        count = len(drawn)
        opened = drawn.reshape(count, 3, 2, 2, HEIGHT // 2, WIDTH // 2).transpose(0, 4, 2, 5, 3, 1)
        whole = np.rint(np.clip(opened, 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(whole.reshape(count, HEIGHT, WIDTH, 3))
