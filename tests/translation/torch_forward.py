"""The published network in plain torch, and a beam search over it: what a conversion is held to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BOS, PAD, EOS, UNK = 0, 1, 2, 3


class Network:
    """An IndicTrans2 network of the given weights, by their Hub names."""

    def __init__(
        self, weights: Mapping[str, NDArray[np.float32]], config: Mapping[str, Any]
    ) -> None:
        import torch

        self._torch: Any = torch
        self._weights = {name: torch.from_numpy(array) for name, array in weights.items()}
        self._config = config

    def encode(self, source: Sequence[int]) -> Any:
        return self._stack("encoder", source, None)

    def logits(self, memory: Any, target: Sequence[int]) -> Any:
        """What follows each of `target`, shape (len(target), words)."""
        hidden = self._stack("decoder", target, memory)
        return hidden @ self._weights["lm_head.weight"].T

    def beam(
        self, source: Sequence[int], *, size: int, longest: int
    ) -> list[tuple[list[int], float]]:
        """Hypotheses by mean log-probability a token (the end counts as one), best first.

        As CTranslate2 searches with a length penalty of 1: of the 2 * `size` best ways of a step,
        those among the first `size` that end are kept, each replaced by the next that goes on; it
        is over when `size` have ended, or at `longest`, where what goes on counts as it is.
        """
        torch = self._torch
        memory = self.encode(source)
        going: list[tuple[list[int], float]] = [([EOS], 0.0)]
        ended: list[tuple[list[int], float]] = []
        for step in range(longest):
            ways = []
            for tokens, total in going:
                logits = self.logits(memory, tokens)[-1]
                logits[[UNK] if step else [UNK, EOS]] = -math.inf
                chances = torch.log_softmax(logits, -1)
                best = torch.topk(chances, min(2 * size, len(chances)))
                ways += [
                    ([*tokens, int(word)], total + float(chance))
                    for chance, word in zip(best.values, best.indices, strict=True)
                ]
            ways = sorted(ways, key=lambda way: -way[1])[: 2 * size]
            spare = [way for way in ways[size:] if way[0][-1] != EOS]
            going = []
            for tokens, total in ways[:size]:
                if tokens[-1] == EOS or step + 1 == longest:
                    said = tokens[1:-1] if tokens[-1] == EOS else tokens[1:]
                    ended.append((said, total / (len(tokens) - 1)))
                    going += [spare.pop(0)] if spare else []
                else:
                    going.append((tokens, total))
            if len(ended) >= size:
                break
        return sorted(ended, key=lambda way: -way[1])

    def _stack(self, side: str, tokens: Sequence[int], memory: Any) -> Any:
        torch, config, name = self._torch, self._config, f"model.{side}"
        x = self._weights[f"{name}.embed_tokens.weight"][torch.tensor(list(tokens))]
        width = x.shape[1]
        if config["scale_embedding"]:
            x = x * math.sqrt(width)
        half = width // 2
        rates = torch.exp(torch.arange(half) * -(math.log(10_000) / (half - 1)))
        angles = torch.arange(PAD + 1, PAD + 1 + len(tokens))[:, None] * rates[None]
        x = x + torch.cat([angles.sin(), angles.cos()], 1)
        if config["layernorm_embedding"]:
            x = self._norm(f"{name}.layernorm_embedding", x)
        heads = config[f"{side}_attention_heads"]
        for number in range(config[f"{side}_layers"]):
            layer = f"{name}.layers.{number}"
            y = self._norm(f"{layer}.self_attn_layer_norm", x)
            x = x + self._attend(f"{layer}.self_attn", y, y, heads, causal=memory is not None)
            if memory is not None:
                y = self._norm(f"{layer}.encoder_attn_layer_norm", x)
                x = x + self._attend(f"{layer}.encoder_attn", y, memory, heads, causal=False)
            y = self._linear(f"{layer}.fc1", self._norm(f"{layer}.final_layer_norm", x))
            y = getattr(torch.nn.functional, config["activation_function"])(y)
            x = x + self._linear(f"{layer}.fc2", y)
        return self._norm(f"{name}.layer_norm", x)

    def _norm(self, name: str, x: Any) -> Any:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._torch.nn.functional.layer_norm(x, x.shape[-1:], weight, bias)

    def _linear(self, name: str, x: Any) -> Any:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._torch.nn.functional.linear(x, weight, bias)

    def _attend(self, name: str, x: Any, memory: Any, heads: int, *, causal: bool) -> Any:
        q, k, v = (
            self._linear(f"{name}.{part}_proj", of).unflatten(1, (heads, -1)).transpose(0, 1)
            for part, of in (("q", x), ("k", memory), ("v", memory))
        )
        seen = self._torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self._linear(f"{name}.out_proj", seen.transpose(0, 1).flatten(1))
