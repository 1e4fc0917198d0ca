"""Convolutions on blocks: one matrix product of the shifted rows, side by side, with the kernel."""

import torch
from torch import Tensor, nn

from tritone.nn.conv import ConvTranspose1d
from tritone.nn.streaming.memory import Memory, Start
from tritone.nn.streaming.plan import Place, Plan


class StreamingConv1d(nn.Module):
    """`tritone.nn.conv.Conv1d` on blocks `(batch, n * stride, in)` to `(batch, n, out)`.

    `weight` is `(out, in, taps)`, `right` how many samples it looks ahead offline. The last sample that an output needs
    may come before the last of its stride; so much less is remembered.
    """

    matrix: Tensor
    bias: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor | None, *, stride: int, dilation: int, right: int, place: Place, plan: Plan
    ) -> None:
        super().__init__()
        out_channels, in_channels, taps = weight.shape
        span = (taps - 1) * dilation + 1
        behind = span - 1 - (place.lag + right) % stride
        self.taps, self.stride, self.dilation, self.skip = taps, stride, dilation, max(0, -behind)
        self.register_buffer("matrix", weight.detach().permute(2, 1, 0).reshape(-1, out_channels).float().contiguous())
        zeros = torch.zeros(out_channels) if bias is None else bias.detach().float()
        self.register_buffer("bias", zeros.clone())
        self.biased = bias is not None
        self.start, self.memory = Start(place, plan), Memory(max(0, behind), in_channels, plan)

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        rows = signal.shape[1] // self.stride
        joined = self.memory(self.start(signal, clock), state)
        shifted: list[Tensor] = []
        for tap in range(self.taps):
            first = self.skip + tap * self.dilation
            shifted.append(joined[:, first : first + (rows - 1) * self.stride + 1 : self.stride])
        product = torch.cat(shifted, 2) @ self.matrix
        return product + self.bias if self.biased else product


class Mix(nn.Module):
    """A convolution of one tap and stride 1: each row by itself, so nothing is remembered."""

    matrix: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.register_buffer("matrix", weight.detach()[..., 0].T.float().contiguous())
        zeros = torch.zeros(weight.shape[0]) if bias is None else bias.detach().float()
        self.register_buffer("bias", zeros.clone())
        self.biased = bias is not None

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        product = signal @ self.matrix
        return product + self.bias if self.biased else product


class StreamingConvTranspose1d(nn.Module):
    """`tritone.nn.conv.ConvTranspose1d` on blocks `(batch, n, in)` to `(batch, n * stride, out)`, not yet cut."""

    matrix: Tensor
    bias: Tensor

    def __init__(self, layer: ConvTranspose1d, place: Place, plan: Plan) -> None:
        super().__init__()
        self.stride, self.channels = layer.stride[0], layer.out_channels
        early, late = layer.weight.detach().split(self.stride, -1)
        self.register_buffer("matrix", torch.cat([late, early]).transpose(1, 2).flatten(1).float().contiguous())
        zeros = torch.zeros(self.channels) if layer.bias is None else layer.bias.detach().float()
        self.register_buffer("bias", zeros.clone())
        self.biased = layer.bias is not None
        self.start, self.memory = Start(place, plan), Memory(1, layer.in_channels, plan)

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        joined = self.memory(self.start(signal, clock), state)
        rows = signal.shape[1]
        product = torch.cat([joined[:, :rows], joined[:, 1:]], 2) @ self.matrix
        output = product.view(signal.shape[0], rows * self.stride, self.channels)
        return output + self.bias if self.biased else output
