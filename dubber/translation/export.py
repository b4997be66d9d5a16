"""From a training checkpoint to a CTranslate2 folder that the engine loads: no torch, no pickle."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError, NoInputError
from dubber.translation.carried import KNOWN_WORDS
from dubber.translation.prepare import VOCABULARY_MODEL
from dubber.translation.wire import MASKS
from dubber.weights import sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

FACTS = "facts.json"
CARD = "card.toml"
LICENCE = "CC-BY-SA-4.0"  # of the weights: what the strictest corpora ask for


def export(
    checkpoint: Path, data: Path, out: Path, *, quantization: str = "int8", revision: str = "1"
) -> Path:
    """Write the averaged weights of `checkpoint` as a CTranslate2 model with its vocabulary.

    `data` is the folder that `prepare` filled: its SentencePiece model and known words go along.
    `facts.json` in `out` holds languages, scripts, step and the checkpoint's sha256; `card.toml`
    each file's sha256 and the `revision`. Returns `out`.
    """
    from safetensors import safe_open

    if not checkpoint.is_file():
        raise NoInputError("no such checkpoint", subject=checkpoint, cure="train one first")
    with safe_open(str(checkpoint), framework="numpy") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["facts"])
        weights = {
            name.removeprefix("average."): file.get_tensor(name)
            for name in file.keys()  # noqa: SIM118 - no mapping
            if name.startswith("average.")
        }
    model = build_spec(weights, facts["options"]["net"], _pieces(data / VOCABULARY_MODEL))
    model.validate()
    model.optimize(quantization=quantization)
    out.mkdir(parents=True, exist_ok=True)
    model.save(str(out))
    for name in (VOCABULARY_MODEL, KNOWN_WORDS):
        shutil.copyfile(data / name, out / name)
    shown = {
        "schema": "mt-compact/1",
        "scripts": facts["scripts"],
        "hubs": facts["hubs"],
        "masks": len(MASKS),
        "net": facts["options"]["net"],
        "step": facts["step"],
        "tokens": facts["tokens"],
        "seed": facts["options"]["seed"],
        "checkpoint_sha256": sha256_of(checkpoint),
        "quantization": quantization,
    }
    (out / FACTS).write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")
    write_card(out, revision=revision, languages=list(facts["scripts"]))
    return out


def write_card(folder: Path, *, revision: str, languages: list[str]) -> None:
    """The card of the model in `folder`: where from, which licence, every file's sha256."""
    lines = [
        'name = "mt-compact"',
        'summary = "Small many-to-many translator, int8, trained by this project"',
        'source = "trained by `dub train mt` on open parallel text: see MODEL_CARD.md"',
        f'revision = "{revision}"',
        f'licence = "{LICENCE}"',
        f"languages = {json.dumps(languages)}",
    ]
    for path in sorted(folder.iterdir()):
        if path.suffix in {".bin", ".json", ".model"}:
            lines += ["", "[[files]]", f'name = "{path.name}"', f'sha256 = "{sha256_of(path)}"']
            lines.append(f"bytes = {path.stat().st_size}")
    (folder / CARD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def build_spec(weights: Weights, net: Mapping[str, Any], pieces: list[str]) -> Any:
    """CTranslate2's TransformerSpec with `weights` (names of `model.Net`), in float32.

    `pieces` is the vocabulary in order of ids. DataError if it does not fit the embedding.
    """
    from ctranslate2.specs import TransformerSpec

    embedding = weights["embedding.weight"]
    if len(pieces) != len(embedding):
        raise DataError(f"{len(pieces)} pieces for an embedding of {len(embedding)}")
    layers = (net["encoder_layers"], net["decoder_layers"])
    spec = TransformerSpec.from_config(layers, net["heads"], pre_norm=True)
    positions = _sinusoids(net["max_tokens"], net["width"])
    for side, norm in ((spec.encoder, "encoder_norm"), (spec.decoder, "decoder_norm")):
        side.scale_embeddings = True
        side.position_encodings.encodings = positions
        _norm(side.layer_norm, weights, norm)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    for number, layer in enumerate(spec.encoder.layer):
        _layer(layer, weights, f"encoder.{number}")
    for number, layer in enumerate(spec.decoder.layer):
        name = f"decoder.{number}"
        _layer(layer, weights, name)
        _norm(layer.attention.layer_norm, weights, f"{name}.cross_norm")
        for place, part in enumerate(("query", "key_value", "out")):
            _linear(layer.attention.linear[place], weights, f"{name}.cross.{part}")
    spec.config.decoder_start_token = "<s>"
    spec.config.bos_token, spec.config.eos_token = "<s>", "</s>"
    spec.config.add_source_bos = spec.config.add_source_eos = False
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    return spec


def _layer(layer: Any, weights: Weights, name: str) -> None:
    _norm(layer.self_attention.layer_norm, weights, f"{name}.attention_norm")
    fused = layer.self_attention.linear[0]  # query, key and value in one
    fused.weight = np.concatenate(
        [weights[f"{name}.attention.{part}.weight"] for part in ("query", "key_value")]
    )
    fused.bias = np.concatenate(
        [weights[f"{name}.attention.{part}.bias"] for part in ("query", "key_value")]
    )
    _linear(layer.self_attention.linear[1], weights, f"{name}.attention.out")
    _norm(layer.ffn.layer_norm, weights, f"{name}.inner_norm")
    _linear(layer.ffn.linear_0, weights, f"{name}.inner.first")
    _linear(layer.ffn.linear_1, weights, f"{name}.inner.second")


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _sinusoids(length: int, width: int) -> NDArray[np.float32]:
    """`model.sinusoids`, without torch."""
    half = width // 2
    rates = np.exp(np.arange(half, dtype=np.float32) * np.float32(-np.log(10_000.0) / (half - 1)))
    angles = np.arange(length, dtype=np.float32)[:, None] * rates[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def _pieces(model: Path) -> list[str]:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    return [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
