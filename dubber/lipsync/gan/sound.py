"""What the audio-driven networks hear: Wav2Lip's mel picture and Speech2Vid's cepstra, in NumPy.

Mel as in Rudrabha/Wav2Lip `audio.py` (librosa 0.7, Slaney's filters): 80 bands, 55 to 7600 Hz, 80
columns a second, -4..4. Cepstra as in LipGAN and Speech2Vid (Kamil Wojcicki's mfcc for Matlab): 40
filters, 300 to 3700 Hz, 12 coefficients, 100 columns a second.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dubber.lipsync.gan.clips import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MEL_BANDS, MEL_HOP, MEL_FFT = 80, 200, 800
MEL_STEPS = 16  # columns heard with a frame: 200 ms
CEPSTRA, CEPSTRA_HOP, CEPSTRA_WINDOW, CEPSTRA_FFT = 12, 160, 400, 512
CEPSTRA_STEPS = 35  # 350 ms
EMPHASIS = 0.97
FILTERS, LIFTER = 40, 22


def mel(samples: Floats) -> Floats:
    """(MEL_BANDS, columns) of 16 kHz samples; column k is heard around k * MEL_HOP / RATE."""
    loud = np.append(samples[:1], samples[1:] - EMPHASIS * samples[:-1])
    padded = np.pad(loud, MEL_FFT // 2, mode="reflect" if len(loud) > MEL_FFT // 2 else "constant")
    views = np.lib.stride_tricks.sliding_window_view(padded, MEL_FFT)[::MEL_HOP]
    window = np.hanning(MEL_FFT + 1)[:-1]
    heard = np.abs(np.fft.rfft(views * window, axis=1)) @ _slaney().T
    level = 20 * np.log10(np.maximum(1e-5, heard)) - 20
    return np.clip(8 * (level + 100) / 100 - 4, -4, 4).T.astype(np.float32)


def mel_at(whole: Floats, time: float) -> Floats:
    """The MEL_STEPS columns that begin at `time`, within the sound: (MEL_BANDS, MEL_STEPS)."""
    return _window(whole, int(time * RATE / MEL_HOP), MEL_STEPS)


def cepstra(samples: Floats) -> Floats:
    """(CEPSTRA, columns) of 16 kHz samples."""
    loud = np.append(samples[:1], samples[1:] - EMPHASIS * samples[:-1])
    padded = np.pad(loud, (0, CEPSTRA_WINDOW))
    views = np.lib.stride_tricks.sliding_window_view(padded, CEPSTRA_WINDOW)[::CEPSTRA_HOP]
    power = np.abs(np.fft.rfft(views * np.hamming(CEPSTRA_WINDOW), CEPSTRA_FFT, axis=1))
    logs = np.log(np.maximum(power @ _triangles().T, 1e-6))
    order = np.arange(CEPSTRA + 1)[:, None]
    turns = np.cos(np.pi * order * (np.arange(FILTERS) + 0.5) / FILTERS) * np.sqrt(2 / FILTERS)
    lifted = 1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)
    return np.asarray(((turns * lifted) @ logs.T)[1:], np.float32)


def cepstra_at(whole: Floats, time: float) -> Floats:
    """The CEPSTRA_STEPS columns around `time`, within the sound: (CEPSTRA, CEPSTRA_STEPS)."""
    return _window(whole, round(time * RATE / CEPSTRA_HOP) - CEPSTRA_STEPS // 2, CEPSTRA_STEPS)


def _window(whole: Floats, first: int, count: int) -> Floats:
    if whole.shape[1] < count:
        whole = np.pad(whole, ((0, 0), (0, count - whole.shape[1])), mode="edge")
    first = min(max(first, 0), whole.shape[1] - count)
    return whole[:, first : first + count]


@cache
def _slaney() -> NDArray[np.float64]:
    """Slaney's filters: linear to 1000 Hz, then logarithmic, each of area 1: (80, 401)."""
    step, knee = 200 / 3, 1000.0

    def to_mel(hertz: float) -> float:
        above = knee / step + np.log(max(hertz, knee) / knee) / (np.log(6.4) / 27)
        return hertz / step if hertz < knee else float(above)

    mels = np.linspace(to_mel(55.0), to_mel(7600.0), MEL_BANDS + 2)
    low, high = mels * step, knee * np.exp((mels - knee / step) * np.log(6.4) / 27)
    edges = np.where(mels < knee / step, low, high)
    return _between(edges, MEL_FFT) * (2 / (edges[2:] - edges[:-2]))[:, None]


@cache
def _triangles() -> NDArray[np.float64]:
    """(40, 257), evenly spaced in mel."""
    low, high = (1127 * np.log1p(hertz / 700) for hertz in (300.0, 3700.0))
    edges = 700 * np.expm1(np.linspace(low, high, FILTERS + 2) / 1127)
    return _between(edges, CEPSTRA_FFT)


def _between(edges: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Triangles that rise from each edge to the next and fall to the one after it."""
    bins = np.fft.rfftfreq(size, 1 / RATE)
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0, np.minimum(rise, fall)))
