"""The sizes of the compact translator's network, apart from it so that they need no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetConfig:
    """Sizes of the network. `width` is divisible by `heads`."""

    vocabulary: int = 6000
    width: int = 256
    heads: int = 4
    inner: int = 1024
    encoder_layers: int = 4
    decoder_layers: int = 2
    dropout: float = 0.15
    max_tokens: int = 256
