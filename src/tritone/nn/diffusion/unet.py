"""The one-dimensional U-Net: a ladder of levels, each coarser in time and wider in channels than the one above.

The ladder of audio-diffusion-pytorch 0.1 (Schneider et al., arXiv 2301.11757): on the way down each level patches time
and runs its items; on the way up it runs as many again, repeats time and joins the level above, times a gain that
follows from the time of diffusion. Deviations are listed in `families/diffusion/README.md`.
"""

import torch
from torch import Tensor, nn

from tritone.nn.diffusion.config import UNetConfig
from tritone.nn.diffusion.embedding import TimeEmbedding
from tritone.nn.diffusion.rows import Conv, Down, Up, patched, silu
from tritone.nn.diffusion.unet_blocks import Norm, Stage


class Descent(nn.Module):
    """Time divided on the way into a level, then its items."""

    def __init__(self, stage: Stage, shrink: Down | None) -> None:
        super().__init__()
        self.shrink, self.stage = shrink, stage

    def forward(
        self,
        rows: Tensor,
        embedded: Tensor,
        context: Tensor | None,
        tokens: Tensor | None,
        mask: Tensor | None,
        circular: bool,
    ) -> Tensor:
        if self.shrink is not None:
            rows = self.shrink(rows)
        return self.stage(rows, embedded, context, tokens, mask, circular)


class Ascent(nn.Module):
    """What comes from below, brought to the level's time, times a gain that follows from the embedded time, is added
    to what the level was on the way down; then the items.
    """

    def __init__(self, stage: Stage, grow: Up | None, gain: nn.Linear | None) -> None:
        super().__init__()
        self.grow, self.gain, self.stage = grow, gain, stage

    def forward(
        self,
        below: Tensor,
        level: Tensor,
        embedded: Tensor,
        context: Tensor | None,
        tokens: Tensor | None,
        mask: Tensor | None,
        circular: bool,
    ) -> Tensor:
        rows = level
        if self.grow is not None and self.gain is not None:
            gain = 1 + self.gain(embedded)[:, None]
            rows = torch.addcmul(level, self.grow(below, circular), gain.to(level.dtype))
        return self.stage(rows, embedded, context, tokens, mask, circular)


class UNet(nn.Module):
    """Noisy `(batch, inputs, time)` at `time` of diffusion to `(batch, outputs, time)`; time is a multiple of `ratio`.

    `down` holds the levels from fine to coarse, `up` from coarse to fine; the coarsest runs its items twice in a row.
    The last convolution starts at zero, so an untrained network gives zero. Plain tensors only: `torch.jit.script`
    takes it. `networks.Network` brings any length and the conditions into this shape.
    """

    def __init__(
        self, config: UNetConfig, *, inputs: int, outputs: int, context: int = 0, vector: int = 0, tokens: int = 0
    ) -> None:
        super().__init__()
        channels, factors, levels = config.channels, config.factors, range(len(config.channels))
        self.ratio, self.outputs, self.first_factor = config.ratio, outputs, factors[0]

        def stage(level: int) -> Stage:
            return Stage(
                channels[level],
                items=config.items[level],
                groups=config.groups,
                features=config.features,
                heads=config.heads,
                head_features=config.head_features,
                attends=bool(config.attentions[level]),
                tokens=tokens if config.cross_attentions and config.cross_attentions[level] else 0,
                context=context if level == config.context_level else 0,
            )

        self.embedding = TimeEmbedding(config.features, vector)
        self.entry = Conv(factors[0] * inputs, channels[0])
        self.down = nn.ModuleList(
            Descent(stage(i), Down(channels[i - 1], channels[i], factors[i]) if i else None) for i in levels
        )
        self.up = nn.ModuleList(
            Ascent(stage(i), Up(channels[i + 1], channels[i], factors[i + 1]), nn.Linear(config.features, channels[i]))
            if i + 1 < len(levels)
            else Ascent(stage(i), None, None)
            for i in reversed(levels)
        )
        self.last_norm = Norm(channels[0], config.groups)
        self.head = Conv(channels[0], factors[0] * outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        x: Tensor,
        time: Tensor,
        context: Tensor | None = None,
        vector: Tensor | None = None,
        tokens: Tensor | None = None,
        mask: Tensor | None = None,
        circular: bool = False,
    ) -> Tensor:
        """`context` is `(batch, time / ratio of its level, channels)`; see `Conditions` for the others."""
        embedded = self.embedding(time, vector)
        rows = patched(x.transpose(1, 2), self.first_factor * x.shape[1])
        rows = self.entry(rows, circular)
        levels: list[Tensor] = []
        for descent in self.down:
            rows = descent(rows, embedded, context, tokens, mask, circular)
            levels.append(rows)
        for ascent in self.up:
            rows = ascent(rows, levels.pop(), embedded, context, tokens, mask, circular)
        rows = self.head(silu(self.last_norm(rows)), circular)
        return patched(rows, self.outputs).transpose(1, 2)
