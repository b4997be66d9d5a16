"""The published network computed the slow way, with numpy, to hold a conversion against."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Weights = Mapping[str, NDArray[np.float32]]


def log_probabilities(
    weights: Weights, config: Mapping[str, Any], source: Sequence[int], target: Sequence[int]
) -> Matrix:
    """For each of `target` (which starts with the decoder's start), the log-probabilities of what
    follows it, shape (len(target), words)."""
    memory = _stack(weights, config, "encoder", source, None)
    hidden = _stack(weights, config, "decoder", target, memory)
    logits = hidden @ weights["lm_head.weight"].T.astype(np.float64)
    top = logits.max(axis=1, keepdims=True)
    out: Matrix = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return out


def _stack(
    weights: Weights,
    config: Mapping[str, Any],
    side: str,
    tokens: Sequence[int],
    memory: Matrix | None,
) -> Matrix:
    name = f"model.{side}"
    table = weights[f"{name}.embed_tokens.weight"].astype(np.float64)
    x: Matrix = table[list(tokens)]
    if config["scale_embedding"]:
        x = x * math.sqrt(x.shape[1])
    x = x + np.array([_position(2 + n, x.shape[1]) for n in range(len(tokens))])
    if config["layernorm_embedding"]:
        x = _norm(weights, f"{name}.layernorm_embedding", x)
    heads = config[f"{side}_attention_heads"]
    for number in range(config[f"{side}_layers"]):
        layer = f"{name}.layers.{number}"
        y = _norm(weights, f"{layer}.self_attn_layer_norm", x)
        x = x + _attend(weights, f"{layer}.self_attn", y, y, heads, causal=memory is not None)
        if memory is not None:
            y = _norm(weights, f"{layer}.encoder_attn_layer_norm", x)
            x = x + _attend(weights, f"{layer}.encoder_attn", y, memory, heads, causal=False)
        y = _linear(weights, f"{layer}.fc1", _norm(weights, f"{layer}.final_layer_norm", x))
        x = x + _linear(weights, f"{layer}.fc2", ACTIVATIONS[config["activation_function"]](y))
    return _norm(weights, f"{name}.layer_norm", x)


def _position(place: int, width: int) -> list[float]:
    half = width // 2
    angles = [place * 10_000 ** (-n / (half - 1)) for n in range(half)]
    return [*map(math.sin, angles), *map(math.cos, angles)]


def _norm(weights: Weights, name: str, x: Matrix) -> Matrix:
    centred = x - x.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    out: Matrix = scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return out


def _linear(weights: Weights, name: str, x: Matrix) -> Matrix:
    out: Matrix = x @ weights[f"{name}.weight"].T.astype(np.float64) + weights[f"{name}.bias"]
    return out


def _attend(
    weights: Weights, name: str, x: Matrix, memory: Matrix, heads: int, *, causal: bool
) -> Matrix:
    q = np.split(_linear(weights, f"{name}.q_proj", x), heads, axis=1)
    k = np.split(_linear(weights, f"{name}.k_proj", memory), heads, axis=1)
    v = np.split(_linear(weights, f"{name}.v_proj", memory), heads, axis=1)
    seen = []
    for one_q, one_k, one_v in zip(q, k, v, strict=True):
        scores = one_q @ one_k.T / math.sqrt(one_q.shape[1])
        if causal:
            scores = np.where(np.tri(*scores.shape) > 0, scores, -np.inf)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        seen.append(chances / chances.sum(axis=1, keepdims=True) @ one_v)
    return _linear(weights, f"{name}.out_proj", np.concatenate(seen, axis=1))


def _gelu(x: Matrix) -> Matrix:
    out: Matrix = 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    return out


def _relu(x: Matrix) -> Matrix:
    out: Matrix = np.maximum(x, 0)
    return out


ACTIVATIONS = {"gelu": _gelu, "relu": _relu}
