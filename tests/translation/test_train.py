"""The whole of training, small: prepare, fit, go on, export, translate, score."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dubber.engines.mt_compact import MtCompact
from dubber.errors import NoInputError
from dubber.schema import Candidate
from dubber.translation.batches import Drawer, Encoded, Sampling
from dubber.translation.corpus import CorpusRule
from dubber.translation.prepare import PrepareOptions, prepare, specials
from dubber.translation.score import chrf, evaluate, numbers_kept

if TYPE_CHECKING:
    import torch

    from dubber.translation.train import FitOptions

SCRIPTS = {"hi": "Deva", "ta": "Taml"}
WORDS = {"घर": "வீடு", "पानी": "நீர்", "नदी": "ஆறு", "पेड़": "மரம்", "गाय": "மாடு", "फल": "பழம்"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All ordered pairs of six words, in two languages, prepared."""
    home = tmp_path_factory.mktemp("mt")
    lines = [
        f"{a} और {b} और {c}\t{WORDS[a]} {WORDS[b]} {WORDS[c]}"
        for a in WORDS
        for b in WORDS
        for c in WORDS
    ]
    (home / "raw" / "words").mkdir(parents=True)
    (home / "raw" / "words" / "hi-ta.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    options = PrepareOptions(corpora={"words": CorpusRule()}, hubs=("hi",), vocabulary=300)
    manifest = prepare(home / "raw", home / "data", scripts=SCRIPTS, options=options)
    assert manifest["pairs"] == {"hi-ta words": 216}
    return home / "data"


def drawer(data: Path, *, skip: int = 0) -> Drawer:
    encoded = Encoded.load(data, languages=tuple(SCRIPTS), corpora=("words",))
    sampling = Sampling(directions={"hi-ta": 1.0}, batch_tokens=200, pool=64, copies=0.0)
    special = specials(data / "spm.model", SCRIPTS)
    return Drawer(encoded, special, sampling, seed=3, skip=skip)


def _first_gradients(data: Path, options: FitOptions, *, skip: int) -> torch.Tensor:
    """Of the embedding, on the batch number `skip`, with the first weights of a run."""
    import torch

    from dubber.translation.model import Net
    from dubber.translation.train import token_loss

    torch.manual_seed(options.seed)
    net = Net(options.net)
    encoded = Encoded.load(data, languages=tuple(SCRIPTS), corpora=("words",))
    special = specials(data / "spm.model", SCRIPTS)
    batches = Drawer(encoded, special, options.sampling, seed=options.seed)
    batch = next(islice(batches, skip, None))
    loss, _ = token_loss(
        net,
        torch.from_numpy(batch.source),
        torch.from_numpy(batch.target),
        pad=special.pad,
        smoothing=options.smoothing,
    )
    loss.backward()
    return net.embedding.weight.grad


def test_a_batch_asks_for_its_target_and_ends_both_sides(data: Path) -> None:
    special = specials(data / "spm.model", SCRIPTS)
    batch = next(iter(drawer(data)))
    assert set(batch.source[:, 0]) == {special.tags["ta"]}
    assert set(batch.target[:, 0]) == {special.bos}
    assert ((batch.source == special.eos).sum(axis=1) == 1).all()
    assert ((batch.target == special.eos).sum(axis=1) == 1).all()
    assert batch.tokens <= 240


def test_the_same_seed_draws_the_same_batches_from_any_round_on(data: Path) -> None:
    first, again, later = iter(drawer(data)), iter(drawer(data)), drawer(data, skip=1)
    for _ in range(3):
        assert np.array_equal(next(first).source, next(again).source)
    assert later.round == 1
    assert not np.array_equal(next(iter(drawer(data))).source, next(iter(later)).source)


@pytest.mark.torch
def test_it_learns_goes_on_and_translates(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from dubber.translation.sizes import NetConfig
    from dubber.translation.train import FitOptions, export, fit

    net = NetConfig(300, 48, 4, 96, 1, 1, dropout=0.0, max_tokens=64)
    options = FitOptions(
        net=net,
        sampling=Sampling(directions={"hi-ta": 1.0}, batch_tokens=600, pool=256),
        steps=250,
        warmup_steps=40,
        decay_steps=150,
        learning_rate=4e-3,
        averaging=0.95,
        bfloat16=False,
        threads=1,
        log_steps=25,
    )
    fit(data, tmp_path / "run", options=replace(options, steps=100))
    checkpoint = fit(data, tmp_path / "run", options=options)
    lines = (tmp_path / "run" / "losses.jsonl").read_text().splitlines()
    losses = [json.loads(line) for line in lines]
    assert losses[-1]["step"] == 250
    assert losses[-1]["loss"] < 0.5 * losses[0]["loss"]
    engine = MtCompact(export(checkpoint, data, tmp_path / "model"), threads=1)
    answer = engine.translate(["पेड़ और गाय और नदी"], source="hi", target="ta")
    assert answer[0][0].text == "மரம் மாடு ஆறு"


@pytest.mark.torch
def test_two_processes_take_one_step_of_the_mean_of_their_batches(
    data: Path, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    from dubber.translation.sizes import NetConfig
    from dubber.translation.train import FitOptions, fit, read_checkpoint

    options = FitOptions(
        net=NetConfig(300, 48, 4, 96, 1, 1, dropout=0.0, max_tokens=64),
        sampling=Sampling(directions={"hi-ta": 1.0}, batch_tokens=600, pool=256),
        steps=1,
        warmup_steps=1,
        bfloat16=False,
        threads=1,
    )
    moments = {}
    for processes in (1, 2):
        run = fit(
            data,
            tmp_path / str(processes),
            options=replace(options, processes=processes),
        )
        moments[processes] = read_checkpoint(run)
    other = _first_gradients(data, options, skip=1)
    name = "optimizer.exp_avg.embedding.weight"  # after one step a tenth of the clipped gradient
    first = _first_gradients(data, options, skip=0)
    mean = (first + other) / 2
    for made, wanted in ((moments[1], first), (moments[2], mean)):
        got = made[0][name]
        assert torch.allclose(got / got.norm(), wanted / wanted.norm(), atol=1e-5)
    assert moments[2][1]["tokens"] > moments[1][1]["tokens"]


@pytest.mark.torch
def test_an_exported_model_gives_every_token_the_network_s_probability(
    data: Path, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    import ctranslate2

    from dubber.translation.export import build_spec
    from dubber.translation.model import Net
    from dubber.translation.sizes import NetConfig

    torch.manual_seed(5)
    config = NetConfig(40, 32, 4, 48, 2, 2, max_tokens=32)
    net = Net(config).eval()
    pieces = ["<unk>", "<s>", "</s>", "<pad>", *(f"p{n}" for n in range(36))]
    sizes = {name: getattr(config, name) for name in config.__dataclass_fields__}
    weights = {name: w.detach().numpy() for name, w in net.named_parameters()}
    spec = build_spec(weights, sizes, pieces)
    spec.validate()
    spec.optimize()
    spec.save(str(tmp_path))
    source, target = list(range(10, 20)), list(range(5, 30))
    with torch.no_grad():
        logits = net(torch.tensor([[*source, 2]]), torch.tensor([[1, *target]]), pad=3)
    expected = logits.log_softmax(-1)[0, range(26), [*target, 2]].numpy()
    model = ctranslate2.Translator(str(tmp_path), compute_type="float32")
    scored = model.score_batch(
        [[*(pieces[n] for n in source), "</s>"]], [[pieces[n] for n in target]]
    )[0]
    assert np.allclose(scored.log_probs, expected, atol=1e-4)


class Parrot:
    """A translator that says what it hears."""

    name = "mt.parrot"

    def supports(self, source: str, target: str) -> bool:
        return True

    def translate(
        self, sentences: list[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        return [[Candidate(sentence, 0.0)] for sentence in sentences]


def test_a_score_says_how_it_was_made_and_what_copying_is_worth(tmp_path: Path) -> None:
    (tmp_path / "hi.txt").write_text("यह घर है\nवह 5 बजे आया\n", "utf-8")
    (tmp_path / "mr.txt").write_text("हे घर आहे\nतो 5 वाजता आला\n", "utf-8")
    scripts = {"hi": "Deva", "mr": "Deva"}
    score = evaluate(Parrot(), tmp_path, source="hi", targets=["mr"], scripts=scripts)[0]  # type: ignore[arg-type]
    assert score.sentences == 2
    assert score.chrf == score.copied > 0
    assert score.numbers == 1.0
    assert "nw:2" in score.signature
    with pytest.raises(NoInputError, match="development"):
        evaluate(Parrot(), tmp_path, source="hi", targets=["ta"], scripts=scripts)  # type: ignore[arg-type]


def test_a_perfect_translation_scores_a_hundred_and_a_lost_number_is_counted() -> None:
    assert chrf(["அவன் வந்தான்"], ["அவன் வந்தான்"])[0] == pytest.approx(100)
    assert numbers_kept(["5 और 6"], ["6"]) == 0.5
    assert numbers_kept(["कुछ नहीं"], ["x"]) == 1.0
