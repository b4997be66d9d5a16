"""Training the family on whole faces and sound: one loop, one step function a network.

These exist to compare with and to learn from: the default generator is driven by landmarks, since
networks of this kind, trained on little, do not listen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.gan.board import Board
from dubber.lipsync.gan.canvas import SIDE
from dubber.lipsync.gan.clips import TRAIN, Clip, each_clip, read_manifest
from dubber.lipsync.gan.expert_rows import Talk, expert_rows
from dubber.lipsync.gan.published import SCHEMA
from dubber.lipsync.gan.sound import cepstra, cepstra_at, mel, mel_at
from dubber.protocols import Progress, silent
from dubber.training import Share, device_of, rate, team

if TYPE_CHECKING:
    import torch
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CHECKPOINT = "checkpoint.safetensors"
LOSSES = "losses.jsonl"
WINDOW = 5  # frames that Wav2Lip's networks see together
FAR = 6  # frames between a face and LipGAN's reference, at least
CRITICS = {"wav2lip": "wav2lip-critic", "lipgan": "lipgan-critic", "lipgan-plain": "lipgan-critic"}


@dataclass(frozen=True, slots=True)
class FamilyOptions:
    """How to train one of `family.NETWORKS`. `critic` and `sync` weigh the critic's and the
    expert's loss; an `expert` is a checkpoint of a SyncNet."""

    steps: int = 100_000
    batch: int = 16
    learning_rate: float = 1e-4
    warmup_steps: int = 0
    decay_steps: int = 0  # the last so many, down to a twentieth
    weight_decay: float = 0.0
    bfloat16: bool = False
    critic: float = 0.0
    sync: float = 0.0
    expert: str = ""
    seed: int = 1
    threads: int = 2  # of each process
    device: str = "cpu"
    processes: int = 1  # each learns from batches of its own; a step is their mean
    save_steps: int = 500
    log_steps: int = 20
    most_clips: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A clip with its sounds' pictures; faces (n, 3, SIDE, SIDE) uint8."""

    faces: NDArray[np.uint8]
    mel: Floats
    cepstra: Floats
    fps: float

    @staticmethod
    def of(clip: Clip) -> Heard:
        """DataError if the clip has no sound."""
        if len(clip.sound) < 8000:
            raise DataError("a clip without sound", subject=clip.name, cure="prepare with sound")
        samples = clip.sound.astype(np.float32) / np.float32(32768)
        faces = np.ascontiguousarray(clip.whole.transpose(0, 3, 1, 2))
        return Heard(faces, mel(samples), cepstra(samples), clip.fps)


def fit_family(
    name: str,
    data: Path,
    out: Path,
    *,
    options: FamilyOptions | None = None,
    progress: Progress = silent,
) -> Path:
    """Train network `name` on the split "train" of `data`; goes on from the checkpoint in `out`.

    Returns the checkpoint's path, which `published.load` reads. DataError if a loss is no number.
    """
    options = options or FamilyOptions()
    out.mkdir(parents=True, exist_ok=True)
    manifest, checkpoint = read_manifest(data), out / CHECKPOINT
    args = (name, data, checkpoint, options)
    with (
        team(options.processes, _help, args, device=options.device) as share,
        Board(out) as board,
    ):
        for run, losses in _steps(*args, share, rank=0):
            progress(run.step, options.steps)
            if run.step % options.log_steps == 0 or run.step == options.steps:
                with (out / LOSSES).open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"step": run.step, **losses}) + "\n")
                board.losses(run.step, losses)
            if run.step % options.save_steps == 0 or run.step == options.steps:
                run.save(checkpoint, {key: manifest[key] for key in ("licence", "credit")})
    return checkpoint


