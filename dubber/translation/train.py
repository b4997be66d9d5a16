"""Training the compact translator: `prepare`, `fit`, `export`, `evaluate`, one after the other.

The loop is plain: AdamW, label smoothing, warm-up then constant then linear decay, a moving
average of the weights, and a checkpoint every so many steps from which `fit` goes on.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dubber.errors import DataError, NoInputError
from dubber.protocols import Progress, silent
from dubber.training import Share, rate, team
from dubber.translation.batches import Batch, Drawer, Encoded, Sampling
from dubber.translation.export import export
from dubber.translation.guide import aims, token_table
from dubber.translation.prepare import VOCABULARY_MODEL, PrepareOptions, prepare, specials
from dubber.translation.score import evaluate
from dubber.translation.sizes import NetConfig

if TYPE_CHECKING:
    import torch

    from dubber.translation.model import Net

__all__ = ["FitOptions", "PrepareOptions", "evaluate", "export", "fit", "prepare"]

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.safetensors"
LOSSES = "losses.jsonl"


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to train. Batches are counted in target tokens, padding included."""

    net: NetConfig = field(default_factory=NetConfig)
    sampling: Sampling = field(
        default_factory=lambda: Sampling(
            directions={"hi-ta": 6.0, "hi-*": 1.5, "*-hi": 0.2, "en-*": 0.15, "*-en": 0.15}
        )
    )
    steps: int = 6000
    stop_step: int = 0  # end here, before the schedule of `steps` does; 0: at its end
    warmup_steps: int = 400
    decay_steps: int = 1500  # the last so many, down to a twentieth
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    smoothing: float = 0.1
    guide: float = 0.0  # weight of the alignment's loss beside the text's (translation.guide)
    averaging: float = 0.999
    bfloat16: bool = True
    seed: int = 1
    threads: int = 2  # of each process
    processes: int = 1  # each learns from a batch of its own; a step is their mean
    save_steps: int = 250
    log_steps: int = 50

    @property
    def last_step(self) -> int:
        return self.stop_step or self.steps

    def rate(self, step: int) -> float:
        """The learning rate at `step`, from 1 to `steps`."""
        return rate(
            step,
            highest=self.learning_rate,
            steps=self.steps,
            warmup=self.warmup_steps,
            decay=self.decay_steps,
        )


def fit(
    data: Path, out: Path, *, options: FitOptions | None = None, progress: Progress = silent
) -> Path:
    """Train on what `prepare` left in `data`; the checkpoint in `out`, gone on from if it stands.

    Returns the checkpoint's path. `out/losses.jsonl` gets a line every `log_steps`. The same data,
    options, thread and process count give the same weights; a run that was interrupted skips the
    rest of the pool it was in. NoInputError if `data` was not prepared.
    """
    options = options or FitOptions()
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / CHECKPOINT
    recent: list[float] = []
    with team(options.processes, _help, (data, checkpoint, options)) as share:
        for run, loss in _steps(data, checkpoint, options, share, rank=0):
            recent.append(loss)
            progress(run.step, options.steps)
            if run.step % options.log_steps == 0:
                _log(out / LOSSES, run, sum(recent) / len(recent))
                recent.clear()
            if run.step % options.save_steps == 0 or run.step == options.last_step:
                run.save(checkpoint)
    return checkpoint


def _steps(
    data: Path, checkpoint: Path, options: FitOptions, share: Share, *, rank: int
) -> Iterator[tuple[_Run, float]]:
    """The steps of one process of the team: the run after each, and its own batch's loss."""
    import torch

    torch.set_num_threads(options.threads)
    run = _Run(data, options)
    if checkpoint.exists():
        run.restore(checkpoint)
    torch.manual_seed(options.seed + run.step + 1_000_003 * rank)
    for batch in islice(run.drawer, rank, None, options.processes):
        if run.step >= options.last_step:
            break
        yield run, run.learn(batch, share)


def _help(rank: int, share: Share, data: Path, checkpoint: Path, options: FitOptions) -> None:
    for _ in _steps(data, checkpoint, options, share, rank=rank):
        pass


