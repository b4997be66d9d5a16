"""A published IndicTrans2 checkpoint as a CTranslate2 folder, with none of its code.

In: the files of a Hugging Face repository (`config.json`, `*.safetensors`, `dict.SRC.json`,
`dict.TGT.json`, `model.SRC`, `model.TGT`), read without torch and pickle; the folder of the
authors' fairseq checkpoint (`fairseq.py`); or a model that somebody else has converted, which stays
as it is (`_adopt`). The network is a pre-norm transformer of the fairseq
kind with separate vocabularies, sinusoidal positions and, in some, a norm after the embedding
(Gala et al., TMLR 2023, arXiv 2305.16307); TransformerSpec holds all of it.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dubber.errors import DataError, NoInputError, UsageError
from dubber.translation import fairseq
from dubber.translation.tensors import Checkpoint

Weights = Mapping[str, NDArray[np.float32]]

FACTS = "indictrans2.json"
#: Whether the source and the target of a published model are English.
DIRECTIONS = {"indic-indic": (False, False), "en-indic": (True, False), "indic-en": (False, True)}
EMBEDDING, LAST = "model.decoder.embed_tokens.weight", "lm_head.weight"
MODEL, VOCABULARIES = "model.bin", ("source_vocabulary.json", "target_vocabulary.json")
ADOPTED_TOKENS = 256  # what all of them were trained with (their inference/engine.py, MAX_SEQ_LEN)
SIDES = {"encoder": "SRC", "decoder": "TGT"}
ACTIVATIONS = {"relu": "RELU", "gelu": "GELU", "swish": "SWISH", "silu": "SWISH"}


def convert(
    checkpoint: Path, out: Path, *, direction: str = "", quantization: str = "int8"
) -> Path:
    """Write the checkpoint in folder `checkpoint` as a CTranslate2 model in `out`; returns `out`.

    `direction` is a key of `DIRECTIONS`; "" reads it from the folder's name. `quantization` is
    CTranslate2's name for it; it computes with the nearest that the machine has. NoInputError for
    a missing file, DataError for a checkpoint of another kind, UsageError if the direction is not
    told.
    """
    direction = direction or next((name for name in DIRECTIONS if name in checkpoint.name), "")
    if direction not in DIRECTIONS:
        raise UsageError(
            "which direction does this checkpoint translate?",
            subject=checkpoint,
            cure="say one of " + ", ".join(DIRECTIONS),
        )
    if fairseq.is_fairseq(checkpoint) or not (checkpoint / MODEL).is_file():
        longest = _write(checkpoint, out, quantization)
    else:
        longest = _adopt(checkpoint, out)
    facts = {
        "schema": "indictrans2/1",
        "direction": direction,
        "quantization": quantization,
        "max_tokens": longest,
    }
    (out / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return out


def _write(checkpoint: Path, out: Path, quantization: str) -> int:
    """Write the checkpoint's network and pieces; how many positions it has."""
    found = _of_fairseq(checkpoint) if fairseq.is_fairseq(checkpoint) else _of_hub(checkpoint)
    spec = build_spec(found.weights, found.config, source=found.source, target=found.target)
    spec.validate()
    spec.optimize(quantization=None if quantization == "float32" else quantization)
    out.mkdir(parents=True, exist_ok=True)
    spec.save(str(out))
    for side, path in found.pieces.items():
        shutil.copyfile(path, out / f"model.{side}")
    return _max_tokens(found.config)


def _adopt(converted: Path, out: Path) -> int:
    """Copy a model that is CTranslate2's already; the tokens that IndicTrans2 was trained with.

    Its network is taken on trust; that the end of a sentence is the caller's to write is made sure.
    """
    config = _json(converted / "config.json")
    places = {name: _there(converted / name) for name in (MODEL, *VOCABULARIES)}
    for side in SIDES.values():
        name = f"model.{side}"
        below = converted / "vocab" / name
        places[name] = below if below.is_file() else _there(converted / name)
    out.mkdir(parents=True, exist_ok=True)
    for name, path in places.items():
        shutil.copyfile(path, out / name)
    config |= {"add_source_bos": False, "add_source_eos": False}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return ADOPTED_TOKENS