def _steps(
    name: str, data: Path, checkpoint: Path, options: FamilyOptions, share: Share, *, rank: int
) -> Iterator[tuple[_FamilyRun, dict[str, float]]]:
    """The steps of one process of the team: the run after each, and its own batch's losses."""
    import torch

    torch.set_num_threads(options.threads)
    meet = Talk.of if name == "lip-expert" else Heard.of
    clips = [meet(clip) for clip in each_clip(data, TRAIN, most=options.most_clips)]
    run = _FamilyRun(name, options, share, rank)
    if checkpoint.exists():
        run.restore(checkpoint)
    torch.manual_seed(options.seed + run.step + 1_000_003 * rank)
    while run.step < options.steps:
        losses = run.learn(clips, np.random.default_rng([options.seed, run.step, rank]))
        if not all(math.isfinite(value) for value in losses.values()):
            raise DataError(f"the loss is no number at step {run.step}", cure="lower the rate")
        yield run, losses


def _help(
    rank: int, share: Share, name: str, data: Path, checkpoint: Path, options: FamilyOptions
) -> None:
    for _ in _steps(name, data, checkpoint, options, share, rank=rank):
        pass


class _FamilyRun:
    def __init__(self, name: str, options: FamilyOptions, share: Share, rank: int) -> None:
        import torch

        from dubber.lipsync.gan.family import NETWORKS
        from dubber.lipsync.gan.published import load

        torch.manual_seed(options.seed)
        self.name, self.options, self.step, self.share = name, options, 0, share
        self.device = torch.device(device_of(options.device, rank))
        self.net = NETWORKS[name]().to(self.device)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), options.learning_rate, weight_decay=options.weight_decay
        )
        self.critic: Any = None
        if options.critic and name in CRITICS:
            self.critic = NETWORKS[CRITICS[name]]().to(self.device)
            self.critic_optimizer = torch.optim.Adam(
                self.critic.parameters(), options.learning_rate, betas=(0.5, 0.999)
            )
        self.expert: Any = None
        if options.expert:
            self.expert = load(Path(options.expert), "syncnet").to(self.device)
            self.expert.requires_grad_(False)

    def learn(self, clips: Sequence[Any], random: Generator) -> dict[str, float]:
        """One step; its losses by name."""
        import torch

        options = self.options
        self.step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = rate(
                self.step,
                highest=options.learning_rate,
                steps=options.steps,
                warmup=options.warmup_steps,
                decay=options.decay_steps,
            )
        rows = list(_ROWS[self.name](clips, random, self.options.batch))
        batch = [torch.from_numpy(np.stack(c)).to(self.device) for c in zip(*rows, strict=True)]
        self.net.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=options.bfloat16):
            losses = _STEPS[self.name](self, *batch)
        told = {name: float(value.detach()) for name, (value, _) in losses.items()}
        total = torch.stack([value * weight for value, weight in losses.values()]).sum()
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.share(self.net.parameters())
        self.optimizer.step()
        return {name: round(value, 5) for name, value in told.items()}

    def teach(self, loss: torch.Tensor) -> None:
        """One step of the critic's own optimizer."""
        self.critic_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.share(self.critic.parameters())
        self.critic_optimizer.step()

    def save(self, path: Path, data: dict[str, str]) -> None:
        from safetensors.torch import save_file

        tensors = {f"net.{n}": t.contiguous() for n, t in self.net.state_dict().items()}
        for n, weight in self.net.named_parameters():
            for key, value in self.optimizer.state[weight].items():
                tensors[f"state.{key}.{n}"] = value.contiguous()
        if self.critic is not None:
            for n, t in self.critic.state_dict().items():
                tensors[f"state.critic.{n}"] = t.contiguous()
        facts = {
            "schema": SCHEMA,
            "network": self.name,
            "step": self.step,
            "options": asdict(self.options),
            "data": data,
        }
        draft = path.with_name(f".{path.name}.part")
        save_file(tensors, str(draft), {key: json.dumps(value) for key, value in facts.items()})
        draft.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from `path`; the critic's optimizer begins anew."""
        from safetensors import safe_open

        from dubber.lipsync.gan.published import load

        self.net.load_state_dict(load(path, self.name).state_dict())
        with safe_open(str(path), framework="pt") as file:
            tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118 - no mapping
            self.step = json.loads(file.metadata()["step"])
        for n, weight in self.net.named_parameters():
            keys = ("step", "exp_avg", "exp_avg_sq")
            self.optimizer.state[weight] = {k: tensors[f"state.{k}.{n}"] for k in keys}
        critic = {n: t for n, t in tensors.items() if n.startswith("state.critic.")}
        if self.critic is not None and critic:
            self.critic.load_state_dict(
                {n.removeprefix("state.critic."): t for n, t in critic.items()}
            )


