"""What a level of the U-Net is made of. All works on rows `(batch, time, channels)`."""

import torch
from torch import Tensor, nn

from tritone.nn.diffusion.attention import CrossAttention, SelfAttention, rotary
from tritone.nn.diffusion.rows import Conv, group_norm, silu


class Norm(nn.Module):
    """Group norm whose scale and shift are learned."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.groups = min(groups, channels)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, rows: Tensor) -> Tensor:
        return group_norm(rows, self.groups, self.weight[None], self.bias[None])


class ModulatedNorm(nn.Module):
    """Group norm whose scale and shift follow from the embedded time (FiLM, arXiv 1709.07871)."""

    def __init__(self, channels: int, groups: int, features: int) -> None:
        super().__init__()
        self.groups = min(groups, channels)
        self.modulation = nn.Linear(features, 2 * channels)

    def forward(self, rows: Tensor, embedded: Tensor) -> Tensor:
        scale, shift = self.modulation(embedded).chunk(2, -1)
        return group_norm(rows, self.groups, 1 + scale, shift)


class Residual(nn.Module):
    """Norm, SiLU, convolution; modulated norm, SiLU, convolution; the input added."""

    def __init__(self, channels: int, *, groups: int, features: int) -> None:
        super().__init__()
        self.norm1 = Norm(channels, groups)
        self.conv1 = Conv(channels, channels)
        self.norm2 = ModulatedNorm(channels, groups, features)
        self.conv2 = Conv(channels, channels)

    def forward(self, rows: Tensor, embedded: Tensor, circular: bool) -> Tensor:
        inner = self.conv1(silu(self.norm1(rows)), circular)
        return rows + self.conv2(silu(self.norm2(inner, embedded)), circular)


class Item(nn.Module):
    """A residual block, then attention to the sound itself and to tokens where a level has them."""

    def __init__(
        self, channels: int, *, groups: int, features: int, heads: int, head_features: int, attends: bool, tokens: int
    ) -> None:
        super().__init__()
        self.residual = Residual(channels, groups=groups, features=features)
        self.attention_norm: nn.LayerNorm | None = None
        self.attention: SelfAttention | None = None
        if attends:
            self.attention_norm = nn.LayerNorm(channels)
            self.attention = SelfAttention(channels, heads=heads, head_features=head_features)
        self.cross_norm: nn.LayerNorm | None = None
        self.cross: CrossAttention | None = None
        if tokens:
            self.cross_norm = nn.LayerNorm(channels)
            self.cross = CrossAttention(channels, heads=heads, head_features=head_features, token_features=tokens)

    def forward(
        self,
        rows: Tensor,
        embedded: Tensor,
        turns: Tensor | None,
        tokens: Tensor | None,
        mask: Tensor | None,
        circular: bool,
    ) -> Tensor:
        rows = self.residual(rows, embedded, circular)
        if self.attention is not None and self.attention_norm is not None and turns is not None:
            rows = rows + self.attention(self.attention_norm(rows), turns)
        if self.cross is not None and self.cross_norm is not None and tokens is not None:
            rows = rows + self.cross(self.cross_norm(rows), tokens, mask)
        return rows


class Stage(nn.Module):
    """All items of one level in one direction; `context` channels are laid beside its input.

    A 1 x 1 convolution of rows and context side by side is the sum of one of each; that of the rows is left out, as
    the items follow.
    """

    def __init__(
        self,
        channels: int,
        *,
        items: int,
        groups: int,
        features: int,
        heads: int,
        head_features: int,
        attends: bool,
        tokens: int,
        context: int,
    ) -> None:
        super().__init__()
        self.context = nn.Linear(context, channels) if context else None
        self.turned_features = head_features if attends else 0
        self.items = nn.ModuleList(
            Item(
                channels,
                groups=groups,
                features=features,
                heads=heads,
                head_features=head_features,
                attends=attends,
                tokens=tokens,
            )
            for _ in range(items)
        )

    def forward(
        self,
        rows: Tensor,
        embedded: Tensor,
        context: Tensor | None,
        tokens: Tensor | None,
        mask: Tensor | None,
        circular: bool,
    ) -> Tensor:
        if self.context is not None and context is not None:
            rows = rows + self.context(context)
        turns: Tensor | None = None
        if self.turned_features > 0:
            turns = rotary(rows.shape[1], self.turned_features, circular, rows.device)
        for item in self.items:
            rows = item(rows, embedded, turns, tokens, mask, circular)
        return rows
