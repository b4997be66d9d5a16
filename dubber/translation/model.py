"""The compact translator's network: a small pre-norm transformer with one tied embedding.

Shapes: B sentences, S source tokens, T target tokens, D width, V vocabulary. Everything here has
its place in CTranslate2's TransformerSpec; `export.py` fills that in from these names.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everybody writes it

from dubber.translation.sizes import NetConfig


def sinusoids(length: int, width: int) -> Tensor:
    """Position codes (length, width): sines in the first half, cosines in the second."""
    half = width // 2
    rates = torch.exp(torch.arange(half) * (-math.log(10_000.0) / (half - 1)))
    angles = torch.arange(length)[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Attention(nn.Module):  # type: ignore[misc]  # torch may be absent
    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.heads, self.dropout = config.heads, config.dropout
        self.query = nn.Linear(config.width, config.width)
        self.key_value = nn.Linear(config.width, 2 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(
        self, x: Tensor, memory: Tensor, *, mask: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """x (B, T, D) attends to memory (B, S, D); mask (B, 1, 1, S) is True where allowed."""
        q = self._split(self.query(x))
        k, v = (self._split(part) for part in self.key_value(memory).chunk(2, dim=-1))
        dropout = self.dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=causal
        )
        joined: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return joined

    def looks(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Log-probabilities of where the first head looks: (B, T, S)."""
        size = self.query.out_features // self.heads
        q = F.linear(x, self.query.weight[:size], self.query.bias[:size])
        k = F.linear(memory, self.key_value.weight[:size], self.key_value.bias[:size])
        scores = (q @ k.transpose(1, 2)).float() / math.sqrt(size)
        return F.log_softmax(scores.masked_fill(~mask[:, 0], -1e4), dim=-1)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, length, D / heads)


class FeedForward(nn.Module):  # type: ignore[misc]  # torch may be absent
    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.first = nn.Linear(config.width, config.inner)
        self.second = nn.Linear(config.inner, config.width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(F.relu(self.first(x)))
        return out


class EncoderLayer(nn.Module):  # type: ignore[misc]  # torch may be absent
    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.width)
        self.attention = Attention(config)
        self.inner_norm = nn.LayerNorm(config.width)
        self.inner = FeedForward(config)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        normed = self.attention_norm(x)
        x = x + self.drop(self.attention(normed, normed, mask=mask))
        out: Tensor = x + self.drop(self.inner(self.inner_norm(x)))
        return out


class DecoderLayer(EncoderLayer):
    def __init__(self, config: NetConfig) -> None:
        super().__init__(config)
        self.cross_norm = nn.LayerNorm(config.width)
        self.cross = Attention(config)

    def decode(self, x: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, D), memory (B, S, D), mask (B, 1, 1, S) True where memory may be seen; the
        result and what the cross-attention was asked with, both (B, T, D)."""
        normed = self.attention_norm(x)
        x = x + self.drop(self.attention(normed, normed, causal=True))
        asked = self.cross_norm(x)
        x = x + self.drop(self.cross(asked, memory, mask=mask))
        return x + self.drop(self.inner(self.inner_norm(x))), asked


class Net(nn.Module):  # type: ignore[misc]  # torch may be absent
    positions: Tensor

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.encoder_norm = nn.LayerNorm(config.width)
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.decoder_norm = nn.LayerNorm(config.width)
        self.drop = nn.Dropout(config.dropout)
        self.register_buffer("positions", sinusoids(config.max_tokens, config.width), False)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                nn.init.xavier_uniform_(weight)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)
        nn.init.normal_(self.embedding.weight, std=config.width**-0.5)

    def forward(self, source: Tensor, target: Tensor, *, pad: int) -> Tensor:
        """Logits (B, T, V) for source (B, S) and target (B, T) token ids, `pad` filling both."""
        memory, mask = self.encode(source, pad=pad)
        return self.project(self.decode(target, memory, mask))

    def encode(self, source: Tensor, *, pad: int) -> tuple[Tensor, Tensor]:
        """Memory (B, S, D) and its mask (B, 1, 1, S)."""
        mask = (source != pad)[:, None, None]
        x = self._embed(source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x), mask

    def decode(self, target: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """What the decoder makes of target (B, T), before the vocabulary: (B, T, D)."""
        return self.decode_looking(target, memory, mask)[0]

    def decode_looking(
        self, target: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, Callable[[], Tensor]]:
        """`decode`, and what gives the log-probabilities (B, T, S) of where it looked."""
        x = self._embed(target)
        asked = x
        for layer in self.decoder:
            x, asked = layer.decode(x, memory, mask)
        last = self.decoder[-1]
        return self.decoder_norm(x), lambda: last.cross.looks(asked, memory, mask)

    def project(self, hidden: Tensor) -> Tensor:
        """Logits (..., V) of hidden states (..., D)."""
        return F.linear(hidden, self.embedding.weight)

    def _embed(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) * math.sqrt(self.config.width)
        out: Tensor = self.drop(x + self.positions[: tokens.shape[1]])
        return out
