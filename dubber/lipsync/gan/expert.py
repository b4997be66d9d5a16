"""A small expert on what is seen and heard together: a mouth and its sound, a frame at a time.

In the way of SyncNet (Chung and Zisserman 2016, "Out of Time: Automated Lip Sync in the Wild") and
Wav2Lip's expert: two encoders, one space. It differs in what makes it quick to train: a frame is
looked at once for all the windows it is in, a clip's every window is told from all the others at
once (InfoNCE: van den Oord et al. 2018), and both inputs come in relative to their own means
(`agreement`), so that a face and a microphone it never met look like those it did.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from dubber.lipsync.gan.agreement import DOWN, FRAMES, ROWS
from dubber.lipsync.mel import BANDS

WIDTH = 192  # of what is known about a frame
VECTOR = 128
DROPOUT = 0.2
NEAR, FAR = 2, 4  # frames: apart by NEAR is neither together nor apart, from FAR on it is apart


def _conv(known: int, wide: int, kernel: int, stride: int | tuple[int, int]) -> list[nn.Module]:
    return [
        nn.Conv2d(known, wide, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(wide),
        nn.ReLU(),
    ]


def _joined() -> nn.Sequential:
    """Frames in a row (B, WIDTH, n) to windows (B, VECTOR, n - FRAMES + 1)."""
    return nn.Sequential(
        nn.Dropout(DROPOUT),
        nn.Conv1d(WIDTH, 256, FRAMES, bias=False),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Dropout(DROPOUT),
        nn.Conv1d(256, VECTOR, 1),
    )


class Seen(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Mouths (B, n, DOWN, ACROSS), as `agreement.seen` gives them, to a unit vector a window:
    (B, n - FRAMES + 1, VECTOR)."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = nn.Sequential(
            *_conv(1, 24, 5, 2), *_conv(24, 48, 3, 2), *_conv(48, 96, 3, 2), *_conv(96, 128, 3, 2),
            nn.Flatten(), nn.Dropout(DROPOUT),
            nn.Linear(128 * (DOWN // 16) * 3, WIDTH, bias=False), nn.BatchNorm1d(WIDTH), nn.ReLU(),
        )  # fmt: skip
        self.window = _joined()

    def forward(self, mouths: torch.Tensor) -> torch.Tensor:
        each = self.frame(mouths.flatten(0, 1)[:, None])
        rows = each.unflatten(0, (mouths.shape[0], mouths.shape[1])).transpose(1, 2)
        return functional.normalize(self.window(rows).float(), dim=1).transpose(1, 2)


class HeardBy(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Sound (B, ROWS * n, BANDS), as `agreement.heard` gives it, to a unit vector a window:
    (B, n - FRAMES + 1, VECTOR)."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = nn.Sequential(
            *_conv(1, 24, 3, (1, 2)), *_conv(24, 48, 3, (2, 2)), *_conv(48, 96, 3, (ROWS // 2, 2))
        )
        self.flat = nn.Sequential(
            nn.Dropout(DROPOUT),
            nn.Conv1d(96 * BANDS // 8, WIDTH, 1, bias=False),
            nn.BatchNorm1d(WIDTH),
            nn.ReLU(),
        )
        self.window = _joined()

    def forward(self, sound: torch.Tensor) -> torch.Tensor:
        each = self.frame(sound[:, None])  # (B, 96, n, BANDS / 8)
        rows = self.flat(each.transpose(2, 3).flatten(1, 2))
        return functional.normalize(self.window(rows).float(), dim=1).transpose(1, 2)


class LipExpert(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Both, and `judge`: slope (as a logarithm) and offset of the odds that a window of each with
    product `p` belong together, exp(slope) * p + offset."""

    def __init__(self) -> None:
        super().__init__()
        self.seen, self.heard = Seen(), HeardBy()
        self.sharpness = nn.Parameter(torch.tensor(2.3))
        self.judge = nn.Parameter(torch.tensor([2.0, -3.0]))

    def forward(
        self, sound: torch.Tensor, mouths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self.heard(sound), self.seen(mouths)


def losses(net: LipExpert, sound: torch.Tensor, mouths: torch.Tensor) -> dict[str, torch.Tensor]:
    """`choose`: which of a clip's windows is heard with each that is seen, and the other way;
    `tell`: whether two belong together, both kinds counting the same."""
    heard, seen = net(sound, mouths)
    alike = seen @ heard.transpose(1, 2)  # (B, n, n)
    count = alike.shape[1]
    place = torch.arange(count, device=alike.device)
    apart = (place[:, None] - place).abs()
    near = (apart > 0) & (apart <= NEAR)
    scores = (alike * net.sharpness.exp()).masked_fill(near, -1e4)
    wanted = place.repeat(len(alike))
    choose = (
        functional.cross_entropy(scores.flatten(0, 1), wanted)
        + functional.cross_entropy(scores.transpose(1, 2).flatten(0, 1), wanted)
    ) / 2
    odds = net.judge[0].exp() * alike + net.judge[1]
    tell = (
        functional.softplus(-odds.diagonal(dim1=1, dim2=2)).mean()
        + functional.softplus(odds[:, apart >= FAR]).mean()
    )
    return {"choose": choose, "tell": tell}
