"""Training the generator of mouths: one loop, a critic that owns its optimizer, checkpoints.

A checkpoint is one safetensors file: the network, its moving average, both optimizers and the
critic, with the options, the step and what the data were in its header.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError
from dubber.lipsync.gan.batches import Batch, Changes, Drawer
from dubber.lipsync.gan.board import Board
from dubber.lipsync.gan.clips import KNOWN, TRAIN, UNSEEN, read_clips, read_manifest
from dubber.protocols import Progress, silent
from dubber.training import Share, ahead, alone, device_of, rate, team
from dubber.version import VERSION

if TYPE_CHECKING:
    import torch

    from dubber.lipsync.gan.losses import Adversary
    from dubber.lipsync.gan.nets import MouthNet
    from dubber.protocols import Image

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.safetensors"
LOSSES = "losses.jsonl"
SCHEMA = "lips-checkpoint/2"
HEAD_SHARE = 0.3  # of the learning rate, for the last convolution


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each loss counts; 0 leaves it out. The critic's two count from `critic_step` on."""

    face: float = 1.0
    mouth: float = 2.0
    edges: float = 1.0
    motion: float = 1.0
    critic: float = 0.01
    features: float = 0.1


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to train. A batch is `pairs` pairs of neighbouring frames."""

    widths: tuple[int, ...] = (32, 64, 112, 160)
    critic_width: int = 32
    critic_step: int = 1500
    pairs: int = 8
    steps: int = 10_000
    warmup_steps: int = 100
    decay_steps: int = 2500  # the last so many, down to a twentieth
    learning_rate: float = 6e-4
    critic_learning_rate: float = 2e-4
    weight_decay: float = 0.01
    clip: float = 1.0
    averaging: float = 0.998
    bfloat16: bool = True
    device: str = "cpu"
    seed: int = 1
    threads: int = 2  # of each process
    processes: int = 1  # each learns from batches of its own; a step is their mean
    workers: int = 1  # threads that make batches
    save_steps: int = 200
    log_steps: int = 20
    most_clips: int = 0  # a speaker; 0: all
    weights: Weights = field(default_factory=Weights)
    changes: Changes = field(default_factory=Changes)
    speakers: dict[str, float] = field(default_factory=dict)  # how often each is drawn; "*": others


def fit(
    data: Path, out: Path, *, options: FitOptions | None = None, progress: Progress = silent
) -> Path:
    """Train on the split "train" of `data`; goes on from the checkpoint in `out` if one stands.

    Returns the checkpoint's path. `out/losses.jsonl` gets a line every `log_steps`,
    `out/seen-STEP.png` pictures every `save_steps`. The same data, options and thread count give
    the same weights. DataError if a loss is no number or the checkpoint is of another network.
    """
    options = options or FitOptions()
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / CHECKPOINT
    watched = read_clips(data, UNSEEN, most=1) or read_clips(data, KNOWN, most=1)
    watched = watched or read_clips(data, TRAIN, most=1)[:1]
    recent: list[dict[str, float]] = []
    first, args = 0, (data, checkpoint, options)
    with (
        team(options.processes, _help, args, device=options.device) as share,
        Board(out) as board,
    ):
        began = time.monotonic()
        for run, losses in _steps(*args, share, rank=0):
            first = first or run.step
            recent.append(losses)
            progress(run.step, options.steps)
            if run.step % options.log_steps == 0:
                frames = (run.step - first + 1) * 2 * options.pairs * options.processes
                means = _log(out / LOSSES, run.step, recent, frames / (time.monotonic() - began))
                board.losses(run.step, means)
                recent.clear()
            if run.step % options.save_steps == 0 or run.step == options.steps:
                run.save(checkpoint)
                board.picture(run.step, _show(out / f"seen-{run.step:06d}.png", run, watched))
    return checkpoint


def _steps(
    data: Path, checkpoint: Path, options: FitOptions, share: Share, *, rank: int
) -> Iterator[tuple[Run, dict[str, float]]]:
    """The steps of one process of the team: the run after each, and its own batch's losses."""
    import torch

    manifest = read_manifest(data)
    torch.set_num_threads(options.threads)
    told = {key: manifest[key] for key in ("licence", "credit", "size")}
    run = Run(options, told, share=share, rank=rank)
    if checkpoint.exists():
        run.restore(checkpoint)
    clips = read_clips(data, TRAIN, most=options.most_clips)
    drawer = Drawer(clips, options.pairs, options.seed, options.changes, options.speakers)
    numbers = count(run.step * options.processes + rank, options.processes)
    with closing(ahead(drawer.batch, numbers, options.workers)) as batches:
        while run.step < options.steps:
            yield run, run.learn(next(batches))


