"""The whole of training, small: prepare, fit, go on, export, draw. Needs torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dubber.errors import ConfigError, DataError, EngineError, NoInputError
from dubber.lipsync.gan.batches import Changes, Drawer
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, WIDTH
from dubber.lipsync.gan.clips import Clip
from dubber.lipsync.gan.model import FACTS, HEAD, NETWORK, MouthModel
from dubber.lipsync.gan.recipe import changed, read_recipe, run
from dubber.lipsync.gan.train import FitOptions
from dubber.weights import read_card
from tests.lipsync.gan.people import person


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of one made-up person, with a sound."""
    home = tmp_path_factory.mktemp("lips")
    (home / "clips").mkdir()
    clip = person(60)
    chance = np.random.default_rng(1)
    whole = chance.integers(0, 255, clip.whole.shape).astype(np.uint8)
    sound = chance.integers(-9000, 9000, clip.sound.shape).astype(np.int16)
    names = ["a", "b"]
    for name in names:
        Clip(name, "photo", clip.faces, clip.points, whole, sound, 25.0).save(
            home / "clips" / f"{name}.npz"
        )
    clips = [{"name": name, "speaker": "photo", "split": "train"} for name in names]
    manifest = {"schema": "lips-data/1", "licence": "CC0-1.0", "credit": "", "clips": clips}
    (home / "manifest.json").write_text(json.dumps(manifest))
    return home


def test_batches_are_the_same_for_a_seed_and_number_and_come_in_pairs() -> None:
    clips = [person()]
    first = Drawer(clips, 3, 7).batch(5)
    again = Drawer(clips, 3, 7).batch(5)
    later = Drawer(clips, 3, 7).batch(6)
    assert (first.shown == again.shown).all()
    assert (first.shown != later.shown).any()
    assert first.shown.shape == (6, CHANNELS, HEIGHT, WIDTH)
    assert first.real.shape == (6, 3, HEIGHT, WIDTH)
    covered = first.mask > 0
    assert (np.where(covered, first.shown[:, :3], 128) == 128).all()


def test_without_changes_what_is_drawn_is_a_frame_of_the_clip() -> None:
    clip = person()
    calm = Changes(colour=0, light=0, shape=0, soft=0, other_clip=0)
    batch = Drawer([clip], 4, 2, calm).batch(0)
    known = clip.faces.transpose(0, 3, 1, 2).astype(int)
    for real in batch.real:
        flipped = known[..., ::-1]
        nearest = min(np.abs(known - real).mean((1, 2, 3)).min(),
                      np.abs(flipped - real).mean((1, 2, 3)).min())  # fmt: skip
        assert nearest < 3


def test_a_recipe_that_is_wrong_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    for text, told in {
        "[[train]]\nstep = 3": "unknown option step",
        '[[train]]\nsteps = "many"': "option steps cannot be 'many'",
        '[[train]]\nmodel = "dream"': "no network 'dream'",
        "train = 1": "not a training recipe",
        "[[train]": "not a training recipe",
    }.items():
        path.write_text(text)
        with pytest.raises(ConfigError, match=told):
            read_recipe(path)
    with pytest.raises(NoInputError):
        read_recipe(tmp_path / "none.toml")


def test_the_recipe_of_the_embedded_generator_is_read(repository: Path) -> None:
    (model, options), *rest = read_recipe(repository / "configs" / "lips-128.toml")
    assert model == "mouth"
    assert not rest
    assert options.steps > 1000


@pytest.mark.torch
def test_every_network_of_the_family_is_trained_by_the_debug_recipe(
    data: Path, tmp_path: Path, repository: Path
) -> None:
    from dubber.lipsync.gan.published import load

    recipe = read_recipe(repository / "configs" / "debug.toml")
    checkpoints = run(recipe, data, tmp_path)
    assert [path.parent.name for path in checkpoints] == [model for model, _ in recipe]
    for path in checkpoints:
        losses = [
            json.loads(line) for line in (path.parent / "losses.jsonl").read_text().splitlines()
        ]
        assert losses
        assert all(np.isfinite(list(loss.values())).all() for loss in losses)
    for path in checkpoints[1:]:
        load(path, path.parent.name)
    assert (tmp_path / "mouth" / "seen-000006.png").exists()


@pytest.mark.torch
def test_training_goes_on_where_it_ended_and_ends_in_the_same_weights(
    data: Path, tmp_path: Path, repository: Path
) -> None:
    from dubber.lipsync.gan.train import read_checkpoint

    recipe = read_recipe(repository / "configs" / "debug.toml")[:1]
    run(changed(recipe, steps=8), data, tmp_path / "once")
    run(changed(recipe, steps=6), data, tmp_path / "twice")
    (path,) = run(changed(recipe, steps=8), data, tmp_path / "twice")
    one, _ = read_checkpoint(tmp_path / "once" / "mouth" / "checkpoint.safetensors")
    two, facts = read_checkpoint(path)
    assert facts["step"] == 8
    assert facts["data"]["licence"] == "CC0-1.0"
    off = max(float((one[n] - two[n]).abs().max()) for n in one if n.startswith("average."))
    assert off < 2e-3  # the rate's schedule is another


