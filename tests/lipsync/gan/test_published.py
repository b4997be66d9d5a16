"""Published checkpoints: read without running what they carry, and exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dubber.errors import DataError, NoInputError

pytestmark = pytest.mark.torch


def published(path: Path, name: str, *, prefix: str = "", legacy: bool = False) -> Any:
    """A file as Wav2Lip's trainer writes them, with random weights; the network."""
    import torch

    from dubber.lipsync.gan.family import NETWORKS

    torch.manual_seed(4)
    net = NETWORKS[name]()
    for value in net.state_dict().values():
        if value.dtype.is_floating_point:
            value.add_(0.02 * torch.rand_like(value))
    content = {
        "state_dict": {prefix + key: value for key, value in net.state_dict().items()},
        "optimizer": {"state": {}, "param_groups": [{"lr": 1e-4}]},
        "global_step": 300,
        "global_epoch": 2,
    }
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return net.eval()


@pytest.mark.parametrize(("prefix", "legacy"), [("", False), ("module.", False), ("module.", True)])
@pytest.mark.parametrize("name", ["wav2lip", "syncnet", "wav2lip-critic"])
def test_a_published_file_gives_what_the_network_gave(
    tmp_path: Path, name: str, prefix: str, legacy: bool
) -> None:
    import torch

    from dubber.lipsync.gan.published import convert, load

    net = published(tmp_path / "it.pth", name, prefix=prefix, legacy=legacy)
    assert convert(tmp_path / "it.pth", tmp_path / "it.safetensors") == name
    again = load(tmp_path / "it.safetensors", name)
    heard, faces = torch.rand(2, 1, 80, 16), torch.rand(2, 6, 96, 96)
    given = {
        "wav2lip": (heard, faces),
        "syncnet": (heard, torch.rand(2, 15, 48, 96)),
        "wav2lip-critic": (faces[:, :3, 48:],),
    }[name]
    with torch.no_grad():
        for one, other in zip(net(*given), again(*given), strict=True):
            assert float((one - other).abs().max()) < 1e-5


@pytest.mark.parametrize("name", ["wav2lip", "syncnet"])
def test_onnx_gives_what_the_network_gives(tmp_path: Path, name: str) -> None:
    import onnxruntime
    import torch

    from dubber.lipsync.gan.published import INPUTS, convert, export_network, load

    published(tmp_path / "it.pth", name)
    convert(tmp_path / "it.pth", tmp_path / "it.safetensors")
    assert export_network(tmp_path / "it.safetensors", tmp_path / "it.onnx") == name
    named = {"heard": "heard", "faces": "boxes"}  # as it was shown them
    given = {named[key]: torch.rand(3, *shape) for key, shape in INPUTS[name].items()}
    session = onnxruntime.InferenceSession(str(tmp_path / "it.onnx"))
    outputs = session.run(None, {key: value.numpy() for key, value in given.items()})
    with torch.no_grad():
        wanted = load(tmp_path / "it.safetensors")(*given.values())
    for one, other in zip(wanted if name == "syncnet" else [wanted], outputs, strict=True):
        assert float((one - torch.from_numpy(other)).abs().max()) < 1e-4


def test_the_published_networks_have_the_published_sizes() -> None:
    from dubber.lipsync.gan.family import NETWORKS

    def size(name: str) -> int:
        return sum(weight.numel() for weight in NETWORKS[name]().parameters())

    assert size("wav2lip") == 36_298_035
    assert round(size("syncnet") / 1e6, 1) == 16.4
    assert round(size("wav2lip-critic") / 1e6, 1) == 14.1


def test_every_network_gives_its_shape() -> None:
    import torch

    from dubber.lipsync.gan.family import NETWORKS

    cepstra, faces = torch.rand(2, 1, 12, 35), torch.rand(2, 6, 96, 96)
    for name in ("lipgan", "lipgan-plain"):
        assert NETWORKS[name]().eval()(cepstra, faces).shape == (2, 3, 96, 96)
    assert NETWORKS["lipgan-critic"]().eval()(cepstra, faces[:, :3]).shape == (2,)
    shown = torch.rand(2, 18, 112, 112)
    assert NETWORKS["speech2vid"]().eval()(cepstra, shown).shape == (2, 3, 112, 112)


def test_damaged_strange_and_misshapen_files_are_one_clear_line(tmp_path: Path) -> None:
    import torch

    from dubber.lipsync.gan.published import convert, load

    target = tmp_path / "out.safetensors"
    whole = tmp_path / "whole.pth"
    net = published(whole, "wav2lip-critic")
    (tmp_path / "cut.pth").write_bytes(whole.read_bytes()[:100_000])
    (tmp_path / "noise.pth").write_bytes(b"\x00\x01 noise")
    torch.save({"some.weight": torch.zeros(3)}, tmp_path / "strange.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    shapes = dict(net.state_dict())
    shapes["binary_pred.0.bias"] = torch.zeros(2)
    torch.save({"state_dict": shapes}, tmp_path / "shape.pth")
    for name, told in {
        "cut.pth": "damaged",
        "noise.pth": "damaged",
        "strange.pth": "not a checkpoint of a network known here",
        "list.pth": "no weights in it",
        "shape.pth": r"binary_pred.0.bias has shape \(2,\), not \(1,\)",
    }.items():
        with pytest.raises(DataError, match=told) as caught:
            convert(tmp_path / name, target)
        assert "\n" not in str(caught.value)
    with pytest.raises(NoInputError):
        convert(tmp_path / "none.pth", target)
    convert(whole, target)
    with pytest.raises(DataError, match="this is wav2lip-critic, not wav2lip"):
        load(target, "wav2lip")
    target.write_bytes(target.read_bytes()[:5000])
    with pytest.raises(DataError, match="damaged"):
        load(target)
