"""The projected discriminator: small networks on randomly mixed features of frozen ones (arXiv 2111.01007, section 3).

Time is circular in everything that mixes or learns, so that no seam lies at a border; bands end in zeros.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from tritone.families.gan.minibatch import with_deviation

SCALES = 4
SLOPE = 0.2
LEAST = 1e-4
"""Added to the deviation that a channel is divided by."""


class ProjectedDiscriminator(nn.Module):
    """Four small discriminators at four scales for each frozen network."""

    def __init__(
        self, *, widths: Sequence[Sequence[int]], mixed: int, width: int, condition: int = 0, seed: int = 0
    ) -> None:
        """`widths` are the channels of the four maps of each network, the finest first (`FrozenFeatures.widths`).

        `mixed` counts the channels of the finest mixed features, twice, four and eight times as many at the coarser
        ones; `width` the channels at the end of each small network; `condition` the columns of the condition, 0 for
        none. `seed` decides the frozen mixing.
        """
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.mixing = nn.ModuleList(Mixing(each, mixed, generator) for each in widths)
        self.judges = nn.ModuleList(
            Judge(inputs=inputs, least=mixed, width=width, blocks=SCALES - scale, condition=condition)
            for _ in widths
            for scale, inputs in enumerate(Mixing.channels(mixed))
        )

    def forward(self, features: Sequence[Sequence[Tensor]], condition: Tensor | None = None) -> list[Tensor]:
        """Logits `(batch, places)` of every small discriminator, network by network, the finest scale first.

        `features` holds four maps `(batch, channels, bands, frames)` for each network, `condition (batch, columns)`.
        """
        mixed = [each for mixing, maps in zip(self.mixing, features, strict=True) for each in mixing(maps)]
        return [judge(each, condition) for judge, each in zip(self.judges, mixed, strict=True)]

    @torch.no_grad()
    def fit(self, features: Sequence[Sequence[Tensor]]) -> None:
        """Let every channel of the small networks have zero mean and unit variance over these features."""
        mixed = [each for mixing, maps in zip(self.mixing, features, strict=True) for each in mixing(maps)]
        for judge, each in zip(self.judges, mixed, strict=True):
            assert isinstance(judge, Judge)
            judge.fit(each)


class Mixing(nn.Module):
    """Cross-channel and cross-scale mixing by random 1x1 convolutions that never learn (section 3.2, figure 2).

    Their weights are buffers: saved with a run, seen by no optimiser.
    """

    def __init__(self, widths: Sequence[int], mixed: int, generator: torch.Generator) -> None:
        super().__init__()
        across = [mixed * 2**scale for scale in range(SCALES)]
        self.across = nn.ModuleList(FixedMix(a, b, generator) for a, b in zip(widths, across, strict=True))
        pairs = zip(across, self.channels(mixed), strict=True)
        self.upwards = nn.ModuleList(FixedMix(a, b, generator) for a, b in pairs)

    @staticmethod
    def channels(mixed: int) -> list[int]:
        """Channels of the mixed maps, the finest first."""
        return [mixed, mixed, 2 * mixed, 4 * mixed]

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Four maps to four mixed ones of the same sizes; a finer one contains all coarser ones."""
        mixed: list[Tensor] = []
        for across, upwards, features in reversed(list(zip(self.across, self.upwards, maps, strict=True))):
            features = across(features)
            if mixed:
                features = features + enlarge(mixed[0], features.shape[-2], features.shape[-1])
            mixed.insert(0, upwards(features))
        return mixed


