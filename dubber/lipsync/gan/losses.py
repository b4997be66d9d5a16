"""What the generator is judged by. All pictures (B, 3, H, W) in 0..1, masks (B, 1, H, W) 0 or 1."""

from __future__ import annotations

import torch
from torch.nn import functional

from dubber.lipsync.gan.canvas import WIDTH
from dubber.lipsync.gan.nets import PatchCritic
from dubber.training import Share

DOWN, ACROSS = (24, 80), (24, 104)  # of the canvas: the mouth, however wide open


def within(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of `values` (B, C, H, W) where `mask` is 1."""
    return (values * mask).sum() / (mask.sum() * values.shape[1]).clamp(min=1)


def edges(drawn: torch.Tensor, real: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """How far the differences of neighbouring pixels are off: blur costs what L1 forgives."""
    off = drawn - real
    across = (off[..., 1:] - off[..., :-1]).abs()
    down = (off[..., 1:, :] - off[..., :-1, :]).abs()
    return within(across, mask[..., 1:]) + within(down, mask[..., 1:, :])


def motion(drawn: torch.Tensor, real: torch.Tensor, mouth: torch.Tensor) -> torch.Tensor:
    """How far the change from a frame to the next is off, in pairs: rows 2n and 2n + 1."""
    off = drawn - real
    both = torch.maximum(mouth[0::2], mouth[1::2])
    return within((off[1::2] - off[0::2]).abs(), both)


class Adversary:
    """A critic with its own optimizer, in the way of audiocraft: `learn` makes it better,
    `judge` gives the generator's losses. It sees the middle of the canvas, and only patches that
    hold something of `mask` count. `share` as in `training`.
    """

    def __init__(self, *, width: int, learning_rate: float, share: Share) -> None:
        self.critic = PatchCritic(width)
        self.optimizer = torch.optim.Adam(
            self.critic.parameters(), lr=learning_rate, betas=(0.5, 0.99)
        )
        self._share = share

    def learn(self, drawn: torch.Tensor, real: torch.Tensor, mask: torch.Tensor) -> float:
        """One step on least squares (Mao et al. 2017); its loss, 0.5 where it knows nothing."""
        self.critic.requires_grad_(True)
        drawn, real, mask = (_middle(part) for part in (drawn, real, mask))
        scores, _ = self.critic(torch.cat([real, drawn.detach()]))
        share = _patches(mask, scores)
        true, false = scores.chunk(2)
        loss = within((true - 1) ** 2, share) + within(false**2, share)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._share(self.critic.parameters())
        self.optimizer.step()
        self.critic.requires_grad_(False)
        return float(loss.detach())

    def judge(
        self, drawn: torch.Tensor, real: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """How unreal `drawn` looks, and how far what the critic's layers see in it is off."""
        self.critic.requires_grad_(False)
        drawn, real, mask = (_middle(part) for part in (drawn, real, mask))
        scores, seen = self.critic(drawn)
        with torch.no_grad():
            _, wanted = self.critic(real)
        fooled = within((scores - 1) ** 2, _patches(mask, scores))
        apart = [
            within((a - b).abs(), _patches(mask, a)) for a, b in zip(seen, wanted, strict=True)
        ]
        return fooled, torch.stack(apart).mean()


def _middle(picture: torch.Tensor) -> torch.Tensor:
    times = picture.shape[-1] // WIDTH
    return picture[..., times * DOWN[0] : times * DOWN[1], times * ACROSS[0] : times * ACROSS[1]]


def _patches(mask: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return functional.adaptive_max_pool2d(mask, like.shape[-2:])
