"""Faster or slower at the same pitch (Signalsmith Stretch, MIT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dubber.protocols import Samples


def stretch(samples: Samples, *, factor: float, rate: int) -> Samples:
    """`samples`, shape (n,), `factor` times as fast: exactly round(n / factor) of them.

    The pitch is kept. `rate` is in samples a second. A factor of 1 gives the samples as they are.
    """
    if factor <= 0:
        raise ValueError(f"a factor above 0, not {factor}")
    wanted = round(len(samples) / factor)
    if factor == 1.0 or not wanted:
        return samples[:wanted]
    from python_stretch import Signalsmith

    processor = Signalsmith.Stretch()
    processor.preset(1, rate)
    processor.setTimeFactor(factor)
    block = np.ascontiguousarray(samples, np.float32)[None]  # (channels, n)
    stretched: Samples = np.asarray(processor.process(block), np.float32)[0]
    if len(stretched) < wanted:
        stretched = np.pad(stretched, (0, wanted - len(stretched)))
    return stretched[:wanted]