@pytest.mark.torch
def test_an_exported_generator_draws_what_torch_draws(
    data: Path, tmp_path: Path, repository: Path
) -> None:
    import torch

    from dubber.lipsync.gan.export import export
    from dubber.lipsync.gan.nets import MouthNet, MouthNetSizes
    from dubber.lipsync.gan.train import read_checkpoint

    (checkpoint,) = run(
        read_recipe(repository / "configs" / "debug.toml")[:1], data, tmp_path / "run"
    )
    folder = export(checkpoint, tmp_path / "model")
    model = MouthModel(folder, threads=1)
    tensors, facts = read_checkpoint(checkpoint)
    net = MouthNet(MouthNetSizes(tuple(facts["options"]["widths"])))
    net.load_state_dict(
        {n.removeprefix("average."): t for n, t in tensors.items() if n.startswith("average.")}
    )
    shown = np.random.default_rng(2).integers(0, 255, (3, CHANNELS, HEIGHT, WIDTH)).astype(np.uint8)
    with torch.no_grad():
        wanted = net(torch.from_numpy(shown)).numpy()
        features = net.features(torch.from_numpy(shown)).numpy()
    assert np.abs(model.features(shown) - features).max() < 1e-4
    drawn = model.draw(shown, model.head).transpose(0, 3, 1, 2)
    assert np.abs(drawn / 255 - np.clip(wanted, 0, 1)).max() < 1 / 255
    card = read_card(folder / "card.toml")
    assert {file.name for file in card.files} == {NETWORK, HEAD, FACTS}
    assert card.licence == "CC0-1.0"


@pytest.mark.torch
def test_a_checkpoint_of_other_widths_is_not_gone_on_from(
    data: Path, tmp_path: Path, repository: Path
) -> None:
    from dataclasses import replace

    recipe = read_recipe(repository / "configs" / "debug.toml")[:1]
    run(recipe, data, tmp_path)
    other = [
        (model, replace(options, widths=(16, 24, 32, 40)))
        for model, options in recipe
        if isinstance(options, FitOptions)
    ]
    with pytest.raises(DataError, match="other widths"):
        run(other, data, tmp_path)


def test_a_folder_that_holds_no_generator_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no generator of mouths here"):
        MouthModel(tmp_path)
    (tmp_path / FACTS).write_text('{"schema": "lips-gan/1"}')
    np.savez(tmp_path / HEAD, weight=np.array([print], dtype=object), bias=np.zeros(12))
    with pytest.raises(EngineError, match="head is damaged"):
        MouthModel(tmp_path)
    np.savez(tmp_path / HEAD, weight=np.zeros((12, 9, 1, 1), np.float32), bias=np.zeros(12))
    with pytest.raises(EngineError, match="another shape"):
        MouthModel(tmp_path)
    bias = np.zeros(12, np.float32)
    np.savez(tmp_path / HEAD, weight=np.zeros((12, 9, 3, 3), np.float32), bias=bias)
    (tmp_path / NETWORK).write_bytes(b"\x08\x07 no network")
    with pytest.raises(EngineError, match="generator is damaged"):
        MouthModel(tmp_path)


@pytest.mark.torch
@pytest.mark.parametrize("model", ["mouth", "lip-expert"])
def test_two_processes_train_one_network(
    data: Path, tmp_path: Path, repository: Path, model: str
) -> None:
    from safetensors.torch import load_file

    recipe = [row for row in read_recipe(repository / "configs" / "debug.toml") if row[0] == model]
    asked = changed(recipe, steps=4, device=None, processes=2)
    (checkpoint,) = run(asked, data, tmp_path / "both")
    (again,) = run(asked, data, tmp_path / "again")
    (alone,) = run(changed(recipe, steps=4), data, tmp_path / "alone")
    both, twice, one = (load_file(path) for path in (checkpoint, again, alone))
    assert all(bool((both[name] == twice[name]).all()) for name in both)
    assert any(bool((both[name] != one[name]).any()) for name in both if name.startswith("net."))


@pytest.mark.torch
def test_the_critic_learns_to_tell_soft_pictures_from_sharp_ones_of_any_colour() -> None:
    import torch
    from torch.nn import functional

    from dubber.lipsync.gan.losses import Adversary
    from dubber.training import alone

    torch.manual_seed(1)
    faces = torch.from_numpy(person().faces.transpose(0, 3, 1, 2).copy()).float() / 255
    mask = torch.ones((8, 1, HEIGHT, WIDTH))
    random = np.random.default_rng(1)
    adversary = Adversary(width=16, learning_rate=1e-3, share=alone)
    told = []
    for _ in range(60):
        rows = torch.from_numpy(random.integers(0, len(faces), 8))
        gain = torch.from_numpy(random.uniform(0.4, 1.1, (8, 3, 1, 1))).float()
        real = faces[rows] * gain
        soft = functional.avg_pool2d(functional.pad(real, (1, 1, 1, 1), mode="replicate"), 3, 1)
        told.append(adversary.learn(soft, real, mask))
    assert np.mean(told[-5:]) < 0.35
    fooled, _ = adversary.judge(soft, real, mask)
    right, apart = adversary.judge(real, real, mask)
    assert fooled > 2 * right
    assert apart == 0


@pytest.mark.torch
def test_curves_and_pictures_go_to_a_board_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dubber.lipsync.gan import board

    monkeypatch.setattr(board, "find_spec", lambda name: None)
    with board.Board(tmp_path) as none:
        none.losses(1, {"face": 0.5})
        none.picture(1, person().faces[0])
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with board.Board(tmp_path) as there:
        there.losses(3, {"face": 0.5})
        there.picture(3, person().faces[0])
    events = EventAccumulator(str(tmp_path / "board")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("face")] == [(3, 0.5)]
    assert events.Images("seen")[0].width == WIDTH
