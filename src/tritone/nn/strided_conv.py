"""A strided convolution written as matrix products on channels-last signals: the work horse of the discriminators.

With time before channels, `STRIDE` neighbouring samples are one contiguous row, so a piece of the kernel as wide as the
stride is a plain matrix product on a view: nothing is unfolded, and only the pre-activations are kept for the backward
pass.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

STRIDE = 4
NARROW = 8
"""Up to this many input channels the kernel's window is copied out instead, which is cheaper than thin products."""


def _activated_rows(x: Tensor, kernel: int, slope: float) -> Tensor:
    """`(batch, time, channels)` to zero-padded, activated `(batch * rows, STRIDE * channels)`; see `_rows`."""
    batch, time, channels = x.shape
    rows, pad = _rows(time, kernel), kernel // 2
    padded = x.new_empty(batch, rows * STRIDE, channels)
    padded[:, :pad] = 0
    padded[:, pad + time :] = 0
    inner = padded[:, pad : pad + time]
    if slope == 1.0:
        inner.copy_(x)
    else:
        torch.ops.aten.leaky_relu.out(x, slope, out=inner)
    return padded.view(batch * rows, STRIDE * channels)


def _rows(time: int, kernel: int) -> int:
    """Rows of STRIDE samples in a padded signal: one for each output, and those its last window reaches into."""
    return -(-time // STRIDE) + (kernel - 1) // STRIDE


def _pieces(kernel: int, channels: int) -> list[tuple[int, slice]]:
    """By how many rows each piece of the kernel is shifted, and its columns in the flattened weight."""
    width, total = STRIDE * channels, kernel * channels
    return [(shift, slice(start, min(start + width, total))) for shift, start in enumerate(range(0, total, width))]


def _windows(rows: Tensor, columns: int) -> Tensor:
    """Every window of the kernel's width, one a row, copied out; those that reach past the end are zero-filled."""
    flat = rows.reshape(-1)
    flat = nn.functional.pad(flat, (0, columns))
    return flat.as_strided((len(rows), columns), (rows.shape[1], 1)).contiguous()


class _StridedConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, slope: float) -> Tensor:
        batch, time, channels = x.shape
        outputs, kernel, _ = weight.shape
        rows = _activated_rows(x, kernel, slope)
        flat, count = weight.reshape(outputs, -1), len(rows)
        if channels <= NARROW:
            y = torch.addmm(bias, _windows(rows, flat.shape[1]), flat.T)
        else:
            y = x.new_empty(count, outputs)
            for shift, columns in _pieces(kernel, channels):
                piece = flat[:, columns].T
                if shift == 0:
                    torch.addmm(bias, rows, piece, out=y)
                else:
                    y[: count - shift].addmm_(rows[shift:, : len(piece)], piece)
        ctx.save_for_backward(x, weight)
        ctx.slope = slope
        return y.view(batch, -1, outputs)[:, : -(-time // STRIDE)]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upper: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        outputs, kernel, _ = weight.shape
        batch, frames = upper.shape[:2]
        gradient = upper.new_empty(batch, _rows(x.shape[1], kernel), outputs)
        gradient[:, frames:] = 0
        gradient[:, :frames] = upper
        gradient = gradient.view(-1, outputs)
        wants_x, wants_weight, wants_bias, _ = ctx.needs_input_grad
        return (
            _input_gradient(gradient, x, weight, ctx.slope) if wants_x else None,
            _weight_gradient(gradient, x, weight, ctx.slope) if wants_weight else None,
            gradient.sum(0) if wants_bias else None,
            None,
        )


def _input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, slope: float) -> Tensor:
    batch, time, channels = x.shape
    outputs, kernel, _ = weight.shape
    flat, count, pad = weight.reshape(outputs, -1), len(gradient), kernel // 2
    rows = gradient.new_empty(count, STRIDE * channels)
    if channels <= NARROW:
        windows = gradient @ flat
        rows.zero_()
        for shift, columns in _pieces(kernel, channels):
            rows[shift:, : columns.stop - columns.start] += windows[: count - shift, columns]
    else:
        for shift, columns in _pieces(kernel, channels):
            if shift == 0:
                torch.mm(gradient, flat[:, columns], out=rows)
            else:
                rows[shift:, : columns.stop - columns.start].addmm_(gradient[: count - shift], flat[:, columns])
    inner = rows.view(batch, -1, channels)[:, pad : pad + time]
    return inner if slope == 1.0 else torch.ops.aten.leaky_relu_backward(inner, x, slope, False)


def _weight_gradient(gradient: Tensor, x: Tensor, weight: Tensor, slope: float) -> Tensor:
    outputs, kernel, channels = weight.shape
    rows, total = _activated_rows(x, kernel, slope), kernel * channels
    if channels <= NARROW:
        return (gradient.T @ _windows(rows, total)).view_as(weight)
    result = weight.new_empty(outputs, total)
    for shift, columns in _pieces(kernel, channels):
        reached = rows[shift:, : columns.stop - columns.start]
        torch.mm(gradient[: len(gradient) - shift].T, reached, out=result[:, columns])
    return result.view_as(weight)


def strided_conv(x: Tensor, weight: Tensor, bias: Tensor, slope: float = 1.0) -> Tensor:
    """Convolve leaky_relu(x, slope) with stride 4 and zero padding kernel // 2; differentiable once.

    `x (batch, time, channels)`, `weight (outputs, kernel, channels)` of odd kernel, result
    `(batch, ceil(time / 4), outputs)`. slope 1 leaves x as it is.
    """
    device = x.device.type
    if torch.is_autocast_enabled(device):
        kind = torch.get_autocast_dtype(device)
        x, weight, bias = x.to(kind), weight.to(kind), bias.to(kind)
    return _StridedConv.apply(x, weight, bias, slope)