_Row = tuple["NDArray[np.float32]", ...]


def _unit(faces: NDArray[np.uint8]) -> Floats:
    return np.asarray(faces, np.float32) / np.float32(255)


def _masked(faces: Floats) -> Floats:
    """Without their lower half."""
    bare = faces.copy()
    bare[..., SIDE // 2 :, :] = 0
    return bare


def _start(clip: Heard, random: Generator) -> int:
    return int(random.integers(0, len(clip.faces) - WINDOW + 1))


def sync_rows(clips: Sequence[Heard], random: Generator, count: int) -> Iterator[_Row]:
    """Mel (1, 80, 16), five lower halves (15, 48, 96), 1 if they belong together."""
    for _ in range(count):
        clip = clips[int(random.integers(len(clips)))]
        own, true = _start(clip, random), random.random() < 0.5
        other = own
        while not true and other == own:
            other = _start(clip, random)
        lower = _unit(clip.faces[other : other + WINDOW])[:, :, SIDE // 2 :]
        heard = mel_at(clip.mel, own / clip.fps)
        yield heard[None], lower.reshape(-1, SIDE // 2, SIDE), np.array([true], np.float32)


def wav2lip_rows(clips: Sequence[Heard], random: Generator, count: int) -> Iterator[_Row]:
    """Mel of each of five frames (5, 1, 80, 16), of all (1, 80, 16), masked and references
    (5, 6, S, S), real (5, 3, S, S)."""
    for _ in range(count):
        clip = clips[int(random.integers(len(clips)))]
        own, other = _start(clip, random), _start(clip, random)
        real = _unit(clip.faces[own : own + WINDOW])
        reference = _unit(clip.faces[other : other + WINDOW])
        each = [mel_at(clip.mel, (own + n - 2) / clip.fps)[None] for n in range(WINDOW)]
        shown = np.concatenate([_masked(real), reference], axis=1)
        yield np.stack(each), mel_at(clip.mel, own / clip.fps)[None], shown, real


def lipgan_rows(clips: Sequence[Heard], random: Generator, count: int) -> Iterator[_Row]:
    """Cepstra (1, 12, 35), reference and masked (6, S, S), real (3, S, S)."""
    for _ in range(count):
        clip = clips[int(random.integers(len(clips)))]
        own = int(random.integers(len(clip.faces)))
        far = np.flatnonzero(np.abs(np.arange(len(clip.faces)) - own) >= FAR)
        real = _unit(clip.faces[own])
        shown = np.concatenate([_unit(clip.faces[int(random.choice(far))]), _masked(real)])
        yield cepstra_at(clip.cepstra, own / clip.fps)[None], shown, real


def speech2vid_rows(clips: Sequence[Heard], random: Generator, count: int) -> Iterator[_Row]:
    """Cepstra (1, 12, 35), stills and masked (18, 112, 112), real (3, 112, 112)."""
    import cv2

    from dubber.lipsync.gan.family import STILLS

    for _ in range(count):
        clip = clips[int(random.integers(len(clips)))]
        rows = random.integers(len(clip.faces), size=STILLS + 1)
        large = [
            _unit(cv2.resize(clip.faces[n].transpose(1, 2, 0), (112, 112))).transpose(2, 0, 1)
            for n in rows
        ]
        bare = large[0].copy()
        bare[:, 56:] = 0
        heard = cepstra_at(clip.cepstra, int(rows[0]) / clip.fps)[None]
        yield heard, np.concatenate([*large[1:], bare]), np.ascontiguousarray(large[0])


_Losses = dict[str, tuple["torch.Tensor", float]]


def _sync_step(run: _FamilyRun, heard: Any, lower: Any, true: Any) -> _Losses:
    from torch.nn import functional

    audio, video = run.net(heard, lower)
    together = (audio * video).sum(1, keepdim=True).clamp(0, 1)
    return {"sync": (functional.binary_cross_entropy(together, true), 1.0)}


def _wav2lip_step(run: _FamilyRun, each: Any, whole: Any, shown: Any, real: Any) -> _Losses:
    import torch
    from torch.nn import functional

    options = run.options
    flat = real.flatten(0, 1)
    drawn = run.net(each.flatten(0, 1), shown.flatten(0, 1))
    losses: _Losses = {"face": (functional.l1_loss(drawn, flat), 1 - options.critic - options.sync)}
    if run.critic is not None:
        low, true = drawn[:, :, SIDE // 2 :], flat[:, :, SIDE // 2 :]
        judged, known = run.critic(low.detach()), run.critic(true)
        bce = functional.binary_cross_entropy
        run.teach(bce(known, torch.ones_like(known)) + bce(judged, torch.zeros_like(judged)))
        fooled = run.critic(low)
        losses["critic"] = (bce(fooled, torch.ones_like(fooled)), options.critic)
    if run.expert is not None:
        lower = drawn.unflatten(0, (-1, WINDOW))[:, :, :, SIDE // 2 :].flatten(1, 2)
        audio, video = run.expert(whole, lower)
        together = (audio * video).sum(1).clamp(1e-6, 1)
        losses["sync"] = (-together.log().mean(), options.sync)
    return losses


def _lipgan_step(run: _FamilyRun, heard: Any, shown: Any, real: Any) -> _Losses:
    from torch.nn import functional

    drawn = run.net(heard, shown)
    losses: _Losses = {"face": (functional.l1_loss(drawn, real), 1.0)}
    if run.critic is not None:
        # contrastive: near for what belongs together, at least 1 apart for what does not
        near = (run.critic(heard, real) ** 2).mean()
        false = run.critic(heard, drawn.detach()) if run.step % 2 else run.critic(
            heard.roll(1, 0), real
        )  # fmt: skip
        run.teach(near + ((1 - false).clamp(min=0) ** 2).mean())
        losses["critic"] = ((run.critic(heard, drawn) ** 2).mean(), run.options.critic)
    return losses


def _plain_step(run: _FamilyRun, heard: Any, shown: Any, real: Any) -> _Losses:
    from torch.nn import functional

    return {"face": (functional.l1_loss(run.net(heard, shown), real), 1.0)}


def _expert_step(run: _FamilyRun, sound: Any, mouths: Any) -> _Losses:
    from dubber.lipsync.gan.expert import losses

    found = losses(run.net, sound, mouths)
    return {"choose": (found["choose"], 1.0), "tell": (found["tell"], 0.5)}


_ROWS: dict[str, Callable[[Sequence[Any], Generator, int], Iterator[_Row]]] = {
    "syncnet": sync_rows,
    "wav2lip": wav2lip_rows,
    "lipgan": lipgan_rows,
    "lipgan-plain": lipgan_rows,
    "speech2vid": speech2vid_rows,
    "lip-expert": expert_rows,
}
_STEPS: dict[str, Callable[..., _Losses]] = {
    "syncnet": _sync_step,
    "wav2lip": _wav2lip_step,
    "lipgan": _lipgan_step,
    "lipgan-plain": _lipgan_step,
    "speech2vid": _plain_step,
    "lip-expert": _expert_step,
}
TRAINED = tuple(_STEPS)