@dataclass(frozen=True)
class _Found:
    """A checkpoint of either layout: weights and settings by the Hub's names, the dictionaries in
    order of ids, and the SentencePiece model of each side."""

    weights: Weights
    config: Mapping[str, Any]
    source: Sequence[str]
    target: Sequence[str]
    pieces: Mapping[str, Path]


def _of_hub(folder: Path) -> _Found:
    return _Found(
        Checkpoint(folder),
        _json(folder / "config.json"),
        source=_tokens(folder / "dict.SRC.json"),
        target=_tokens(folder / "dict.TGT.json"),
        pieces={side: _there(folder / f"model.{side}") for side in SIDES.values()},
    )


def _of_fairseq(folder: Path) -> _Found:
    def there(name: str) -> Path:
        return fairseq.find(folder, name) or _there(folder / name)

    weights, config = fairseq.read(folder)
    return _Found(
        weights,
        config,
        source=fairseq.tokens(there("dict.SRC.txt")),
        target=fairseq.tokens(there("dict.TGT.txt")),
        pieces={side: there(f"model.{side}") for side in SIDES.values()},
    )


def build_spec(
    weights: Weights, config: Mapping[str, Any], *, source: Sequence[str], target: Sequence[str]
) -> Any:
    """The TransformerSpec of a checkpoint with the published names, in float32.

    `source` and `target` are the dictionaries in order of ids.
    """
    from ctranslate2 import specs
    from ctranslate2.specs.common_spec import Activation

    if "rotary" in str(config.get("model_type", "")).lower() or any(
        name.endswith("embed_positions.weight") for name in weights
    ):
        raise DataError("its positions are not the sinusoids of IndicTrans2")
    embedding, last = _shared(weights, config)
    tables = {"encoder": "model.encoder.embed_tokens.weight", "decoder": embedding}
    try:
        heads = {config[f"{side}_attention_heads"] for side in SIDES}
        norms = {bool(config[f"{side}_normalize_before"]) for side in SIDES}
        if len(heads) != 1 or len(norms) != 1:
            raise DataError("encoder and decoder are built differently")
        spec = specs.TransformerSpec.from_config(
            (config["encoder_layers"], config["decoder_layers"]),
            heads.pop(),
            pre_norm=norms.pop(),
            activation=Activation[ACTIVATIONS[config["activation_function"]]],
            layernorm_embedding=bool(config.get("layernorm_embedding")),
        )
        for side, stack in (("encoder", spec.encoder), ("decoder", spec.decoder)):
            _stack(stack, weights, side, config, table=tables[side])
        spec.decoder.projection.weight = weights[last]
    except KeyError as error:
        raise DataError(f"not an IndicTrans2 checkpoint, it has no {error}") from error
    rows = {side: len(weights[table]) for side, table in tables.items()}
    _vocabularies(spec, rows, source, target)
    return spec


def _shared(weights: Weights, config: Mapping[str, Any]) -> tuple[str, str]:
    """The names of the decoder's embedding and of the last layer. Where they are one tensor, a
    checkpoint may hold it under either name."""
    if config.get("share_decoder_input_output_embed"):
        for name, other in ((EMBEDDING, LAST), (LAST, EMBEDDING)):
            if other not in weights:
                return name, name
    return EMBEDDING, LAST


def _vocabularies(
    spec: Any, rows: Mapping[str, int], source: Sequence[str], target: Sequence[str]
) -> None:
    spec.register_source_vocabulary(_padded(source, rows["encoder"], "source"))
    spec.register_target_vocabulary(_padded(target, rows["decoder"], "target"))
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "</s>", "<unk>"
    spec.config.decoder_start_token = "</s>"
    spec.config.add_source_bos = spec.config.add_source_eos = False