class FixedMix(nn.Module):
    """A 1x1 convolution with PyTorch's default random weights, drawn from `generator` and fixed."""

    weight: Tensor
    bias: Tensor

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = inputs**-0.5
        for name, shape in (("weight", (outputs, inputs, 1, 1)), ("bias", (outputs,))):
            self.register_buffer(name, torch.empty(shape).uniform_(-bound, bound, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, inputs, bands, frames)` to `(batch, outputs, bands, frames)`."""
        return functional.conv2d(x, self.weight, self.bias)


class Judge(nn.Module):
    """One small discriminator: blocks that halve the map, the minibatch deviation, and a logit for each place.

    With a condition, <embedding(condition), features> is added to the logits (arXiv 1802.05637, section 3).
    """

    def __init__(self, *, inputs: int, least: int, width: int, blocks: int, condition: int) -> None:
        """Channels end at `width`, half as many a block before, but not fewer than `least` (or `width`)."""
        super().__init__()
        sizes = [inputs, *(max(width >> (blocks - 1 - block), min(least, width)) for block in range(blocks))]
        self.blocks = nn.Sequential(*(Halving(a, b) for a, b in pairwise(sizes)))
        self.score = CircularConv(width + 1, 1)
        self.features = spectral_norm(nn.Conv2d(width, width, 1)) if condition else None
        self.embedding = spectral_norm(nn.Linear(condition, width)) if condition else None

    def fit(self, x: Tensor) -> None:
        """Let every channel of the blocks have zero mean and unit variance over `x (batch, inputs, bands, frames)`."""
        for block in self.blocks:
            assert isinstance(block, Halving)
            x = block.fit(x)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        """`x (batch, inputs, bands, frames)` and `condition (batch, columns)` to float32 logits `(batch, places)`."""
        x = self.blocks(x)
        logits = self.score(with_deviation(x))
        if self.embedding is not None and self.features is not None:
            wanted = self.embedding(condition)[:, :, None, None]
            logits = logits + (self.features(x) * wanted).sum(dim=1, keepdim=True) * wanted.shape[1] ** -0.5
        return logits.flatten(1).float()


class Halving(nn.Module):
    """Separable convolution that halves the map: 3x3 by channel, mean of 2x2 places (fewer at an odd end), 1x1; then
    scale and shift by channel, and leaky ReLU.

    The paper has batch norm: but what a sound gets is not to depend on the sounds beside it or on the process that
    judges it, and a norm over each sound would hide how loud it is. So scale and shift start at what standardises real
    sound (`fit`, once; as in arXiv 1602.07868, section 3) and learn from there. The mean before the 1x1 makes a strided
    4x4 of both, as in the paper, and a block half as dear as with it at the end.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spatial = CircularConv(inputs, inputs, groups=inputs)
        self.pointwise = spectral_norm(nn.Conv2d(inputs, outputs, 1, bias=False))
        self.scale = nn.Parameter(torch.ones(outputs, 1, 1))
        self.shift = nn.Parameter(torch.zeros(outputs, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, inputs, bands, frames)` to `(batch, outputs, ceil(bands / 2), ceil(frames / 2))`."""
        x = self._mixed(x)
        return functional.leaky_relu(torch.addcmul(self.shift.to(x), x, self.scale.to(x)), SLOPE)

    @torch.no_grad()
    def fit(self, x: Tensor) -> Tensor:
        """Set scale and shift so that what `x` becomes has zero mean and unit variance; gives what it becomes."""
        mixed = self._mixed(x)
        mean, std = mixed.mean((0, 2, 3)), mixed.std((0, 2, 3))
        self.scale.copy_(1 / (std + LEAST)[:, None, None])
        self.shift.copy_(-mean[:, None, None] * self.scale)
        return self(x)

    def _mixed(self, x: Tensor) -> Tensor:
        return self.pointwise(functional.avg_pool2d(self.spatial(x), 2, ceil_mode=True, count_include_pad=False))


class CircularConv(nn.Module):
    """3x3 convolution with spectral norm, circular in time, zeros beyond the bands; the size stays."""

    def __init__(self, inputs: int, outputs: int, groups: int = 1) -> None:
        super().__init__()
        self.conv = spectral_norm(nn.Conv2d(inputs, outputs, 3, padding=(1, 0), groups=groups))

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, inputs, bands, frames)` to `(batch, outputs, bands, frames)`."""
        return self.conv(torch.cat([x[..., -1:], x, x[..., :1]], dim=-1))


def enlarge(x: Tensor, bands: int, frames: int) -> Tensor:
    """`x (batch, channels, rows, columns)` at `(bands, frames)` places by linear interpolation, circular in time."""
    columns = x.shape[-1]
    if columns != frames:
        place = (torch.arange(frames, device=x.device) + 0.5) * (columns / frames) - 0.5
        before = place.floor()
        share = (place - before).to(x.dtype)[:, None]
        x = x.permute(0, 2, 3, 1)  # channels last: whole columns are copied
        left, right = (x.index_select(2, (before.long() + side) % columns) for side in (0, 1))
        x = left.lerp(right, share).permute(0, 3, 1, 2)
    return functional.interpolate(x, size=(bands, frames), mode="bilinear", align_corners=False)
