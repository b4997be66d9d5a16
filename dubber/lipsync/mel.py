"""Log-mel pictures of a sound, as mouths hear it: plain NumPy, 100 a second."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RATE = 16_000
HOP = 160  # samples: a hundredth of a second
WINDOW = 400
FFT = 512
BANDS = 40
LOW, HIGH = 60.0, 7600.0  # Hz
FLOOR = 1e-10  # power
BLOCK = 4096  # frames at a time, so that memory does not grow with the length


def log_mel(samples: Floats) -> Floats:
    """Natural-log power in BANDS mel bands of 16 kHz samples (n,): (ceil(n / HOP), BANDS).

    Row k is heard around k * HOP / RATE seconds.
    """
    count = -(-len(samples) // HOP)
    half = WINDOW // 2
    padded = np.pad(np.asarray(samples, np.float32), (half, half + HOP))
    views = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count]
    window = np.hanning(WINDOW).astype(np.float32)
    rows = []
    for first in range(0, count, BLOCK):
        spectrum = np.fft.rfft(views[first : first + BLOCK] * window, FFT, axis=1)
        power = (np.abs(spectrum) ** 2).astype(np.float32)
        rows.append(np.log(power @ _filters().T + np.float32(FLOOR)))
    return np.concatenate(rows).astype(np.float32) if rows else np.zeros((0, BANDS), np.float32)


@cache
def _filters() -> Floats:
    """Triangles of equal area on the mel scale, (BANDS, FFT // 2 + 1)."""
    mels = np.linspace(_mel(LOW), _mel(HIGH), BANDS + 2)
    corners = 700 * (10 ** (mels / 2595) - 1)
    hertz = np.arange(FFT // 2 + 1) * RATE / FFT
    rise = (hertz - corners[:-2, None]) / np.diff(corners)[:-1, None]
    fall = (corners[2:, None] - hertz) / np.diff(corners)[1:, None]
    triangles = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(triangles / triangles.sum(axis=1, keepdims=True), np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
