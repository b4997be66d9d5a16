"""How well mouths and a sound agree, by the project's own expert (`expert`, trained by
`dub train lips`): what it looks at and listens to, and how it is asked.

Everything is at PACE frames a second. Mouths are grey, (n, DOWN, ACROSS), cut from the canvas.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync.gan.canvas import WIDTH
from dubber.lipsync.gan.runtime import open_network
from dubber.lipsync.mel import HOP, RATE, log_mel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dubber.protocols import Image

    Floats = NDArray[np.float32]
    Pictures = NDArray[np.uint8]

CARD, SCHEMA = "lip-expert", "lip-expert/1"
SEEN, HEARD, FACTS = "seen.onnx", "heard.onnx", "facts.json"
PACE = 25  # frames a second
ROWS = RATE // HOP // PACE  # of log-mel, a frame
FRAMES = 9  # of a window: 0.36 seconds
STRETCH = 75  # frames whose mean is taken for that of a face and of a sound
REACH = 15  # frames to either side in which the sound is looked for, as SyncNet's authors do
TOP, BOTTOM, LEFT, RIGHT = 24, 88, 16, 112  # of the mouth, on the canvas
DOWN, ACROSS = 32, 48
LOUD = 12.0  # natural log of power below the loudest, under which nothing is told apart
SCALE = 3.0


def mouths(faces: Sequence[Image] | Pictures) -> Pictures:
    """Of faces on the canvas, or on one some times as large: (n, DOWN, ACROSS)."""
    import cv2

    times = faces[0].shape[1] // WIDTH
    down = slice(times * TOP, times * BOTTOM)
    across = slice(times * LEFT, times * RIGHT)
    cut = [cv2.cvtColor(face[down, across], cv2.COLOR_BGR2GRAY) for face in faces]
    small = [cv2.resize(one, (ACROSS, DOWN), interpolation=cv2.INTER_AREA) for one in cut]
    return np.asarray(small, np.uint8).reshape(-1, DOWN, ACROSS)


def seen(cut: NDArray[Any]) -> Floats:
    """What the expert looks at: mouths as they differ from their mean, in units of how much they
    do. A mouth that never moves is nothing."""
    values = np.asarray(cut, np.float32)
    values = values - values.mean(axis=0)
    return np.asarray(values / (values.std() + 0.25), np.float32)


def heard(mel: Floats) -> Floats:
    """What it listens to: log-mel (k, BANDS) as it differs from its mean."""
    values = np.maximum(mel, mel.max() - np.float32(LOUD))
    return np.asarray((values - values.mean(axis=0)) / np.float32(SCALE), np.float32)


def sound_of(samples: Floats, frames: int) -> Floats:
    """The log-mel of 16 kHz samples, cut or filled up to so many frames: (ROWS * frames, BANDS)."""
    mel = log_mel(np.pad(samples, (0, max(0, frames * ROWS * HOP - len(samples)))))
    return mel[: frames * ROWS]


class Expert:
    """Seen and heard windows as unit vectors. `odds` makes of their product the odds, as a natural
    logarithm, that they belong together: above 0 it says that they do."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """EngineError if the folder does not hold an expert of this version."""
        try:
            facts = json.loads((folder / FACTS).read_text("utf-8"))
            slope, offset = (float(value) for value in facts["judge"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EngineError("no expert on lips here", subject=folder) from error
        if facts.get("schema") != SCHEMA or facts.get("frames") != FRAMES:
            raise EngineError(f"not an expert of {SCHEMA}", subject=folder)
        self.step = int(facts.get("step", 0))
        self._judge = float(np.exp(slope)), offset
        self._seen, self._heard = (
            open_network(folder / name, threads=threads, runtime="onnxruntime")
            for name in (SEEN, HEARD)
        )

    def look(self, cut: Pictures) -> Floats:
        """Mouths (n, DOWN, ACROSS) to (n - FRAMES + 1, vector)."""
        return _in_stretches(
            lambda part: self._seen.run("vectors", {"mouths": seen(part)[None]})[0], cut, 1
        )

    def listen(self, mel: Floats) -> Floats:
        """Log-mel (ROWS * n, BANDS) to (n - FRAMES + 1, vector)."""
        return _in_stretches(
            lambda part: self._heard.run("vectors", {"sound": heard(part)[None]})[0], mel, ROWS
        )

    def odds(self, alike: Floats) -> Floats:
        slope, offset = self._judge
        return np.asarray(slope * alike + offset, np.float32)


def _in_stretches(run: Callable[[NDArray[Any]], Floats], values: NDArray[Any], rows: int) -> Floats:
    """Vectors of all windows, each by the means of a stretch of STRETCH frames: heads move, and
    people come nearer."""
    count = len(values) // rows
    parts: list[Floats] = []
    for first in range(0, max(1, count - FRAMES + 1), STRETCH - FRAMES + 1):
        low = max(0, min(first, count - STRETCH))
        parts.append(run(values[rows * low : rows * (low + STRETCH)])[first - low :])
    return np.concatenate(parts)


def shifted(look: Floats, listen: Floats, *, lead: int = 0, reach: int = REACH) -> Floats:
    """The product of each seen window with what is heard from `reach` frames before it to `reach`
    after: (n, 2 * reach + 1), NaN where nothing is. `listen` begins `lead` frames before `look`."""
    alike = look @ listen.T
    rows = np.arange(len(look))[:, None]
    columns = rows + lead + np.arange(-reach, reach + 1)
    inside = (columns >= 0) & (columns < len(listen))
    found = alike[rows, np.clip(columns, 0, len(listen) - 1)]
    return np.where(inside, found, np.float32(np.nan)).astype(np.float32)