def _padded(tokens: Sequence[str], rows: int, side: str) -> list[str]:
    """`tokens` with names for embedding rows that the dictionary has no word for."""
    if len(tokens) > rows:
        raise DataError(f"the {side} dictionary has {len(tokens)} words for {rows} embeddings")
    return [*tokens, *(f"madeupword{number}" for number in range(rows - len(tokens)))]


def _stack(
    spec: Any, weights: Weights, side: str, config: Mapping[str, Any], *, table: str
) -> None:
    name = f"model.{side}"
    embedding = weights[table]
    embeddings = spec.embeddings[0] if isinstance(spec.embeddings, list) else spec.embeddings
    embeddings.weight = embedding
    width = embedding.shape[1]
    spec.scale_embeddings = math.sqrt(width) if config["scale_embedding"] else 1.0
    spec.position_encodings.encodings = positions(
        _max_tokens(config), width, pad=config["pad_token_id"]
    )
    if config.get("layernorm_embedding"):
        _norm(spec.layernorm_embedding, weights, f"{name}.layernorm_embedding")
    if config[f"{side}_normalize_before"]:
        _norm(spec.layer_norm, weights, f"{name}.layer_norm")
    for number, layer in enumerate(spec.layer):
        _layer(layer, weights, f"{name}.layers.{number}")


def _max_tokens(config: Mapping[str, Any]) -> int:
    return int(max(config["max_source_positions"], config["max_target_positions"]))


def positions(length: int, width: int, *, pad: int) -> NDArray[np.float32]:
    """Position codes (length, width) of the first `length` tokens: fairseq counts from pad + 1."""
    half = width // 2
    rates = np.exp(np.arange(half, dtype=np.float32) * -(math.log(10_000) / (half - 1)))
    angles = np.arange(pad + 1, pad + 1 + length, dtype=np.float32)[:, None] * rates[None]
    codes = np.zeros((length, width), dtype=np.float32)
    codes[:, :half], codes[:, half : 2 * half] = np.sin(angles), np.cos(angles)
    return codes


def _layer(layer: Any, weights: Weights, name: str) -> None:
    own = layer.self_attention
    _norm(own.layer_norm, weights, f"{name}.self_attn_layer_norm")
    _linear(own.linear[0], weights, f"{name}.self_attn", ("q_proj", "k_proj", "v_proj"))
    _linear(own.linear[1], weights, f"{name}.self_attn", ("out_proj",))
    if hasattr(layer, "attention"):
        cross = layer.attention
        _norm(cross.layer_norm, weights, f"{name}.encoder_attn_layer_norm")
        _linear(cross.linear[0], weights, f"{name}.encoder_attn", ("q_proj",))
        _linear(cross.linear[1], weights, f"{name}.encoder_attn", ("k_proj", "v_proj"))
        _linear(cross.linear[2], weights, f"{name}.encoder_attn", ("out_proj",))
    _norm(layer.ffn.layer_norm, weights, f"{name}.final_layer_norm")
    _linear(layer.ffn.linear_0, weights, name, ("fc1",))
    _linear(layer.ffn.linear_1, weights, name, ("fc2",))


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _linear(spec: Any, weights: Weights, name: str, parts: Sequence[str]) -> None:
    spec.weight = np.concatenate([weights[f"{name}.{part}.weight"] for part in parts])
    spec.bias = np.concatenate([weights[f"{name}.{part}.bias"] for part in parts])


def _tokens(path: Path) -> list[str]:
    """A dictionary {token: id} as a list in order of ids, which must be 0, 1, 2, …"""
    table = _json(path)
    tokens = sorted(table, key=lambda token: int(table[token]))
    if [int(table[token]) for token in tokens] != list(range(len(tokens))):
        raise DataError("a dictionary whose ids have gaps", subject=path)
    return tokens


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_there(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError("not readable as JSON", subject=path) from error
    if not isinstance(value, dict):
        raise DataError("not a JSON object", subject=path)
    return value


def _there(path: Path) -> Path:
    if not path.is_file():
        raise NoInputError("the checkpoint is not complete", subject=path, cure="get it again")
    return path
