"""Fitting the generator to one face by gradient steps: more of it, in half a minute. Needs torch.

From the head that `adapt` solved, if that was worth it, the decoder's last level, the gate and the
head learn on from the person's own frames; what lies before them is computed once. Held-out frames
say when to end, and must come out better: otherwise the trained weights stay.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import EngineError
from dubber.lipsync.gan.adapt import GAIN, LEAST, Examples, Fitted, fit_head
from dubber.lipsync.gan.model import Head

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from dubber.lipsync.gan.model import MouthModel
    from dubber.lipsync.gan.nets import MouthNet

log = logging.getLogger(__name__)

STEPS = 120
BATCH = 8
RATE = 1e-4  # ten times it, and held-out frames are worse after twenty steps
WARM_STEPS = 20
AVERAGING = 0.95  # one step's weights are worse than the trained ones, which are an average
LOOK_STEPS = 10  # between two looks at the held-out frames
PATIENCE = 3  # looks without a better one, after which it ends
MOUTH_WEIGHT = 2.0


def fit_blocks(model: MouthModel, examples: Examples) -> Fitted:
    """Learn on for one person, from the solved head where that is worth it. EngineError if the
    network is not one of this version's."""
    if len(examples) < LEAST:
        return Fitted(model.head, solved=False)
    import torch

    if model.threads:
        torch.set_num_threads(model.threads)
    learner = _Learner(trained_net(model), examples)
    before = learner.error()
    solved = fit_head(model, examples)
    if solved.solved:
        learner.take(solved.head)
    after = learner.error()
    best, since = learner.weights(), 0
    for step in range(1, STEPS + 1):
        learner.learn(step)
        if step % LOOK_STEPS:
            continue
        error = learner.error()
        since = 0 if error < after else since + 1
        if error < after:
            after, best = error, learner.weights()
        elif since == PATIENCE:
            break
    if not after < GAIN * before:
        log.info("the trained mouth stays: held-out error %.2f, learnt %.2f", before, after)
        return Fitted(model.head, solved=False, before=before, after=after)
    log.info("learnt from a face: held-out mouth error %.2f -> %.2f of 255", before, after)
    head = Head(best.pop("head.weight"), best.pop("head.bias"))
    changes = {f"net.{name}": value for name, value in best.items()}
    return Fitted(head, solved=True, before=before, after=after, changes=changes)


def trained_net(model: MouthModel) -> MouthNet:
    """The exported network for torch, with the weights it was exported with."""
    import onnx
    import torch

    from dubber.lipsync.gan.nets import MouthNet, MouthNetSizes

    try:
        net: MouthNet = MouthNet(MouthNetSizes(tuple(model.facts["options"]["widths"])))
        graph = onnx.load(model.path, load_external_data=False).graph
        tensors = {
            part.name.removeprefix("net."): torch.tensor(onnx.numpy_helper.to_array(part))
            for part in graph.initializer
        }
        tensors["head.weight"] = torch.from_numpy(model.head.weight)
        tensors["head.bias"] = torch.from_numpy(model.head.bias)
        net.load_state_dict({name: tensors[name] for name in net.state_dict()})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(
            "a generator of another make, which cannot learn on",
            subject=model.path,
            cure="use --adapt fast",
        ) from error
    net.eval()
    return net


class _Learner:
    """The network's end, learning."""

    def __init__(self, net: MouthNet, examples: Examples) -> None:
        import torch

        self._net = net.requires_grad_(False)
        ends = [net.up[-1], net.join[-1], net.decode[-1], net.gate, net.head]
        learnt = {id(weight) for end in ends for weight in end.parameters()}
        self._named = {n: w for n, w in net.named_parameters() if id(w) in learnt}
        for weight in self._named.values():
            weight.requires_grad_(True)
        self._mean = {name: weight.detach().clone() for name, weight in self._named.items()}
        self._optimizer = torch.optim.AdamW(self._named.values(), betas=(0.9, 0.99), weight_decay=0)
        self._shown = torch.from_numpy(examples.shown)
        real = np.ascontiguousarray(examples.real.transpose(0, 3, 1, 2))
        self._real = torch.from_numpy(real).float() / 255
        self._covered = (torch.from_numpy(examples.covered)[:, None] > 0).float()
        self._mouths = (torch.from_numpy(examples.mouths)[:, None] > 0).float()
        with torch.no_grad():
            begun = [net.begun(part) for part in self._shown.split(BATCH)]
        self._begun = torch.cat([x for x, _ in begun]), torch.cat([around for _, around in begun])
        held = examples.held()
        self._known, self._asked = np.flatnonzero(~held), np.flatnonzero(held)
        self._random = np.random.default_rng(1)

    def take(self, head: Head) -> None:
        """Go on from another head."""
        import torch

        for name, value in (("head.weight", head.weight), ("head.bias", head.bias)):
            for place in (self._named[name].data, self._mean[name]):
                place.copy_(torch.from_numpy(value))

    def learn(self, step: int) -> None:
        """One step on a few of the frames that are not held out."""
        import torch

        from dubber.lipsync.gan.losses import edges, within

        count = min(BATCH, len(self._known))
        rows = self._random.choice(self._known, count, replace=False)
        covered, mouths = self._covered[rows], self._mouths[rows]
        drawn, real = self._drawn(rows), self._real[rows]
        off = (drawn - real).abs()
        loss = within(off, covered) + MOUTH_WEIGHT * within(off, mouths)
        loss = loss + edges(drawn, real, torch.maximum(mouths, covered / 2))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._named.values(), 1.0)
        for group in self._optimizer.param_groups:
            group["lr"] = RATE * min(1.0, step / WARM_STEPS, (STEPS + 1 - step) / STEPS)
        self._optimizer.step()
        keep = min(AVERAGING, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, weight in self._named.items():
                self._mean[name].lerp_(weight, 1 - keep)

    def error(self) -> float:
        """Of the averaged weights: the mean error of held-out mouths, of 255."""
        import torch

        from dubber.lipsync.gan.losses import within

        total = count = 0.0
        self._exchange()
        with torch.no_grad():
            for rows in np.array_split(self._asked, -(-len(self._asked) // BATCH)):
                off, mouths = (self._drawn(rows) - self._real[rows]).abs(), self._mouths[rows]
                share = float(mouths.sum())
                total, count = total + share * float(within(off, mouths)), count + share
        self._exchange()
        return 255 * total / max(count, 1.0)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The averaged weights of what learns, by name."""
        return {name: mean.numpy().copy() for name, mean in self._mean.items()}

    def _exchange(self) -> None:
        """The averaged weights take the place of the last step's, or the other way round."""
        for name, weight in self._named.items():
            weight.data, self._mean[name] = self._mean[name], weight.data

    def _drawn(self, rows: NDArray[np.intp]) -> torch.Tensor:
        from torch.nn import functional

        seen = self._net.finished(self._shown[rows], *(part[rows] for part in self._begun))
        return functional.pixel_shuffle(self._net.head(seen), 2) + 0.5
