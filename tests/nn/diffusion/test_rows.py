"""Layers on rows beside PyTorch's own on `(batch, channels, time)`."""

import pytest
import torch
from torch.nn import functional

from tritone.nn.diffusion.rows import Conv, Down, Up, group_norm, layer_norm, patched

WEIGHTS_DOMINATE, TIME_DOMINATES = 5, 40


def beside(signal: torch.Tensor, circular: bool) -> torch.Tensor:
    """One moment more on either side."""
    return functional.pad(signal, (1, 1), mode="circular" if circular else "constant")


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("time", [1, WEIGHTS_DOMINATE, TIME_DOMINATES])
@pytest.mark.parametrize("channels", [1, 6])
def test_convolution(channels, time, circular):
    torch.manual_seed(0)
    layer, signal = Conv(channels, 4), torch.randn(3, channels, time)
    taps = layer.weight.unflatten(1, (3, channels)).transpose(1, 2)
    expected = functional.conv1d(beside(signal, circular), taps, layer.bias)
    torch.testing.assert_close(layer(signal.transpose(1, 2), circular).transpose(1, 2), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_up_is_repeating_then_convolving(factor, circular):
    torch.manual_seed(0)
    layer, signal = Up(5, 3, factor), torch.randn(2, 5, 7)
    torch.nn.init.normal_(layer.bias)
    taps = layer.weight.unflatten(0, (3, 3)).permute(1, 2, 0)
    expected = functional.conv1d(beside(signal.repeat_interleave(factor, -1), circular), taps, layer.bias)
    torch.testing.assert_close(layer(signal.transpose(1, 2), circular).transpose(1, 2), expected, atol=1e-5, rtol=1e-5)


def test_down_is_a_strided_convolution():
    torch.manual_seed(0)
    layer, signal = Down(3, 5, 4), torch.randn(2, 3, 12)
    taps = layer.weight.unflatten(1, (4, 3)).transpose(1, 2)
    expected = functional.conv1d(signal, taps, layer.bias, stride=4)
    torch.testing.assert_close(layer(signal.transpose(1, 2)).transpose(1, 2), expected, atol=1e-5, rtol=1e-5)


def test_patches_come_apart_again():
    rows = torch.randn(2, 6, 4)
    assert torch.equal(patched(patched(rows, 12), 4), rows)
    assert torch.equal(patched(rows, 12)[0, 0, 4:8], rows[0, 1])


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("channels", [4, 32])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_norms_with_a_scale_for_each_sound(batch, channels, dtype):
    """Mean 0 and variance 1 over what they norm, by their own sums, then scale and shift."""
    torch.manual_seed(0)
    rows = (3 * torch.randn(batch, 11, channels) + 1).to(dtype)
    weight, bias = torch.randn(batch, channels), torch.randn(batch, channels)
    exact = rows.double()
    for given, grouped in (
        (group_norm(rows, 2, weight, bias), exact.unflatten(2, (2, -1)).transpose(1, 2).flatten(2)),
        (layer_norm(rows, weight, bias), exact),
    ):
        centred = grouped - grouped.mean(-1, keepdim=True)
        normed = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        if grouped is not exact:
            normed = normed.unflatten(2, (11, -1)).transpose(1, 2).flatten(2)
        expected = normed * weight[:, None] + bias[:, None]
        bound = 1e-4 if dtype == torch.float32 else 0.08
        torch.testing.assert_close(given.double(), expected, atol=bound, rtol=bound)
