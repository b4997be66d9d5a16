"""The networks of the lip generator. Shapes are (batch, channels, height, width).

`MouthNet` is ours: after the landmark-driven U-Nets of the talking-head literature (Zakharov et al.
2019, "Few-Shot Adversarial Learning of Realistic Neural Talking Head Models"), with the step that
makes it small and quick to learn taken out of it: references come in already bent to the wanted
mouth (`canvas.bent_to`), so that the network only fills, mixes and mends. `PatchCritic` is the
patch discriminator of Isola et al. 2017, "pix2pix", smaller and without norms.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from dubber.lipsync.gan.canvas import CHANNELS, REFERENCES

FINE = 5  # pixels: the critic sees what their mean does not show
ENLARGED = 8.0


@dataclass(frozen=True, slots=True)
class MouthNetSizes:
    widths: tuple[int, ...] = (32, 64, 112, 160)  # channels at 1/2, 1/4, 1/8, 1/16 of the canvas

    @property
    def features(self) -> int:
        """Channels before the last convolution: the decoder's, and the pixels of the mixture and
        of each reference."""
        return self.widths[0] + 12 + 12 * REFERENCES


class Block(nn.Module):  # type: ignore[misc]
    """Two 3 x 3 convolutions around which the input goes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner: torch.Tensor = self.second(functional.silu(self.first(functional.silu(x))))
        return x + inner


class MouthNet(nn.Module):  # type: ignore[misc]
    """From what is shown (B, CHANNELS, H, W) uint8 to the lower face (B, 3, H, W), about 0..1.

    `gate` says for each pixel how much of each reference is taken, and `head`, the last
    convolution, mends the mixture. It is linear and sees the references' pixels: it can be solved
    again for one person in closed form (`adapt`).
    """

    def __init__(self, sizes: MouthNetSizes | None = None) -> None:
        super().__init__()
        self.sizes = sizes or MouthNetSizes()
        w = self.sizes.widths
        self.stem = nn.Conv2d(4 * CHANNELS, w[0], 3, padding=1)
        pairs = list(itertools.pairwise(w))
        self.encode = nn.ModuleList(Block(a) for a, _ in pairs)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairs)
        self.middle = nn.Sequential(Block(w[-1]), Block(w[-1]))
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 3, padding=1) for a, b in reversed(pairs))
        self.join = nn.ModuleList(nn.Conv2d(2 * a, a, 1) for a, _ in reversed(pairs))
        self.decode = nn.ModuleList(Block(a) for a, _ in reversed(pairs))
        self.gate = nn.Conv2d(w[0], 4 * REFERENCES, 3, padding=1)
        self.head = nn.Conv2d(self.sizes.features, 12, 3, padding=1)
        self._start_as_mean()

    def _start_as_mean(self) -> None:
        """The untrained network shows the mean of its references, and a little of its own."""
        first = self.sizes.widths[0]
        with torch.no_grad():
            self.gate.weight *= 0.3
            self.gate.bias.zero_()
            self.head.weight[:, :first] *= 0.2  # not 0: through it the rest learns
            self.head.weight[:, first:] = 0
            self.head.bias.zero_()
            for channel in range(12):
                self.head.weight[channel, first + channel, 1, 1] = 1

    def features(self, shown: torch.Tensor) -> torch.Tensor:
        """What `head` sees: (B, sizes.features, H / 2, W / 2)."""
        return self.finished(shown, *self.begun(shown))

    def begun(self, shown: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As far as the decoder's last level: what goes up to it, (B, widths[1], H / 4, W / 4), and
        what went around the rest, (B, widths[0], H / 2, W / 2)."""
        x = self.stem(functional.pixel_unshuffle(self._unit(shown), 2))
        skipped = []
        for block, down in zip(self.encode, self.down, strict=True):
            x = block(x)
            skipped.append(x)
            x = down(x)
        x = self.middle(x)
        for level in range(len(self.up) - 1):
            x = self._risen(level, x, skipped.pop())
        return x, skipped[0]

    def finished(self, shown: torch.Tensor, x: torch.Tensor, skipped: torch.Tensor) -> torch.Tensor:
        """`features`, from what was `begun`."""
        x = self._risen(-1, x, skipped)
        shown = self._unit(shown)
        references = shown[:, 3 : 3 + 3 * REFERENCES].unflatten(1, (REFERENCES, 3))
        share = functional.pixel_shuffle(self.gate(x).to(shown.dtype), 2).softmax(1)
        mixed = (share[:, :, None] * references).sum(1)  # (B, 3, H, W)
        # then the folded references, each picture's twelve channels together
        own = functional.pixel_unshuffle(shown[:, 3 : 3 + 3 * REFERENCES], 2)
        return torch.cat([x.to(shown.dtype), functional.pixel_unshuffle(mixed, 2), own], 1)

    def _unit(self, shown: torch.Tensor) -> torch.Tensor:
        return shown.to(self.stem.weight.dtype) / 255 - 0.5

    def _risen(self, level: int, x: torch.Tensor, skipped: torch.Tensor) -> torch.Tensor:
        """Up to the decoder's `level`, and joined with what went around."""
        x = functional.pixel_shuffle(self.up[level](x), 2)
        return self.decode[level](self.join[level](torch.cat([x, skipped], 1)))

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        seen = self.features(shown)
        with torch.autocast(shown.device.type, enabled=False):  # bfloat16 is coarser than a level
            return functional.pixel_shuffle(self.head(seen), 2) + 0.5


class PatchCritic(nn.Module):  # type: ignore[misc]
    """How real each patch of a picture (B, 3, H, W) looks: (B, 1, H / 8, W / 8), and what each
    layer saw.

    It sees only what is finer than FINE pixels, enlarged: what is drawn differs from what is real
    by a fiftieth of full scale, and the colours that both share drown that. It is not told the
    drive either: beside its blacks and whites the difference is nothing (docs/training.md).
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        known = 3
        for number in range(3):
            wide = width * 2**number
            layers.append(nn.Conv2d(known, wide, 4, 2, 1))
            known = wide
        self.layers = nn.ModuleList(layers)
        self.last = nn.Conv2d(known, 1, 3, 1, 1)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        seen = []
        around = functional.pad(pictures, (FINE // 2,) * 4, mode="replicate")
        x = ENLARGED * (pictures - functional.avg_pool2d(around, FINE, 1))
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
            seen.append(x)
        return self.last(x), seen