def _help(rank: int, share: Share, data: Path, checkpoint: Path, options: FitOptions) -> None:
    for _ in _steps(data, checkpoint, options, share, rank=rank):
        pass


class Run:
    """The state of a training run, and its one step."""

    def __init__(
        self, options: FitOptions, data: dict[str, str], *, share: Share = alone, rank: int = 0
    ) -> None:
        import torch

        from dubber.lipsync.gan.losses import Adversary
        from dubber.lipsync.gan.nets import MouthNet, MouthNetSizes

        self.options, self.data, self.share = options, data, share
        torch.manual_seed(options.seed)
        sizes = MouthNetSizes(options.widths)
        self.device = torch.device(device_of(options.device, rank))
        self.net: MouthNet = MouthNet(sizes).to(self.device, memory_format=torch.channels_last)
        self.average: MouthNet = MouthNet(sizes).to(self.device)
        self.average.load_state_dict(self.net.state_dict())
        self.average.requires_grad_(False)
        head = set(self.net.head.parameters())
        body = [weight for weight in self.net.parameters() if weight not in head]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": body, "weight_decay": options.weight_decay, "share": 1.0},
                # its weights see pixels, all bright at once: small steps are large there
                {"params": list(head), "weight_decay": 0.0, "share": HEAD_SHARE},
            ],
            betas=(0.9, 0.99),
        )
        self.adversary: Adversary = Adversary(
            width=options.critic_width, learning_rate=options.critic_learning_rate, share=share
        )
        self.adversary.critic.to(self.device)
        self.step = 0

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step on one batch; its losses by name, before they are weighed."""
        import torch

        self.step += 1
        options = self.options
        now = rate(
            self.step,
            highest=options.learning_rate,
            steps=options.steps,
            warmup=options.warmup_steps,
            decay=options.decay_steps,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = now * group["share"]
        shown = torch.from_numpy(batch.shown).to(self.device)
        real = torch.from_numpy(batch.real).to(self.device).float() / 255
        mask = (torch.from_numpy(batch.mask).to(self.device) > 0).float()
        mouth = (torch.from_numpy(batch.mouth).to(self.device) > 0).float()
        with self._cast():
            drawn = self.net(shown).float()
        drawn = drawn * mask + real * (1 - mask)
        losses = self._losses(drawn, real, mask, mouth)
        told: dict[str, float] = {}
        if self.step > options.critic_step and options.weights.critic:
            with self._cast():
                told["critic learns"] = self.adversary.learn(drawn, real, mouth)
                fooled, apart = self.adversary.judge(drawn, real, mouth)
            losses |= {"critic": fooled, "features": apart}
        weights = asdict(options.weights)
        loss = torch.stack([weights[name] * value for name, value in losses.items()]).sum()
        if not bool(torch.isfinite(loss)):
            raise DataError(f"the loss is no number at step {self.step}", cure="lower the rate")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.share(self.net.parameters())
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), options.clip)
        self.optimizer.step()
        keep = min(options.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.net.parameters(), strict=True)
            for mean, weight in pairs:
                mean.lerp_(weight, 1 - keep)
        return told | {name: float(value.detach()) for name, value in losses.items()}

    def _cast(self) -> Any:
        import torch

        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bfloat16)

    def _losses(
        self, drawn: torch.Tensor, real: torch.Tensor, mask: torch.Tensor, mouth: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        import torch

        from dubber.lipsync.gan.losses import edges, motion, within

        off = (drawn - real).abs()
        return {
            "face": within(off, mask),
            "mouth": within(off, mouth),
            "edges": edges(drawn, real, torch.maximum(mouth, mask * 0.5)),
            "motion": motion(drawn, real, mouth),
        }

    def save(self, path: Path) -> None:
        """Everything that going on needs, beside, then renamed into place."""
        from safetensors.torch import save_file

        tensors: dict[str, torch.Tensor] = {}
        for part, module in self._modules().items():
            for name, value in module.state_dict().items():
                tensors[f"{part}.{name}"] = value.contiguous()
        for part, (module, optimizer) in self._optimizers().items():
            for name, weight in module.named_parameters():
                for key, value in optimizer.state[weight].items():
                    tensors[f"{part}.{key}.{name}"] = value.contiguous()
        facts = {
            "schema": SCHEMA,
            "dub": VERSION,
            "step": self.step,
            "options": asdict(self.options),
            "data": self.data,
        }
        draft = path.with_name(f".{path.name}.part")
        save_file(tensors, str(draft), {"facts": json.dumps(facts)})
        draft.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from the checkpoint at `path`. DataError if it is of another network."""
        tensors, facts = read_checkpoint(path)
        if tuple(facts["options"]["widths"]) != tuple(self.options.widths):
            raise DataError(
                "a checkpoint of other widths", subject=path, cure="give another folder"
            )
        for part, module in self._modules().items():
            own = {name: tensors[f"{part}.{name}"] for name in module.state_dict()}
            module.load_state_dict(own)
        for part, (module, optimizer) in self._optimizers().items():
            for name, weight in module.named_parameters():
                keys = ("step", "exp_avg", "exp_avg_sq")
                if f"{part}.step.{name}" in tensors:
                    optimizer.state[weight] = {k: tensors[f"{part}.{k}.{name}"] for k in keys}
        self.step = facts["step"]

    def _modules(self) -> dict[str, Any]:
        return {"net": self.net, "average": self.average, "critic": self.adversary.critic}

    def _optimizers(self) -> dict[str, tuple[Any, Any]]:
        return {
            "net-optimizer": (self.net, self.optimizer),
            "critic-optimizer": (self.adversary.critic, self.adversary.optimizer),
        }


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors of a checkpoint and the facts in its header; DataError if it is none of ours."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118 - no mapping
            facts: dict[str, Any] = json.loads((file.metadata() or {})["facts"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise DataError("not a checkpoint of this trainer", subject=path) from error
    if facts.get("schema") != SCHEMA:
        raise DataError(f"not a checkpoint of {SCHEMA}", subject=path)
    return tensors, facts


def _show(path: Path, run: Run, clips: list[Any]) -> Image:
    """Rows of a face: as it is, the most fitting reference, and drawn by the averaged network."""
    import cv2
    import torch

    rows = []
    for clip in clips[:4]:
        calm = Changes(colour=0, light=0, shape=0, soft=0, other_clip=0)
        batch = Drawer([clip], 3, 5, calm).batch(0)
        with torch.no_grad():
            drawn = run.average(torch.from_numpy(batch.shown).to(run.device)).float().cpu().numpy()
        keep = batch.mask > 0
        drawn = np.where(keep, np.rint(np.clip(drawn, 0, 1) * 255), batch.real).astype(np.uint8)
        for row in range(0, 6, 2):
            parts = [batch.real[row], batch.shown[row, 6:9], drawn[row]]
            rows.append(np.hstack([part.transpose(1, 2, 0) for part in parts]))
    columns = [np.vstack(rows[n::3]) for n in range(3)]
    shown = np.hstack(columns)
    cv2.imwrite(str(path), shown)
    return shown


def _log(path: Path, step: int, recent: list[dict[str, float]], speed: float) -> dict[str, float]:
    names = recent[-1]
    means = {n: round(float(np.mean([r[n] for r in recent if n in r])), 5) for n in names}
    line = {"step": step, **means, "frames a second": round(speed, 1)}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return means
