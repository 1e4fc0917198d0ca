"""Who tells a student's sound from real sound, both under the same noise (ARC, arXiv 2505.08175)."""

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.diffusion.attention import rotary
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.lengths import laid_out
from tritone.nn.diffusion.networks import Network
from tritone.nn.diffusion.objective import Denoiser, scales
from tritone.nn.diffusion.rows import Conv, Down, patched, silu
from tritone.nn.diffusion.transformer import Transformer
from tritone.nn.diffusion.unet import UNet
from tritone.nn.diffusion.unet_blocks import Norm
from tritone.nn.noise import sample_normal

Logits = Sequence[Tensor]
"""Scores `(batch, places)` of every head; above 0 for what is taken to be real."""
WIDTH, GROUPS = 128, 8
"""Channels of a head, and groups of its norms."""
STEP = 0.01
"""Length of the step by which a slope is measured."""


class DescentBackbone(nn.Module):
    """A copy of a U-Net's way down; gives the rows `(batch, places, channels)` of the coarser half of its levels."""

    def __init__(self, body: UNet) -> None:
        super().__init__()
        self.first_factor = body.first_factor
        self.embedding, self.entry, self.down = deepcopy(body.embedding), deepcopy(body.entry), deepcopy(body.down)

    def forward(self, x: Tensor, time: Tensor, conditions: Conditions) -> list[Tensor]:
        embedded = self.embedding(time, conditions.vector)
        rows = self.entry(patched(x.transpose(1, 2), self.first_factor * x.shape[1]), False)
        found = []
        for level in self.down:
            rows = level(rows, embedded, None, conditions.tokens, conditions.mask, False)
            found.append(rows)
        return found[len(found) // 2 :]


class BlocksBackbone(nn.Module):
    """A copy of the first half of a transformer's blocks; gives the rows `(batch, places, channels)` behind them."""

    def __init__(self, body: Transformer) -> None:
        super().__init__()
        self.patch, self.head_features = body.patch, body.head_features
        self.embedding, self.entry = deepcopy(body.embedding), deepcopy(body.entry)
        self.blocks = deepcopy(body.blocks[: (len(body.blocks) + 1) // 2])

    def forward(self, x: Tensor, time: Tensor, conditions: Conditions) -> list[Tensor]:
        embedded = self.embedding(time, conditions.vector)
        rows = self.entry(patched(x.transpose(1, 2), self.patch * x.shape[1]))
        turns = rotary(rows.shape[1], self.head_features, False, rows.device)
        for block in self.blocks:
            rows = block(rows, embedded, turns, conditions.tokens, conditions.mask)
        return [rows]


class Head(nn.Module):
    """Rows `(batch, places, channels)` to a score for each place, `(batch, places)`: two convolutions of 3 places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm, self.inner_norm = nn.LayerNorm(channels), Norm(WIDTH, GROUPS)
        self.inner, self.score = Conv(channels, WIDTH), Conv(WIDTH, 1)

    def forward(self, rows: Tensor) -> Tensor:
        inner = silu(self.inner_norm(self.inner(self.norm(rows))))
        return self.score(inner).squeeze(-1).float()


class Discriminator(nn.Module):
    """Heads on the first part of a copy of the teacher's network, which learns on. For models that take no channels
    or context beside the signal.

    It sees signals `(batch, channels, time)` of unit variance under noise of `sigma (batch,)`, scaled as the teacher
    sees them.
    """

    def __init__(self, teacher: Denoiser) -> None:
        super().__init__()
        network = teacher.network
        if not isinstance(network, Network):
            raise TypeError(f"a discriminator is made of a Network, not of {type(network).__name__}")
        self.objective, self.sigma_data, self.ratio = teacher.objective, teacher.sigma_data, network.ratio
        body = network.body
        self.backbone: DescentBackbone | BlocksBackbone
        if isinstance(body, UNet):
            self.backbone = DescentBackbone(body)
            shrinks = [each.out_features for each in body.down.modules() if isinstance(each, Down)]
            widths = [body.entry.out_features, *shrinks]
            widths = widths[len(body.down) // 2 :]
        elif isinstance(body, Transformer):
            self.backbone, widths = BlocksBackbone(body), [body.entry.out_features]
        else:
            raise TypeError(f"no backbone of a discriminator is known for {type(body).__name__}")
        self.backbone.requires_grad_(True)
        self.heads = nn.ModuleList(Head(width) for width in widths)

    def forward(self, x: Tensor, sigma: Tensor, conditions: Conditions) -> list[Tensor]:
        """Scores of noisy signals `x`, one `(batch, places)` from each head."""
        place = scales(self.objective, sigma[:, None, None], self.sigma_data)
        seen = laid_out(x.shape[-1], self.ratio, circular=False).extended(place.into * x)
        rows = self.backbone(seen, place.time[:, 0, 0], conditions)
        return [head(each) for head, each in zip(self.heads, rows, strict=True)]


def relativistic(better: Logits, worse: Logits) -> Tensor:
    """Mean ln(1 + exp(worse − better)), place by place of pairs: low where the better ones have the higher scores.

    The relativistic loss of R3GAN (arXiv 2501.05441, section 2) and of ARC. The discriminator takes real as better and
    the student's as worse, the student the other way round; in ARC's contrastive loss, what is rightly told is better
    than what is wrongly told.
    """
    terms = [functional.softplus(low - high).mean() for high, low in zip(better, worse, strict=True)]
    return torch.stack(terms).mean()


def slope(judge: Callable[[Tensor], Logits], x: Tensor, seeds: Tensor) -> Tensor:
    """Half the mean over scores of their squared gradient by the signal `x (batch, channels, time)`.

    R1 on real and R2 on made sound (arXiv 1801.04406, section 4.1), from the difference that a step of STEP in a
    random direction makes (arXiv 2501.08316): right on average for small steps, and with no gradient of
    gradients. `seeds`, int64 `(batch,)`, draw the directions.
    """
    direction = sample_normal(seeds, x.shape[1:], x.device)
    pairs = zip(judge(x), judge(x + STEP * direction), strict=True)
    return torch.stack([((there - here) / STEP).square().mean() / 2 for here, there in pairs]).mean()
