"""The networks this one descends from, small and as they were published, driven by sound.

Wav2Lip (Prajwal et al. 2020, "A Lip Sync Expert Is All You Need"): generator, SyncNet expert and
quality critic with the published names of weights, so that published files load. LipGAN (KR et al.
2019, "Towards Automatic Face-to-Face Translation") and Speech2Vid (Chung et al. 2017, "You said
that?") after their papers and code; their files are of other frameworks.

Faces are BGR in 0..1, (B, C, 96, 96), Speech2Vid's 112; mel (B, 1, 80, 16), cepstra (B, 1, 12, 35).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.nn import functional

from dubber.lipsync.gan.expert import LipExpert

STILLS = 5  # pictures that tell Speech2Vid who speaks


class Conv(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Convolution, batch norm, ReLU; with `residual` the input is added before it."""

    def __init__(
        self,
        known: int,
        wide: int,
        kernel: int,
        stride: int | tuple[int, int],
        pad: int,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.Conv2d(known, wide, kernel, stride, pad), nn.BatchNorm2d(wide)
        )
        self.residual = residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.conv_block(x)
        return functional.relu(inner + x if self.residual else inner)


class BareConv(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Convolution and leaky ReLU, as the quality critic has them."""

    def __init__(
        self, known: int, wide: int, kernel: int, stride: int | tuple[int, int], pad: int
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(nn.Conv2d(known, wide, kernel, stride, pad))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.leaky_relu(self.conv_block(x), 0.01)


class UpConv(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Transposed convolution, batch norm, ReLU."""

    def __init__(
        self, known: int, wide: int, kernel: int, stride: int, pad: int, more: int = 0
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ConvTranspose2d(known, wide, kernel, stride, pad, more), nn.BatchNorm2d(wide)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.conv_block(x))


def _same(width: int, count: int) -> list[Conv]:
    return [Conv(width, width, 3, 1, 1, residual=True) for _ in range(count)]


def _heard(residuals: Sequence[int]) -> nn.Sequential:
    """Wav2Lip's audio encoder: (B, 1, 80, 16) to (B, 512, 1, 1)."""
    a, b, c, d = residuals
    return nn.Sequential(
        Conv(1, 32, 3, 1, 1), *_same(32, a),
        Conv(32, 64, 3, (3, 1), 1), *_same(64, b),
        Conv(64, 128, 3, 3, 1), *_same(128, c),
        Conv(128, 256, 3, (3, 2), 1), *_same(256, d),
        Conv(256, 512, 3, 1, 0), Conv(512, 512, 1, 1, 0),
    )  # fmt: skip


class Wav2Lip(nn.Module):  # type: ignore[misc]  # torch may be absent
    """A masked face and a reference (B, 6, 96, 96), and what is heard with it, to the face."""

    def __init__(self) -> None:
        super().__init__()
        levels = ((16, 32, 2), (32, 64, 3), (64, 128, 2), (128, 256, 2), (256, 512, 1))
        self.face_encoder_blocks = nn.ModuleList(
            [
                nn.Sequential(Conv(6, 16, 7, 1, 3)),
                *(nn.Sequential(Conv(a, b, 3, 2, 1), *_same(b, n)) for a, b, n in levels),
                nn.Sequential(Conv(512, 512, 3, 1, 0), Conv(512, 512, 1, 1, 0)),
            ]
        )
        self.audio_encoder = _heard((2, 2, 2, 1))
        ups = ((1024, 512), (768, 384), (512, 256), (320, 128), (160, 64))
        self.face_decoder_blocks = nn.ModuleList(
            [
                nn.Sequential(Conv(512, 512, 1, 1, 0)),
                nn.Sequential(UpConv(1024, 512, 3, 1, 0), *_same(512, 1)),
                *(nn.Sequential(UpConv(a, b, 3, 2, 1, 1), *_same(b, 2)) for a, b in ups),
            ]
        )
        self.output_block = nn.Sequential(
            Conv(80, 32, 3, 1, 1), nn.Conv2d(32, 3, 1, 1, 0), nn.Sigmoid()
        )

    def forward(self, heard: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
        seen = []
        for block in self.face_encoder_blocks:
            faces = block(faces)
            seen.append(faces)
        x = self.audio_encoder(heard)
        for block in self.face_decoder_blocks:
            x = torch.cat([block(x), seen.pop()], 1)
        drawn: torch.Tensor = self.output_block(x)
        return drawn


class SyncNet(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Wav2Lip's expert: five lower halves (B, 15, 48, 96) and what is heard, each to a unit
    vector (B, 512); their product is 1 when they belong together."""

    def __init__(self) -> None:
        super().__init__()
        self.face_encoder = nn.Sequential(
            Conv(15, 32, 7, 1, 3),
            Conv(32, 64, 5, (1, 2), 1), *_same(64, 2),
            Conv(64, 128, 3, 2, 1), *_same(128, 3),
            Conv(128, 256, 3, 2, 1), *_same(256, 2),
            Conv(256, 512, 3, 2, 1), *_same(512, 2),
            Conv(512, 512, 3, 2, 1), Conv(512, 512, 3, 1, 0), Conv(512, 512, 1, 1, 0),
        )  # fmt: skip
        self.audio_encoder = _heard((2, 2, 2, 2))

    def forward(
        self, heard: torch.Tensor, faces: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        audio = self.audio_encoder(heard).flatten(1)
        video = self.face_encoder(faces).flatten(1)
        return functional.normalize(audio, dim=1), functional.normalize(video, dim=1)


class QualityCritic(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Wav2Lip's: whether lower halves (B, 3, 48, 96) are real, (B, 1) in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        levels = ((64, 128, 5, 2), (128, 256, 5, 2), (256, 512, 3, 1), (512, 512, 3, 1))
        self.face_encoder_blocks = nn.ModuleList(
            [
                nn.Sequential(BareConv(3, 32, 7, 1, 3)),
                nn.Sequential(BareConv(32, 64, 5, (1, 2), 2), BareConv(64, 64, 5, 1, 2)),
                *(
                    nn.Sequential(BareConv(a, b, k, 2, p), BareConv(b, b, k, 1, p))
                    for a, b, k, p in levels
                ),
                nn.Sequential(BareConv(512, 512, 3, 1, 0), BareConv(512, 512, 1, 1, 0)),
            ]
        )
        self.binary_pred = nn.Sequential(nn.Conv2d(512, 1, 1, 1, 0), nn.Sigmoid())

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        for block in self.face_encoder_blocks:
            faces = block(faces)
        judged: torch.Tensor = self.binary_pred(faces).flatten(1)
        return judged


class LipGan(nn.Module):  # type: ignore[misc]  # torch may be absent
    """A reference and a masked face (B, 6, 96, 96), and cepstra, to the face. `residual` False
    is the paper's plain generator."""

    def __init__(self, *, residual: bool = True) -> None:
        super().__init__()
        kernels = (7, 5, 3, 3, 3, 3) if residual else (11, 7, 5, 3, 3, 3)
        counts = (0, 2, 3, 2, 2, 0) if residual else (0,) * 6
        widths = (6, 32, 64, 128, 256, 512, 512)
        self.face = nn.ModuleList(
            nn.Sequential(
                Conv(widths[n], widths[n + 1], k, 1 if n == 0 else 2, k // 2),
                *_same(widths[n + 1], counts[n]),
            )
            for n, k in enumerate(kernels)
        )
        self.whole = nn.Sequential(Conv(512, 512, 3, 1, 0), Conv(512, 512, 1, 1, 0))
        a, b, c, d = (3, 2, 2, 1) if residual else (0, 0, 0, 0)
        self.heard = nn.Sequential(
            Conv(1, 128, 3, 1, 1), *_same(128, a), nn.ZeroPad2d((0, 0, 1, 0)),
            Conv(128, 256, 3, (1, 2), 1), *_same(256, b),
            Conv(256, 512, 3, 2, 1), *_same(512, c),
            Conv(512, 512, 3, 2, 1), *_same(512, d),
            nn.Conv2d(512, 512, (4, 5)), nn.BatchNorm2d(512), nn.ReLU(), Conv(512, 512, 1, 1, 0),
        )  # fmt: skip
        self.start = UpConv(1024, 512, 3, 3, 0)
        ups = ((1024, 512), (1024, 256), (512, 128), (256, 64), (128, 32))
        more = 2 if residual else 0
        self.ups = nn.ModuleList(
            nn.Sequential(UpConv(a, b, 3, 2, 1, 1), *_same(b, more)) for a, b in ups
        )
        self.last = nn.Sequential(
            Conv(64, 16, 3, 1, 1), Conv(16, 16, 3, 1, 1), nn.Conv2d(16, 3, 1), nn.Sigmoid()
        )

    def forward(self, heard: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
        seen = []
        for block in self.face:
            faces = block(faces)
            seen.append(faces)
        x = self.start(torch.cat([self.whole(faces), self.heard(heard)], 1))
        for up in self.ups:
            x = up(torch.cat([x, seen.pop()], 1))
        drawn: torch.Tensor = self.last(torch.cat([x, seen.pop()], 1))
        return drawn


class LipGanCritic(nn.Module):  # type: ignore[misc]  # torch may be absent
    """Two towers: how far a face (B, 3, 96, 96) is from cepstra, (B,); 0: they belong together."""

    def __init__(self) -> None:
        super().__init__()

        def down(known: int, wide: int, kernel: int, stride: int | tuple[int, int]) -> nn.Module:
            return nn.Sequential(
                nn.Conv2d(known, wide, kernel, stride, kernel // 2),
                nn.InstanceNorm2d(wide),
                nn.LeakyReLU(0.2),
            )

        levels = ((3, 64, 7), (64, 128, 5), (128, 256, 3), (256, 512, 3), (512, 512, 3))
        self.face = nn.Sequential(*(down(a, b, k, 2) for a, b, k in levels), nn.Conv2d(512, 512, 3))
        self.heard = nn.Sequential(
            down(1, 64, 3, 1), down(64, 128, 3, 1), nn.ZeroPad2d((0, 0, 1, 0)),
            down(128, 256, 3, (1, 2)), down(256, 256, 3, 1), down(256, 256, 3, 2),
            down(256, 512, 3, 2), nn.Conv2d(512, 512, (4, 5)),
        )  # fmt: skip

    def forward(self, heard: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
        one = functional.normalize(self.heard(heard).flatten(1), dim=1)
        other = functional.normalize(self.face(faces).flatten(1), dim=1)
        return ((one - other) ** 2).sum(1).clamp(min=1e-12).sqrt()


class Speech2Vid(nn.Module):  # type: ignore[misc]  # torch may be absent
    """STILLS pictures and a masked face (B, 3 * STILLS + 3, 112, 112), and cepstra, to the face.

    Paddings are such that each skip meets a map of its size.
    """

    def __init__(self) -> None:
        super().__init__()
        known = 3 * STILLS + 3
        self.first = Conv(known, 96, 7, 2, 3)  # 56
        self.second = Conv(96, 256, 5, 2, 2)  # of 28: 14
        self.rest = nn.Sequential(
            Conv(256, 512, 3, 1, 1), Conv(512, 512, 3, 1, 1), Conv(512, 512, 3, 1, 1)
        )
        self.who = nn.Sequential(
            nn.Flatten(), nn.Linear(512 * 7 * 7, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU()
        )
        self.heard = nn.Sequential(
            Conv(1, 64, 3, 1, 1), Conv(64, 128, 3, 1, 1), nn.MaxPool2d((1, 2)),
            Conv(128, 256, 3, 1, 1), Conv(256, 256, 3, 1, 1), Conv(256, 512, 3, 1, 1),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512 * 6 * 8, 512), nn.ReLU(),
            nn.Linear(512, 256), nn.ReLU(),
        )  # fmt: skip
        self.start = nn.Linear(512, 98)
        self.ups = nn.ModuleList(
            [
                nn.Sequential(UpConv(2, 512, 6, 2, 2), Conv(512, 256, 5, 1, 2)),  # 14
                UpConv(256 + 256, 96, 5, 2, 2, 1),  # 28
                UpConv(96 + 96, 96, 5, 2, 2, 1),  # 56
                Conv(96 + 96, 64, 5, 1, 2),
            ]
        )
        self.last = nn.Sequential(nn.ConvTranspose2d(64, 3, 5, 2, 2, 1), nn.Sigmoid())

    def forward(self, heard: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
        large = self.first(faces)
        middle = functional.max_pool2d(large, 2)
        small = self.second(middle)
        who = self.who(self.rest(functional.max_pool2d(small, 2)))
        x = self.start(torch.cat([who, self.heard(heard)], 1)).view(-1, 2, 7, 7)
        for up, skip in zip(self.ups, (small, middle, large, None), strict=True):
            x = up(x)
            x = x if skip is None else torch.cat([x, skip], 1)
        drawn: torch.Tensor = self.last(x)
        return drawn


def plain_lipgan() -> LipGan:
    """The paper's generator without residuals."""
    return LipGan(residual=False)


#: By the name they are trained, converted and exported under.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "wav2lip": Wav2Lip,
    "syncnet": SyncNet,
    "wav2lip-critic": QualityCritic,
    "lipgan": LipGan,
    "lipgan-plain": plain_lipgan,
    "lipgan-critic": LipGanCritic,
    "speech2vid": Speech2Vid,
    "lip-expert": LipExpert,
}
