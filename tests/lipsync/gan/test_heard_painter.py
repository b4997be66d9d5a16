"""Networks that draw what they hear: published names through conversion and export to a film."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dubber.config import DubOptions, LipOptions
from dubber.engines.lips_heard import Heard
from dubber.errors import DataError, DubError, EngineError, NoInputError, UnavailableError
from dubber.lipsync.blend import rectangle
from dubber.lipsync.gan import heard_painter
from dubber.lipsync.gan.canvas import on_whole
from dubber.lipsync.gan.heard_painter import HeardModel, HeardPainter, Hearing
from dubber.lipsync.gan.runtime import open_network
from dubber.lipsync.gan.sound import cepstra, cepstra_at, mel, mel_at
from dubber.lipsync_job import LipsyncJob, lipsync
from dubber.media.video import VideoReader
from dubber.media.wav import write_wav
from dubber.protocols import EngineContext, FacePatch, HearingPainter, HearingRenderer
from dubber.registry import Engines, choose, open_engine
from tests.lipsync import talkers
from tests.lipsync.gan.test_published import published

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RATE = 16_000
NAMES = ("wav2lip", "lipgan", "lipgan-plain", "speech2vid")


class Noise:
    """A Sound of noise."""

    rate = RATE

    def __init__(self, seconds: float) -> None:
        random = np.random.default_rng(3)
        self.samples = random.normal(0, 0.1, round(seconds * RATE)).astype(np.float32)

    def read(self, first: int, count: int) -> Floats:
        whole = np.pad(self.samples, (RATE, 2 * RATE))
        return whole[RATE + first : RATE + first + count]


def test_what_is_heard_with_a_frame_is_the_window_of_the_whole_sound() -> None:
    noise = Noise(3.0)
    for time in (0.5, 1.0, 1.97):
        part = Hearing(mel, 200, 16, 0.08).at(noise, time)
        assert np.abs(part - mel_at(mel(noise.samples), time - 0.08)).max() < 1e-4
        part = Hearing(cepstra, 160, 35, 0.17).at(noise, time)
        assert np.abs(part - cepstra_at(cepstra(noise.samples), time)).max() < 1e-3


def test_sound_before_the_film_and_after_it_is_silence() -> None:
    hearing = Hearing(mel, 200, 16, 0.04)
    quiet = mel(np.zeros(RATE, np.float32))[:, 5]
    assert np.array_equal(hearing.at(Noise(1.0), 2.0), np.repeat(quiet[:, None], 16, axis=1))
    assert np.array_equal(hearing.at(Noise(1.0), 0.0)[:, 0], quiet)


def whole_patch() -> FacePatch:
    place = rectangle(talkers.face(), *talkers.SIZE, whole=True)
    assert place is not None
    x, y, w, h = place
    image = talkers.photo()[y : y + h, x : x + w]
    return FacePatch(image, talkers.face() - np.array([x, y], np.float32))


class Copying(HeardModel):
    """Draws the first picture that it is shown of the person, and keeps what it was given."""

    def __init__(self, shown: str = "faces") -> None:
        self.kind = heard_painter.KINDS[(1, 80, 16), (6, 96, 96)]
        self.hearing, self._shown = self.kind.ours, shown
        self.given: list[tuple[Floats, Floats]] = []

    def draw(self, heard: Floats, masked: Floats, seen: Sequence[Floats]) -> Any:
        self.given.append((heard, masked))
        return np.rint(seen[0] * 255).astype(np.uint8).transpose(1, 2, 0).copy()


@pytest.mark.parametrize("shown", ["faces", "boxes"])
def test_a_face_drawn_as_it_was_stays_and_only_its_lower_half_is_drawn(shown: str) -> None:
    model, face = Copying(shown), whole_patch()
    painter = HeardPainter(model, [])
    assert isinstance(painter, HearingPainter)
    painter.hear(Noise(1.0), np.array([0.5]))
    wanted = np.array([[0.1, 1.4, 0.5, 2.0]], np.float32)
    painter.plan(face.points[None], wanted, np.zeros(1, np.float32))
    drawn = painter.paint(0, face)
    off = np.abs(drawn.image.astype(int) - face.image)
    assert off.mean() < 2
    assert off.max() > 0  # 96 pixels hold less than the film does
    ((heard, masked),) = model.given
    assert heard.shape == (80, 16)
    assert not masked[:, 48:].any()
    eyes = face.points[:4, 1].mean()
    assert not off[: int(eyes)].any()


def test_an_upright_face_is_the_one_that_networks_are_trained_on() -> None:
    face = whole_patch()
    seen = HeardPainter(Copying(), [face])._stills[0]
    true = on_whole(talkers.photo(), talkers.face())
    assert np.abs(seen.transpose(1, 2, 0) * 255 - true).mean() < 1.5


def test_a_box_holds_the_face_from_the_brow_to_the_chin() -> None:
    face = whole_patch()
    matrix = Copying("boxes").matrix(face.points)
    placed = face.points @ matrix[:, :2].T + matrix[:, 2]
    assert placed.min() > 0
    assert placed.max() < 96
    assert 25 < placed[:4, 1].mean() < 45  # the eyes
    assert placed[:, 1].max() > 90


def test_without_sound_it_says_so() -> None:
    with pytest.raises(EngineError, match="draws what it hears"):
        HeardPainter(Copying(), []).paint(0, whole_patch())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.onnx", "no such network"),
        ("none.safetensors", "no such network"),
        ("noise.onnx", "damaged"),
        ("published.pth", "neither .onnx nor .safetensors"),
    ],
)
def test_what_is_no_network_is_one_clear_line(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "noise.onnx").write_bytes(b"\x08\x07 noise")
    (tmp_path / "published.pth").write_bytes(b"\x80\x02cposix\nsystem\n")
    with pytest.raises(DubError, match=told) as caught:
        open_engine(choose("lips", f"gan:{tmp_path / name}", "auto"))
    assert "\n" not in str(caught.value)
    assert "dub train lips" in str(caught.value)


def test_another_file_of_the_same_name_is_another_engine(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    identities = set()
    for content in (b"one", b"another"):
        file.write_bytes(content)
        choice = choose("lips", f"gan:{file}", "auto")
        assert choice.spec.name == "lips.heard"
        identities.add(choice.identity)
    assert len(identities) == 2
    assert choose("lips", f"gan:{tmp_path}", "auto").spec.name == "lips.gan"


def test_a_job_whose_network_is_missing_ends_before_any_work() -> None:
    with pytest.raises(UnavailableError, match="no such weights"):
        Engines.of(DubOptions(lips="gan:none.onnx"))


def test_the_embedded_generator_given_as_a_file_is_refused() -> None:
    embedded = Path(heard_painter.__file__).parents[2] / "models" / "lips-gan" / "mouth.onnx"
    with pytest.raises(EngineError, match="not a network that draws what it hears"):
        open_engine(choose("lips", f"gan:{embedded}", "auto"))


# -- with torch: from files as they are published to a film


def exported(folder: Path, name: str, *, prefix: str = "module.") -> tuple[Path, Any]:
    from dubber.lipsync.gan.published import convert, export_network

    net = published(folder / f"{name}.pth", name, prefix=prefix)
    assert convert(folder / f"{name}.pth", folder / f"{name}.safetensors") == name
    assert export_network(folder / f"{name}.pth", folder / f"{name}.onnx") == name
    return folder / f"{name}.onnx", net


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_the_painter_draws_what_a_plain_forward_gives(tmp_path: Path, name: str) -> None:
    import torch

    path, net = exported(tmp_path, name)
    model = HeardModel(path, threads=1, runtime="onnxruntime")
    assert model.kind.name == name.removesuffix("-plain")
    given: list[tuple[Floats, Floats]] = []
    network = open_network(path, threads=1, runtime="onnxruntime")

    class Watched:
        inputs, outputs = network.inputs, network.outputs

        def run(self, output: str, values: Any) -> Floats:
            given.append((values["heard"], values["boxes"]))
            return network.run(output, values)

    model._network = Watched()
    renderer = Heard(model)
    face = whole_patch()
    frames, still = np.arange(9, dtype=np.int32), np.zeros((9, 4), np.float32)
    yaw = np.zeros(9, np.float32)
    rows = renderer.choose(frames, still, yaw, most=40)
    painter = renderer.meet([face] * len(rows), frames[rows], still[rows], yaw[rows])
    painter.hear(Noise(1.0), np.array([0.5]))
    painter.plan(face.points[None], np.array([[0.1, 1.4, 0.5, 2.0]], np.float32), yaw[:1])
    painter.paint(0, face)
    ((heard, shown),) = given
    with torch.no_grad():
        wanted = net(torch.from_numpy(heard), torch.from_numpy(shown)).numpy()
    side = model.kind.side
    assert wanted.shape == (1, 3, side, side)
    drawn = network.run(model._output, {"heard": heard, "boxes": shown})
    assert np.abs(drawn - wanted).max() < 1e-4
    # where the masked face lies is the network's own affair: its lower half is empty there
    masked = shown[0, :3] if name == "wav2lip" else shown[0, -3:]
    assert not masked[:, side // 2 :].any()
    assert masked[:, : side // 2].mean() > 0.2
    assert shown[0].reshape(-1, 3, side, side).std(axis=(1, 2, 3)).min() > 0.05


@pytest.mark.torch
def test_a_film_is_drawn_by_a_published_checkpoint_from_its_sound(tmp_path: Path) -> None:
    path, _ = exported(tmp_path, "wav2lip")
    film = talkers.make_film(tmp_path / "film.mp4", talkers.talk(30, talkers.chatter))
    pictures = {}
    for name, seed in (("one", 1), ("other", 2)):
        random = np.random.default_rng(seed)
        write_wav(tmp_path / f"{name}.wav", random.normal(0, 0.1, RATE).astype(np.float32), RATE)
        renderer = open_engine(choose("lips", f"gan:{path}", "auto"), threads=1)
        assert isinstance(renderer, HearingRenderer)
        out = tmp_path / f"{name}.mp4"
        job = LipsyncJob(film, tmp_path / f"{name}.wav", out, fit="crop")
        result = lipsync(job, finder=talkers.finder(), renderer=renderer, options=LipOptions())
        assert result.picture.drawn == result.picture.frames == 25
        with VideoReader(out) as reader:
            pictures[name] = [frame.bgr() for frame in reader]
    with VideoReader(film) as reader:
        before = [frame.bgr() for frame in reader][:25]
    place = rectangle(talkers.face(), *talkers.SIZE)
    assert place is not None
    x, y, w, h = place
    lower = np.s_[:, y + h // 3 : y + h, x : x + w]
    one, other, film_own = (np.stack(p).astype(int) for p in (*pictures.values(), before))
    assert np.abs(one - film_own)[lower].mean() > 4  # a random network draws no mouth
    assert np.abs(one - film_own)[:, : y - 20].mean() < 2
    assert np.abs(one - other)[lower].mean() > 0.01  # it heard something else


@pytest.mark.torch
def test_a_checkpoint_is_exported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dubber.engines.lips_heard.default_cache", lambda: tmp_path / "cache")
    exported(tmp_path, "lipgan-plain")
    given = tmp_path / "lipgan-plain.safetensors"
    context = EngineContext(str(given), "cpu", 1, lambda name: Path(name))
    assert Heard.open(context)._model.kind.name == "lipgan"
    (kept,) = (tmp_path / "cache" / "lips-heard").iterdir()
    stamp = kept.stat().st_mtime_ns
    Heard.open(context)
    assert kept.stat().st_mtime_ns == stamp
    given.write_bytes(given.read_bytes()[:9000])
    with pytest.raises(DataError, match="damaged"):
        Heard.open(context)


@pytest.mark.torch
def test_networks_that_judge_and_do_not_draw_are_refused(tmp_path: Path) -> None:
    for name in ("syncnet", "wav2lip-critic"):
        path, _ = exported(tmp_path, name)
        with pytest.raises(EngineError, match=r"not a network that draws|no known network hears"):
            HeardModel(path, threads=1)
    with pytest.raises(NoInputError):
        Heard.open(EngineContext("", "cpu", 1, lambda name: Path(name)))


@pytest.mark.torch
def test_one_trained_here_is_shown_upright_faces(tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    from dubber.lipsync.gan.published import SCHEMA, export_network

    exported(tmp_path, "wav2lip")
    with safe_open(str(tmp_path / "wav2lip.safetensors"), framework="pt") as file:
        tensors = {f"net.{n}": file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
    facts = {"schema": SCHEMA, "network": "wav2lip", "step": 3, "options": {}}
    ours = tmp_path / "checkpoint.safetensors"
    save_file(tensors, str(ours), {key: json.dumps(value) for key, value in facts.items()})
    export_network(ours, tmp_path / "ours.onnx")
    for name, shown in (("ours", "faces"), ("wav2lip", "boxes")):
        model = HeardModel(tmp_path / f"{name}.onnx", threads=1)
        assert model._shown == shown
        assert model.hearing is (model.kind.ours if shown == "faces" else model.kind.published)
