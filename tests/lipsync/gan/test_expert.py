"""The expert on lips and sound: what it is given, that it learns, and how it is tried."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dubber.errors import DataError, EngineError
from dubber.lipsync.gan.agreement import (
    ACROSS,
    CARD,
    DOWN,
    FACTS,
    FRAMES,
    REACH,
    ROWS,
    STRETCH,
    Expert,
    heard,
    mouths,
    seen,
    shifted,
)
from dubber.lipsync.gan.expert_rows import STRETCH as LEARNT
from dubber.lipsync.gan.expert_rows import Talk, expert_rows
from dubber.lipsync.gan.expert_trial import trial
from dubber.lipsync.gan.published import SCHEMA, export_network
from dubber.lipsync.mel import BANDS
from dubber.weights import locate
from tests.lipsync.gan.people import person


def talk(seed: int, count: int = 75) -> Talk:
    """A bright spot that is as high as the sound is loud."""
    chance = np.random.default_rng(seed)
    high = np.convolve(chance.uniform(0, 1, count), [0.3, 0.4, 0.3], "same")
    down = np.abs(np.arange(DOWN) - DOWN / 2)[None, :, None]
    across = np.abs(np.arange(ACROSS) - ACROSS / 2)[None, None]
    inside = (down < 12 * high[:, None, None]) & (across < 10)
    cut = np.where(inside, 40, 140) + chance.normal(0, 2, (count, DOWN, ACROSS))
    loud = np.repeat(high, ROWS)[:, None] * np.linspace(8, 4, BANDS)
    mel = loud - 8 + chance.normal(0, 0.3, (ROWS * count, BANDS))
    return Talk(f"p{seed % 3}", cut.astype(np.uint8), mel.astype(np.float32))


def test_neither_a_skin_nor_a_microphone_changes_what_the_expert_is_given() -> None:
    own = talk(1)
    paler = np.asarray(own.mouths, np.float32) * 0.5 + 70
    assert np.abs(seen(own.mouths) - seen(paler)).max() < 0.05 * np.abs(seen(paler)).max()
    tinny = own.mel + np.linspace(-3, 2, BANDS, dtype=np.float32)
    assert np.allclose(heard(own.mel), heard(tinny), atol=0.5)
    assert np.abs(seen(np.full((9, DOWN, ACROSS), 90))).max() == 0


def test_mouths_are_cut_where_the_mouth_is() -> None:
    clip = person()
    cut = mouths(clip.faces)
    assert cut.shape == (len(clip.faces), DOWN, ACROSS)
    moved = np.abs(np.diff(cut.astype(float), axis=0)).mean(axis=0)
    assert moved[6:26, 8:40].mean() > 4 * moved[:, :4].mean()


def test_each_window_is_compared_with_the_sound_to_either_side() -> None:
    look = np.eye(40, dtype=np.float32)[5:35]
    alike = shifted(look, np.eye(40, dtype=np.float32), lead=5)
    assert alike.shape == (30, 2 * REACH + 1)
    assert (alike[:, REACH] == 1).all()
    assert np.isnan(alike[0, : REACH - 5]).all()
    late = shifted(look, np.eye(40, dtype=np.float32), lead=2)
    assert (late[:, REACH + 3] == 1).all()


def test_changes_leave_the_shapes_and_short_clips_are_told() -> None:
    rows = list(expert_rows([talk(1), talk(2)], np.random.default_rng(3), 4))
    for sound, looked in rows:
        assert sound.shape == (ROWS * LEARNT, BANDS)
        assert looked.shape == (LEARNT, DOWN, ACROSS)
        assert sound.dtype == looked.dtype == np.float32
    with pytest.raises(DataError, match="no clip of 2 seconds"):
        next(expert_rows([talk(1, 40)], np.random.default_rng(3), 1))


def test_a_folder_that_holds_no_expert_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no expert on lips here"):
        Expert(tmp_path)
    (tmp_path / FACTS).write_text(json.dumps({"schema": "lip-expert/1", "judge": [1, "x"]}))
    with pytest.raises(EngineError, match="no expert on lips here"):
        Expert(tmp_path)
    (tmp_path / FACTS).write_text(json.dumps({"schema": "other", "judge": [1, 2]}))
    with pytest.raises(EngineError, match="not an expert of"):
        Expert(tmp_path)


@pytest.mark.torch
def test_the_expert_learns_to_tell_and_is_exported_as_it_is(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from dubber.lipsync.gan.expert import LipExpert, losses
    from dubber.lipsync.gan.expert_export import export_expert

    torch.manual_seed(1)
    torch.set_num_threads(1)
    net = LipExpert()
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3)
    talks = [talk(seed) for seed in range(12)]
    random = np.random.default_rng(1)
    for _ in range(40):
        columns = zip(*expert_rows(talks, random, 4), strict=True)
        found = losses(net, *(torch.from_numpy(np.stack(column)) for column in columns))
        loss = found["choose"] + found["tell"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    path = tmp_path / "checkpoint.safetensors"
    facts = {"schema": SCHEMA, "network": "lip-expert", "step": 40, "options": {}}
    facts["data"] = {"licence": "CC0-1.0", "credit": ""}
    save_file(net.state_dict(), str(path), {name: json.dumps(fact) for name, fact in facts.items()})
    with pytest.raises(DataError, match="exported as a folder"):
        export_network(path, tmp_path / "one.onnx")
    expert = Expert(export_expert(path, tmp_path / "model"), threads=1)
    other = talk(99)
    with torch.no_grad():
        wanted = net.eval()(
            torch.from_numpy(heard(other.mel))[None], torch.from_numpy(seen(other.mouths))[None]
        )
    assert np.abs(expert.listen(other.mel) - wanted[0][0].numpy()).max() < 1e-4
    assert np.abs(expert.look(other.mouths) - wanted[1][0].numpy()).max() < 1e-4
    result = trial(expert, [talk(seed) for seed in range(90, 96)])
    assert result.paired > 0.9
    assert result.placed == 1
    assert len(expert.look(other.mouths)) == 75 - FRAMES + 1


def test_the_embedded_expert_is_read_and_gives_unit_vectors() -> None:
    expert = Expert(locate(CARD), threads=1)
    assert expert.step >= 1000
    look = expert.look(mouths(person(75).faces))
    listen = expert.listen(talk(1).mel)
    assert look.shape == listen.shape == (75 - FRAMES + 1, 128)
    assert np.allclose(np.linalg.norm(look, axis=1), 1, atol=1e-4)
    assert np.abs(expert.odds(look @ listen.T)).max() < 20


def test_a_long_view_is_looked_at_in_stretches_of_which_no_window_is_lost() -> None:
    expert = Expert(locate(CARD), threads=1)
    long = talk(5, 200)
    whole = expert.look(long.mouths)
    assert len(whole) == len(expert.listen(long.mel)) == 200 - FRAMES + 1
    for first in (0, STRETCH - FRAMES + 1):
        own = expert.look(long.mouths[first : first + STRETCH])
        assert np.abs(whole[first : first + len(own)] - own).max() < 1e-5
    last = expert.look(long.mouths[-STRETCH:])
    assert np.abs(whole[-20:] - last[-20:]).max() < 1e-5
