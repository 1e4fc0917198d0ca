from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional

from tritone.nn.blocks import BatchNorm, Chain, LeakyReLU, Residual, fold_weight_norm, normalised
from tritone.nn.conv import Conv1d, ConvTranspose1d, channels_last, fastest_layout

KERNELS = [(1, 1, 1), (3, 1, 1), (3, 1, 9), (7, 1, 1), (4, 1, 1), (8, 4, 1), (9, 4, 1), (4, 2, 1), (5, 2, 1)]


def _direct(signal: torch.Tensor, weight: torch.Tensor, stride: int, dilation: int, left: int) -> torch.Tensor:
    """The sum that defines a convolution, tap by tap."""
    frames = signal.shape[-1] // stride
    span = (weight.shape[-1] - 1) * dilation
    padded = functional.pad(signal, (left, span))
    taps = [
        torch.einsum("oi,bit->bot", weight[..., tap], padded[..., tap * dilation :][..., : frames * stride : stride])
        for tap in range(weight.shape[-1])
    ]
    return torch.stack(taps).sum(0)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), KERNELS)
def test_convolution_is_the_sum_over_its_taps(kernel: int, stride: int, dilation: int, causal: bool) -> None:
    torch.manual_seed(0)
    layer = Conv1d(3, 5, kernel, stride=stride, dilation=dilation, causal=causal).double()
    signal = torch.randn(2, 3, 48, dtype=torch.float64)
    span = (kernel - 1) * dilation
    left = span if causal else span // 2
    expected = _direct(signal, layer.weight, stride, dilation, left)
    assert layer(signal).shape == (2, 5, 48 // stride)
    torch.testing.assert_close(layer(signal), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(layer(channels_last(signal)), expected, rtol=0, atol=1e-12)
    assert layer.lag(0) == (span - left) // stride
    assert layer.ratio == Fraction(1, stride)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_upsampling_gives_the_same_in_both_layouts_and_as_pytorch(stride: int, bias: bool) -> None:
    torch.manual_seed(0)
    layer = ConvTranspose1d(6, 4, stride=stride, bias=bias).double()
    signal = torch.randn(2, 6, 11, dtype=torch.float64)
    full = functional.conv_transpose1d(signal, layer.weight, layer.bias, stride)
    expected = full[..., stride // 2 :][..., : 11 * stride]
    torch.testing.assert_close(layer(signal), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(layer(channels_last(signal)), expected, rtol=0, atol=1e-12)


def _reach_by_gradient(layer: nn.Module, samples: int, first: int, last: int) -> tuple[int, int]:
    signal = torch.randn(1, 2, samples, dtype=torch.float64, requires_grad=True)
    layer(signal)[..., first : last + 1].square().sum().backward()
    touched = signal.grad.abs().sum((0, 1)).nonzero().flatten()
    return int(touched[0]), int(touched[-1])


@pytest.mark.parametrize("causal", [False, True])
def test_reach_is_what_the_gradient_says(causal: bool) -> None:
    torch.manual_seed(0)
    down = Conv1d(2, 2, 8, stride=4, causal=causal)
    unit = Residual(LeakyReLU(), Conv1d(2, 2, 3, dilation=3, causal=causal), LeakyReLU(), Conv1d(2, 2, 1))
    chain = Chain(Conv1d(2, 2, 7, causal=causal), down, unit, LeakyReLU(), ConvTranspose1d(2, 2, stride=4)).double()
    for first, last in [(200, 200), (201, 201), (203, 203), (202, 209)]:
        assert _reach_by_gradient(chain, 400, first, last) == chain.reach(first, last)


def test_lag_of_a_chain_goes_from_layer_to_layer() -> None:
    chain = Chain(Conv1d(1, 1, 7), Conv1d(1, 1, 8, stride=4), Conv1d(1, 1, 3), ConvTranspose1d(1, 1, stride=4))
    assert chain.lag(0) == ((3 + 4) // 4 + 1) * 4 + 2
    assert chain.lag(1) == ((4 + 4) // 4 + 1) * 4 + 2
    assert chain.ratio == 1
    causal = Chain(Conv1d(1, 1, 7, causal=True), Conv1d(1, 1, 8, stride=4, causal=True))
    assert causal.lag(0) == 0 and causal.lag(4) == 1


def test_layers_keep_channels_side_by_side() -> None:
    chain = Chain(Conv1d(4, 8, 3), BatchNorm(8), LeakyReLU(), Residual(Conv1d(8, 8, 3, causal=True)))
    output = chain(channels_last(torch.randn(2, 4, 16)))
    assert output.stride(1) == 1


def test_layout_follows_what_is_to_be_done() -> None:
    signal = torch.randn(2, 4, 16)
    assert fastest_layout(signal).stride(-1) == 1
    with torch.no_grad():
        assert fastest_layout(signal).stride(1) == 1
    with torch.autocast("cpu", torch.bfloat16):
        assert fastest_layout(signal).stride(1) == 1


def test_batch_norm_is_pytorchs() -> None:
    torch.manual_seed(0)
    ours, reference = BatchNorm(4), nn.BatchNorm1d(4)
    signal = torch.randn(3, 4, 20)
    for _ in range(3):
        torch.testing.assert_close(ours(channels_last(signal)), reference(signal), rtol=0, atol=1e-6)
    torch.testing.assert_close(ours.running_var, reference.running_var, rtol=1e-6, atol=0)


def test_folded_weight_norm_gives_the_same_output() -> None:
    torch.manual_seed(0)
    chain = Chain(normalised(Conv1d(3, 6, 5)), LeakyReLU(), normalised(ConvTranspose1d(6, 2, stride=4)))
    for parameter in chain.parameters():
        nn.init.normal_(parameter)
    signal = torch.randn(2, 3, 30)
    before = chain(signal)
    counted = sum(p.numel() for p in chain.parameters())
    folded = fold_weight_norm(chain)
    assert sum(p.numel() for p in folded.parameters()) == counted - 6 - 6
    torch.testing.assert_close(folded(signal), before, rtol=0, atol=1e-6)
