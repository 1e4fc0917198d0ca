"""Layers on rows `(batch, time, channels)`, the layout in which the networks of diffusion work.

With the channels of a moment next to each other, patching and attention need no copies, convolutions no reordering:
in bfloat16 on a CPU they are two to five times as fast as on `(batch, channels, time)`. Time runs open, with zeros
around it, or circular, where the last moment leads into the first.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

NARROW = 32
"""Channels below which PyTorch's norm of bfloat16 rows is slower than that of float32, casts included (CPU)."""


class Conv(nn.Linear):
    """Convolution with a kernel of 3, `(batch, time, channels)` to `(batch, time, out_channels)`.

    The weight is `(out_channels, 3 * channels)`, earliest tap first, so that a matrix product of each moment beside its
    neighbours needs no reordering of it. That is the faster way where the weight is the larger part of the work.
    """

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__(3 * channels, out_channels)
        self.channels = channels

    def forward(self, rows: Tensor, circular: bool = False) -> Tensor:
        if rows.shape[1] <= self.channels:
            beside = torch.cat([earlier(rows, circular), rows, later(rows, circular)], -1)
            return functional.linear(beside, self.weight, self.bias)
        if circular:
            rows = torch.cat([rows[:, -1:], rows, rows[:, :1]], 1)
        image = rows.transpose(1, 2).unsqueeze(2)
        weight = self.weight.view(self.out_features, 3, self.channels).transpose(1, 2).unsqueeze(2)
        output = functional.conv2d(image, weight, self.bias, padding=(0, 0 if circular else 1))
        return output.squeeze(2).transpose(1, 2).contiguous()


class Down(nn.Linear):
    """Divides time by `factor`: a strided convolution whose kernel is its stride, as a matrix product of patches."""

    def __init__(self, channels: int, out_channels: int, factor: int) -> None:
        super().__init__(factor * channels, out_channels)

    def forward(self, rows: Tensor) -> Tensor:
        return functional.linear(patched(rows, self.in_features), self.weight, self.bias)


class Up(nn.Linear):
    """Multiplies time by `factor`: every moment repeated, then a convolution with a kernel of 3.

    All phases share the same weights, so that no checkerboard can arise, as it does with a transposed convolution. A
    tap gives the same for all repeats of a moment, so the taps are multiplied before repeating and only sums follow:
    1 / factor of the products of a convolution behind the repeating, and the same result.
    The weight is `(3 * out_channels, channels)`, the outputs of the earliest tap first.
    """

    def __init__(self, channels: int, out_channels: int, factor: int) -> None:
        super().__init__(channels, 3 * out_channels, bias=False)
        self.factor = factor
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, rows: Tensor, circular: bool = False) -> Tensor:
        first, middle, last = functional.linear(rows, self.weight).chunk(3, -1)
        middle = middle + self.bias.to(middle.dtype)
        if self.factor == 1:
            return earlier(first, circular) + middle + later(last, circular)
        phases = [earlier(first, circular) + middle + last]
        if self.factor > 2:
            phases += [first + middle + last] * (self.factor - 2)
        phases.append(first + middle + later(last, circular))
        return torch.stack(phases, 2).flatten(1, 2)


def earlier(rows: Tensor, circular: bool) -> Tensor:
    """What stands one moment before each."""
    before = rows[:, -1:] if circular else torch.zeros_like(rows[:, :1])
    return torch.cat([before, rows[:, :-1]], 1)


def later(rows: Tensor, circular: bool) -> Tensor:
    """What stands one moment after each."""
    after = rows[:, :1] if circular else torch.zeros_like(rows[:, :1])
    return torch.cat([rows[:, 1:], after], 1)


def patched(rows: Tensor, channels: int) -> Tensor:
    """The same numbers with another count of channels a moment: moments side by side, or one taken apart."""
    return rows.reshape(rows.shape[0], -1, channels)


def group_norm(rows: Tensor, groups: int, weight: Tensor, bias: Tensor, narrow: int = NARROW) -> Tensor:
    """Group norm (arXiv 1803.08494) whose weight and bias are of one sound or of each, `(1 or batch, channels)`."""
    if rows.shape[-1] < narrow and rows.dtype == torch.bfloat16:
        rows = rows.float()
    image = rows.transpose(1, 2).unsqueeze(2)
    if weight.shape[0] == 1:
        image = functional.group_norm(image, groups, weight[0].to(rows.dtype), bias[0].to(rows.dtype))
        return image.squeeze(2).transpose(1, 2).contiguous()
    normed = functional.group_norm(image, groups).squeeze(2).transpose(1, 2).contiguous()
    return torch.addcmul(bias[:, None].to(rows.dtype), normed, weight[:, None].to(rows.dtype))


def layer_norm(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Layer norm whose weight and bias are of one sound or of each, `(1 or batch, channels)`."""
    if weight.shape[0] == 1:
        return functional.layer_norm(rows, rows.shape[-1:], weight[0].to(rows.dtype), bias[0].to(rows.dtype))
    normed = functional.layer_norm(rows, rows.shape[-1:])
    return torch.addcmul(bias[:, None].to(rows.dtype), normed, weight[:, None].to(rows.dtype))


def silu(rows: Tensor) -> Tensor:
    """Each x sigmoid(x); overwrites its input where no gradient is wanted."""
    return functional.silu(rows, inplace=not torch.is_grad_enabled())