class _Run:
    """The state of a training run, and its one step."""

    def __init__(self, data: Path, options: FitOptions) -> None:
        import torch

        from dubber.translation.model import Net

        if not (data / "data.json").exists():
            raise NoInputError("no prepared data", subject=data, cure="prepare it first")
        self.manifest: dict[str, Any] = json.loads((data / "data.json").read_text("utf-8"))
        languages = tuple(self.manifest["scripts"])
        self.special = specials(data / VOCABULARY_MODEL, languages)
        self._encoded = Encoded.load(
            data, languages=languages, corpora=tuple(self.manifest["corpora"])
        )
        self._options = options
        torch.manual_seed(options.seed)
        self.net: Net = Net(options.net)
        self._average = {name: w.detach().clone() for name, w in self.net.named_parameters()}
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), betas=(0.9, 0.98), weight_decay=options.weight_decay, fused=True
        )
        self._table = token_table(self._encoded, options.net.vocabulary) if options.guide else None
        self.step = 0
        self.tokens = 0
        self.drawer = self._drawer(0)

    def _drawer(self, skip: int) -> Drawer:
        rules = self.manifest["corpora"]
        weights: Mapping[str, float] = {name: rule["weight"] for name, rule in rules.items()}
        sampling = self._options.sampling
        if sampling.corpora is None:
            sampling = replace(sampling, corpora=weights)
        return Drawer(self._encoded, self.special, sampling, seed=self._options.seed, skip=skip)

    def learn(self, batch: Batch, share: Share) -> float:
        """One step on one batch a process; this one's loss a token, in nats, smoothing included."""
        import torch

        options = self._options
        self.step += 1
        self.tokens += batch.tokens * options.processes
        for group in self._optimizer.param_groups:
            group["lr"] = options.rate(self.step)
        source = torch.from_numpy(batch.source)
        target = torch.from_numpy(batch.target)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            loss, looks = token_loss(
                self.net, source, target, pad=self.special.pad, smoothing=options.smoothing
            )
            value = float(loss.detach())
            if self._table is not None:
                aim = torch.from_numpy(aims(self._table, batch.source, batch.target[:, 1:]))
                loss = loss - options.guide * (aim * looks()).sum() / batch.tokens
        if not math.isfinite(value):
            raise DataError(f"the loss is {value} at step {self.step}", cure="lower the rate")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        share(self.net.parameters())
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), options.clip)
        self._optimizer.step()
        keep = min(options.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, weight in self.net.named_parameters():
                self._average[name].lerp_(weight, 1 - keep)
        return value

    def save(self, path: Path) -> None:
        """Everything that going on needs, beside, then renamed into place."""
        from safetensors.torch import save_file

        tensors = {f"average.{name}": weight for name, weight in self._average.items()}
        for name, weight in self.net.named_parameters():
            tensors[f"net.{name}"] = weight.detach()
            for key, value in self._optimizer.state[weight].items():
                tensors[f"optimizer.{key}.{name}"] = value
        facts = {
            "schema": "mt-checkpoint/1",
            "step": self.step,
            "tokens": self.tokens,
            "round": self.drawer.round,
            "options": asdict(self._options),
            "scripts": self.manifest["scripts"],
            "hubs": self.manifest["hubs"],
        }
        draft = path.with_name(f".{path.name}.part")
        save_file(tensors, str(draft), {"facts": json.dumps(facts)})
        draft.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from the checkpoint at `path`. DataError if it is of another network."""
        import torch

        tensors, facts = read_checkpoint(path)
        theirs = facts["options"]["net"] | {"dropout": self._options.net.dropout}
        if theirs != asdict(self._options.net):
            raise DataError("a checkpoint of another network", subject=path)
        self.step, self.tokens = facts["step"], facts["tokens"]
        with torch.no_grad():
            for name, weight in self.net.named_parameters():
                weight.copy_(tensors[f"net.{name}"])
                self._average[name].copy_(tensors[f"average.{name}"])
                self._optimizer.state[weight] = {
                    key: tensors[f"optimizer.{key}.{name}"].clone()
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }
        self.drawer = self._drawer(facts["round"])


def token_loss(
    net: Net, source: torch.Tensor, target: torch.Tensor, *, pad: int, smoothing: float
) -> tuple[torch.Tensor, Callable[[], torch.Tensor]]:
    """Mean cross-entropy a target token: source (B, S), target (B, T + 1), padding left out; and
    what gives the log-probabilities (B, T, S) of where the decoder looked."""
    from torch.nn import functional

    memory, mask = net.encode(source, pad=pad)
    hidden, looks = net.decode_looking(target[:, :-1], memory, mask)
    wanted = target[:, 1:]
    real = wanted != pad
    logits = net.project(hidden[real])  # (tokens, V)
    loss = functional.cross_entropy(logits.float(), wanted[real], label_smoothing=smoothing)
    return loss, looks


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors of a checkpoint and the facts in its header."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        facts = json.loads(file.metadata()["facts"])
    return tensors, facts


def _log(path: Path, run: _Run, loss: float) -> None:
    line = {"step": run.step, "tokens": run.tokens, "loss": round(loss, 4)}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
