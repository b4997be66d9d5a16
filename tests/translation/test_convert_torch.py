"""A converted checkpoint says what the network says in plain torch: every logit, and every beam."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest

from dubber.errors import DataError
from dubber.translation.convert import convert
from tests.translation import tiny
from tests.translation.torch_forward import EOS, Network

pytestmark = pytest.mark.torch

SHAPES: list[dict[str, Any]] = [
    {},
    {"layernorm_embedding": False},
    {"activation_function": "relu", "scale_embedding": False, "encoder_layers": 3},
]
BEAM, LONGEST = 5, 12


@pytest.fixture(scope="module", params=SHAPES, ids=lambda changes: ",".join(changes) or "published")
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Network, list[str]]:
    """A converted model, the network it was, and their words."""
    folder = tmp_path_factory.mktemp("pair")
    weights, words = tiny.indictrans2(folder / "in", **request.param)
    out = convert(folder / "in", folder / "out", direction="indic-indic", quantization="float32")
    model = ctranslate2.Translator(str(out), compute_type="float32")
    return model, Network(weights, tiny.CONFIG | request.param), words


def sources(words: list[str]) -> list[list[str]]:
    """Sentences of several lengths, tagged as the engine tags them."""
    return [
        ["hin_Deva", "tam_Taml", *words[first : first + length], "</s>"]
        for first, length in ((8, 1), (9, 5), (12, 11), (20, 25))
    ]


def test_every_word_has_the_logit_it_had_in_torch(pair: tuple[Any, Network, list[str]]) -> None:
    model, network, words = pair
    number = {word: n for n, word in enumerate(words)}
    for source in sources(words):
        (result,) = model.translate_batch(
            [source],
            beam_size=1,
            min_decoding_length=0,
            max_decoding_length=LONGEST,
            return_logits_vocab=True,
        )
        said = [number[word] for word in result.hypotheses[0]]
        memory = network.encode([number[word] for word in source])
        wanted = network.logits(memory, [EOS, *said]).numpy()
        found = np.stack([np.asarray(step) for step in result.logits[0]])
        assert np.allclose(found, wanted[: len(found)], atol=1e-4)


def test_the_beams_are_those_of_torch(pair: tuple[Any, Network, list[str]]) -> None:
    model, network, words = pair
    number = {word: n for n, word in enumerate(words)}
    for source in sources(words):
        (result,) = model.translate_batch(
            [source],
            beam_size=BEAM,
            num_hypotheses=BEAM,
            return_scores=True,
            max_decoding_length=LONGEST,
            disable_unk=True,
        )
        beams = network.beam([number[word] for word in source], size=BEAM, longest=LONGEST)
        found = [[number[word] for word in words] for words in result.hypotheses]
        assert found == [tokens for tokens, _ in beams[:BEAM]]
        assert result.scores == pytest.approx([score for _, score in beams[:BEAM]], abs=1e-4)


def fairseq_folder(folder: Path, weights: tiny.Tensors, words: list[str], **changes: Any) -> Path:
    """The same checkpoint as fairseq would have written it."""
    import torch

    config = tiny.CONFIG | changes
    settings = Namespace(
        activation_fn=config["activation_function"],
        no_scale_embedding=not config["scale_embedding"],
        **{
            name: config[name]
            for name in config
            if name.endswith(("_layers", "_heads", "_before", "_positions", "norm_embedding"))
        },
        share_decoder_input_output_embed=False,
    )
    saved = {
        name.removeprefix("model.").replace(
            "lm_head", "decoder.output_projection"
        ): torch.from_numpy(array)
        for name, array in weights.items()
    }
    saved |= {
        "encoder.version": torch.tensor([3.0]),
        "decoder.embed_positions._float_tensor": torch.zeros(1),
    }
    for name in ("model", "final_bin", "vocab"):
        (folder / name).mkdir(parents=True)
    torch.save(
        {
            "model": saved,
            "cfg": {"model": settings},
            "args": None,
            "extra_state": {"best": np.float64(3.5), "seen": torch.device("cpu")},
            "last_optimizer_state": {"state": {0: {"step": 7, "exp_avg": torch.zeros(2)}}},
        },
        folder / "model/checkpoint_best.pt",
    )
    for side in ("SRC", "TGT"):
        lines = [f"{word} 1" for word in words[4:]]
        (folder / "final_bin" / f"dict.{side}.txt").write_text("\n".join(lines) + "\n")
        (folder / "vocab" / f"model.{side}").write_bytes(tiny.pieces_model())
    return folder


def test_a_fairseq_checkpoint_becomes_what_its_hub_twin_becomes(tmp_path: Path) -> None:
    weights, words = tiny.indictrans2(tmp_path / "hub")
    fairseq_folder(tmp_path / "fairseq", weights, words)
    outs = [
        convert(
            tmp_path / name, tmp_path / "out" / name, direction="en-indic", quantization="float32"
        )
        for name in ("hub", "fairseq")
    ]
    assert sorted(path.name for path in outs[0].iterdir()) == sorted(
        path.name for path in outs[1].iterdir()
    )
    for path in outs[0].iterdir():
        assert path.read_bytes() == (outs[1] / path.name).read_bytes(), path.name


def test_a_pickle_that_holds_code_is_not_run(tmp_path: Path) -> None:
    import torch

    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (ran,))

    (tmp_path / "in").mkdir()
    torch.save({"model": Evil()}, tmp_path / "in" / "checkpoint_best.pt")
    with pytest.raises(DataError, match="not a checkpoint of fairseq's"):
        convert(tmp_path / "in", tmp_path / "out", direction="en-indic")
    assert not ran.exists()
