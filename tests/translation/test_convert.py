"""A published checkpoint, converted, computes what it computed before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest

from dubber.errors import DataError, NoInputError, UsageError
from dubber.translation.convert import convert
from dubber.translation.fairseq import tokens
from dubber.translation.tensors import Checkpoint
from tests.translation import tiny
from tests.translation.forward import log_probabilities

SHAPES: list[dict[str, Any]] = [
    {},
    {"layernorm_embedding": False},
    {"activation_function": "relu", "scale_embedding": False, "encoder_layers": 3},
]


@pytest.mark.parametrize("changes", SHAPES, ids=lambda changes: ",".join(changes) or "published")
def test_a_converted_checkpoint_gives_every_word_the_same_probability(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    weights, words = tiny.indictrans2(tmp_path / "in", **changes)
    out = convert(
        tmp_path / "in", tmp_path / "out", direction="indic-indic", quantization="float32"
    )
    model = ctranslate2.Translator(str(out), compute_type="float32")
    source = ["hin_Deva", "tam_Taml", *words[8:15], "</s>"]
    target = words[7:40]
    scored = model.score_batch([source], [target])[0]
    number = {word: n for n, word in enumerate(words)}
    expected = log_probabilities(
        weights,
        tiny.CONFIG | changes,
        [number[word] for word in source],
        [number["</s>"], *(number[word] for word in target)],
    )
    wanted = [*(number[word] for word in target), number["</s>"]]
    assert scored.tokens == [*target, "</s>"]
    assert np.allclose(
        scored.log_probs, [row[n] for row, n in zip(expected, wanted, strict=True)], atol=1e-4
    )


@pytest.mark.parametrize("lacking", ["lm_head.weight", "model.decoder.embed_tokens.weight"])
def test_what_is_saved_once_for_two_is_found_under_either_name(
    tmp_path: Path, lacking: str
) -> None:
    weights, _ = tiny.indictrans2(tmp_path / "in", share_decoder_input_output_embed=True)
    weights["lm_head.weight"] = weights["model.decoder.embed_tokens.weight"]
    outs = []
    for name in ("both", "one"):
        tiny.write_safetensors(tmp_path / "in" / "model.safetensors", weights, dtype="F32")
        outs.append(convert(tmp_path / "in", tmp_path / name, direction="indic-indic"))
        weights.pop(lacking, None)
    assert (outs[0] / "model.bin").read_bytes() == (outs[1] / "model.bin").read_bytes()


def test_half_precision_runs_where_there_is_none(tmp_path: Path) -> None:
    _, words = tiny.indictrans2(tmp_path / "in")
    source, scores = ["hin_Deva", "tam_Taml", *words[8:15], "</s>"], []
    for kind in ("float32", "float16"):
        out = convert(tmp_path / "in", tmp_path / kind, direction="indic-indic", quantization=kind)
        model = ctranslate2.Translator(str(out), device="cpu")
        scores.append(model.score_batch([source], [words[7:20]])[0].log_probs)
    assert np.allclose(scores[0], scores[1], atol=0.02)


@pytest.mark.parametrize("vocab", ["", "vocab"])
def test_a_model_that_is_ctranslate2s_already_is_taken_as_it_is(tmp_path: Path, vocab: str) -> None:
    _, words = tiny.indictrans2(tmp_path / "in")
    own = convert(tmp_path / "in", tmp_path / "own", direction="en-indic", quantization="float32")
    theirs = tmp_path / "ct2-rotary-indictrans2-en-indic-dist-200M"
    (theirs / vocab).mkdir(parents=True)
    for name in ("model.SRC", "model.TGT"):
        (theirs / vocab / name).write_bytes((own / name).read_bytes())
    (theirs / "model.bin").write_bytes((own / "model.bin").read_bytes())
    for side in ("source", "target"):
        (theirs / f"{side}_vocabulary.json").write_text(json.dumps(words))
    config = json.loads((own / "config.json").read_text())
    (theirs / "config.json").write_text(json.dumps(config | {"add_source_eos": True}))

    out = convert(theirs, tmp_path / "out")
    assert json.loads((out / "indictrans2.json").read_text())["direction"] == "en-indic"
    source = ["eng_Latn", "tam_Taml", *words[8:15], "</s>"]
    scores = [
        ctranslate2.Translator(str(folder)).score_batch([source], [words[7:20]])[0].log_probs
        for folder in (own, out)
    ]
    assert scores[0] == scores[1]
    (theirs / "source_vocabulary.json").unlink()
    with pytest.raises(NoInputError, match="not complete"):
        convert(theirs, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_words_without_an_embedding_are_refused(tmp_path: Path) -> None:
    _, words = tiny.indictrans2(tmp_path / "in")
    table = {word: number for number, word in enumerate([*words, "और"])}
    (tmp_path / "in" / "dict.TGT.json").write_text(json.dumps(table))
    with pytest.raises(DataError, match="embeddings"):
        convert(tmp_path / "in", tmp_path / "out", direction="indic-en")


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    tiny.indictrans2(tmp_path / "in")
    (tmp_path / "in" / "model.safetensors").rename(tmp_path / "in" / "pytorch_model.bin")
    with pytest.raises(NoInputError, match="pickled"):
        convert(tmp_path / "in", tmp_path / "out", direction="indic-en")


def test_a_direction_is_read_from_the_folder_or_asked_for(tmp_path: Path) -> None:
    tiny.indictrans2(tmp_path / "indictrans2-en-indic-dist-200M")
    out = convert(tmp_path / "indictrans2-en-indic-dist-200M", tmp_path / "out")
    assert json.loads((out / "indictrans2.json").read_text())["direction"] == "en-indic"
    tiny.indictrans2(tmp_path / "mine")
    with pytest.raises(UsageError, match="which direction"):
        convert(tmp_path / "mine", tmp_path / "out")


def test_a_checkpoint_of_another_kind_names_what_it_lacks(tmp_path: Path) -> None:
    tiny.indictrans2(tmp_path / "in")
    (tmp_path / "in" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(DataError, match="encoder_attention_heads"):
        convert(tmp_path / "in", tmp_path / "out", direction="indic-en")


def test_a_file_cut_short_is_noticed(tmp_path: Path) -> None:
    tiny.indictrans2(tmp_path / "in")
    path = tmp_path / "in" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match="cut short"):
        Checkpoint(tmp_path / "in")


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_half_precision_is_read_as_the_number_it_is(tmp_path: Path, dtype: str) -> None:
    numbers = np.array([[1.0, -2.5], [0.15625, 96.0]], dtype=np.float32)  # exact in all three
    stored: Any = {
        "F32": numbers,
        "F16": numbers.astype(np.float16),
        "BF16": (numbers.view(np.uint32) >> 16).astype(np.uint16),
    }[dtype]
    tiny.write_safetensors(tmp_path / "a.safetensors", {"x": stored}, dtype=dtype)
    assert np.array_equal(Checkpoint(tmp_path)["x"], numbers)


def test_a_fairseq_dictionary_is_read_with_what_fairseq_puts_before_it(tmp_path: Path) -> None:
    path = tmp_path / "dict.SRC.txt"
    path.write_text("▁the 12\nhin_Deva 1 #fairseq:overwrite\n", encoding="utf-8")
    assert tokens(path) == ["<s>", "<pad>", "</s>", "<unk>", "▁the", "hin_Deva"]
    path.write_text("▁the 12\nworse\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        tokens(path)


def test_a_network_with_other_positions_is_refused_and_not_converted_wrongly(
    tmp_path: Path,
) -> None:
    tiny.indictrans2(tmp_path / "in", model_type="RotaryIndicTrans")
    with pytest.raises(DataError, match="positions"):
        convert(tmp_path / "in", tmp_path / "out", direction="indic-en")
    assert not (tmp_path / "out").exists()
