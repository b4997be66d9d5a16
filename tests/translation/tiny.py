"""Tiny models made on the spot: real formats, real loaders, random numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]

SENTENCES = ("यह एक घर है।", "मैं घर जाता हूँ।", "वह पानी पीता है।", "नाव नदी में है।", "राम 12 बजे आया।")
CONFIG: dict[str, Any] = {
    "activation_function": "gelu",
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_embed_dim": 16,
    "decoder_embed_dim": 16,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "layernorm_embedding": True,
    "scale_embedding": True,
    "share_decoder_input_output_embed": False,
    "max_source_positions": 64,
    "max_target_positions": 64,
    "pad_token_id": 1,
}
TAGS = ("hin_Deva", "tam_Taml", "eng_Latn")


def pieces_model() -> bytes:
    """A SentencePiece model of a few dozen pieces."""
    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=model,
        vocab_size=48,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        minloglevel=2,
    )
    return model.getvalue()


def dictionary(model: bytes) -> list[str]:
    """The tokens of a fairseq dictionary: specials, tags, pieces."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    words = [piece for piece in pieces if piece not in {"<s>", "</s>", "<unk>"}]
    return ["<s>", "<pad>", "</s>", "<unk>", *TAGS, *words]


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[Any]], *, dtype: str) -> None:
    """`tensors` in the safetensors format, written by hand as its description says."""
    header: dict[str, Any] = {}
    blocks: list[bytes] = []
    place = 0
    for name, tensor in tensors.items():
        block = tensor.tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [place, place + len(block)],
        }
        blocks.append(block)
        place += len(block)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blocks))


def random_weights(rows: int, config: Mapping[str, Any], *, seed: int = 7) -> Tensors:
    """Tensors of an IndicTrans2 checkpoint by their published names, with `rows` words a side."""
    rng = np.random.default_rng(seed)
    tensors: Tensors = {}
    width = config["encoder_embed_dim"]

    def linear(name: str, out: int, into: int) -> None:
        tensors[f"{name}.weight"] = rng.normal(0, into**-0.5, (out, into)).astype(np.float32)
        tensors[f"{name}.bias"] = rng.normal(0, 0.1, out).astype(np.float32)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = rng.normal(1, 0.1, width).astype(np.float32)
        tensors[f"{name}.bias"] = rng.normal(0, 0.1, width).astype(np.float32)

    for side in ("encoder", "decoder"):
        name = f"model.{side}"
        table = rng.normal(0, width**-0.5, (rows, width)).astype(np.float32)
        tensors[f"{name}.embed_tokens.weight"] = table
        norm(f"{name}.layer_norm")
        if config["layernorm_embedding"]:
            norm(f"{name}.layernorm_embedding")
        for number in range(config[f"{side}_layers"]):
            layer = f"{name}.layers.{number}"
            attentions = ("self_attn",) if side == "encoder" else ("self_attn", "encoder_attn")
            for attention in attentions:
                norm(f"{layer}.{attention}_layer_norm")
                for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    linear(f"{layer}.{attention}.{part}", width, width)
            norm(f"{layer}.final_layer_norm")
            linear(f"{layer}.fc1", config[f"{side}_ffn_dim"], width)
            linear(f"{layer}.fc2", width, config[f"{side}_ffn_dim"])
    head = rng.normal(0, 1, (rows, width)).astype(np.float32)
    tensors["lm_head.weight"] = head
    return tensors


def indictrans2(folder: Path, **changes: Any) -> tuple[Tensors, list[str]]:
    """An IndicTrans2 checkpoint of random weights in `folder`; its tensors and dictionary."""
    config = CONFIG | changes
    model = pieces_model()
    words = dictionary(model)
    tensors = random_weights(len(words), config)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    for side in ("SRC", "TGT"):
        table = {word: number for number, word in enumerate(words)}
        (folder / f"dict.{side}.json").write_text(json.dumps(table))
        (folder / f"model.{side}").write_bytes(model)
    write_safetensors(folder / "model.safetensors", tensors, dtype="F32")
    return tensors, words
