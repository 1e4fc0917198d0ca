"""Every layer block by block against itself at once, and its lag against what it sees."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tritone.nn.blocks import BatchNorm, Chain, LeakyReLU, Residual, normalised
from tritone.nn.conv import Conv1d, ConvTranspose1d
from tritone.nn.spectrum import LogSpectrum, SpectrumToWave
from tritone.nn.streaming.bank import StreamingAnalysis, StreamingSynthesis, analysed, synthesised
from tritone.nn.streaming.plan import Place, Plan, clocks, fresh_state
from tritone.nn.streaming.twins import twin
from tritone.signal.pqmf import Pqmf

FRAMES = 24


def streamed(layer: nn.Module, plan: Plan, signal: torch.Tensor, before: int, rate: int, blocks: list[int]):
    """Runs a twin on `(batch, channels, time)` that comes `before` rows late behind rows that must not be heard.

    `rate` rows are a frame; each block has so many frames.
    """
    late = torch.cat([7 * torch.ones(*signal.shape[:2], before), signal], -1).transpose(1, 2)
    state = fresh_state(plan.shapes, signal.shape[0], 0, signal)
    outputs, place = [], 0
    while place * rate < late.shape[1]:
        count = blocks[len(outputs) % len(blocks)]
        part = late[:, place * rate : (place + count) * rate]
        part = torch.nn.functional.pad(part, (0, 0, 0, -part.shape[1] % rate))
        count = part.shape[1] // rate
        outputs.append(layer(part, clocks(state[0], count, plan.rates), state))
        state[0] = state[0] + count
        place += count
    return torch.cat(outputs, 1).transpose(1, 2)


def compare(layer: nn.Module, channels: int, rate: int, before: int, blocks: list[int], atol: float = 2e-5):
    """The twin's output is the offline one, `lag` later."""
    torch.manual_seed(0)
    plan = Plan({})
    made, behind = twin(layer, Place(rate, channels, before), plan)
    assert behind.lag == layer.lag(before) and behind.rate == rate * layer.ratio
    signal = torch.randn(2, channels, FRAMES * rate)
    with torch.no_grad():
        output = streamed(made.requires_grad_(False), plan, signal, before, rate, blocks)
        expected = layer(torch.nn.functional.pad(signal, (0, 40 * rate)))
    # what comes before the sound is for the next layer to silence
    got = output[..., behind.lag :]
    assert got.shape[-1] >= FRAMES * behind.rate - behind.lag and behind.channels == output.shape[1]
    torch.testing.assert_close(got, expected[..., : got.shape[-1]], rtol=0, atol=atol)


BLOCKS = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@settings(deadline=None, max_examples=40, database=None, derandomize=True)
@given(
    kernel=st.integers(1, 9), stride=st.integers(1, 4), dilation=st.integers(1, 4), causal=st.booleans(),
    bias=st.booleans(), before=st.integers(0, 9), blocks=BLOCKS,
)  # fmt: skip
def test_convolution(kernel, stride, dilation, causal, bias, before, blocks):
    layer = Conv1d(3, 4, kernel, stride=stride, dilation=dilation, causal=causal, bias=bias)
    compare(layer, 3, 2 * stride, before, blocks)


@settings(deadline=None, max_examples=20, database=None, derandomize=True)
@given(stride=st.integers(1, 5), bias=st.booleans(), before=st.integers(0, 5), blocks=BLOCKS)
def test_transposed_convolution(stride, bias, before, blocks):
    compare(ConvTranspose1d(3, 4, stride=stride, bias=bias), 3, 2, before, blocks)


@pytest.mark.parametrize("groups", [2, 3])
def test_groups(groups: int) -> None:
    compare(Conv1d(6, 6, 3, groups=groups), 6, 1, 1, [2])


@settings(deadline=None, max_examples=20, database=None, derandomize=True)
@given(causal=st.booleans(), before=st.integers(0, 5), blocks=BLOCKS)
def test_residual_units_normalised_weights_and_batch_norm(causal, before, blocks):
    layer = Chain(
        Conv1d(3, 6, 7, causal=causal),
        BatchNorm(6),
        Residual(LeakyReLU(), normalised(Conv1d(6, 6, 3, dilation=3, causal=causal)), Conv1d(6, 6, 1)),
        normalised(Conv1d(6, 8, 8, stride=4, causal=causal)),
        Residual(nn.SiLU(), Conv1d(8, 8, 4, causal=causal)),
        ConvTranspose1d(8, 2, stride=4),
    ).eval()
    layer[1].running_mean.normal_()
    layer[1].running_var.uniform_(0.5, 2)
    nn.init.normal_(layer[1].weight)
    nn.init.normal_(layer[1].bias)
    compare(layer, 3, 4, before, blocks)


@settings(deadline=None, max_examples=15, database=None, derandomize=True)
@given(overlap=st.sampled_from([1, 2, 4]), before=st.integers(0, 40), blocks=BLOCKS)
def test_log_spectrum(overlap, before, blocks):
    # the logarithm of a magnitude of 1e-3 makes a thousandfold of its rounding
    compare(LogSpectrum(16 * overlap, 16), 2, 32, before, blocks, atol=1e-3)


@settings(deadline=None, max_examples=15, database=None, derandomize=True)
@given(overlap=st.sampled_from([1, 2, 4]), before=st.integers(0, 5), blocks=BLOCKS)
def test_spectrum_to_wave(overlap, before, blocks):
    layer = SpectrumToWave(16 * overlap, 16, channels=2)
    compare(layer, 2 * 2 * layer.bins, 2, before, blocks)


@pytest.mark.parametrize("before", range(9))
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (7, 1), (8, 4), (9, 4), (4, 2), (2, 3), (1, 4)])
def test_lag_is_the_least_that_is_possible(kernel: int, stride: int, causal: bool, before: int) -> None:
    """Output m wants input m * stride + right, which has come when row before + m * stride + right has."""
    layer = Conv1d(1, 1, kernel, stride=stride, causal=causal)
    last = [layer.reach(m, m)[1] for m in range(20)]
    come_in_block = [(before + place) // stride for place in last]
    assert layer.lag(before) == max(block - m for m, block in enumerate(come_in_block))


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 5])
def test_lag_of_upsampling_is_the_least_that_is_possible(stride: int) -> None:
    """Output m wants input (m + ahead) // stride; a block of one input gives the outputs of its turn at once."""
    layer = ConvTranspose1d(1, 1, stride=stride)
    for before in range(4):
        comes = [(before + layer.reach(m, m)[1]) * stride + (m + layer.ahead) % stride for m in range(20)]
        assert {place - m for m, place in enumerate(comes)} == {layer.lag(before)}


@pytest.mark.parametrize("design", ["kaiser", "refined"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("frames", [1, 3, 8, 12])
def test_filter_bank_in_polarity_too(frames: int, causal: bool, channels: int, design: str) -> None:
    """Latent frames of any number of the bank's frames, odd ones too, whose signs alternate between latent frames."""
    torch.manual_seed(0)
    bank, plan = Pqmf(4, 48, 80.0, design, causal), Plan({})
    sound = Place(4 * frames, channels)
    bands = analysed(bank, sound)
    audio = torch.randn(2, channels, 4 * frames * FRAMES)
    got = streamed(StreamingAnalysis(bank, sound, plan), plan, audio, 0, 4 * frames, [1, 3])[..., bands.lag :]
    expected = bank.analysis(torch.nn.functional.pad(audio, (0, 96)))[..., : got.shape[-1]]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)
    assert bands.lag == (0 if causal else (24 - 4 + 3) // 4)

    plan, back = Plan({}), synthesised(bank, Place(frames, 4 * channels, bands.lag))
    made = StreamingSynthesis(bank, Place(frames, 4 * channels, bands.lag), plan)
    got = streamed(made, plan, expected, bands.lag, frames, [2, 1])[..., back.lag :]
    again = bank.synthesis(torch.nn.functional.pad(expected, (0, 40)))
    length = 4 * expected.shape[-1] - 48
    torch.testing.assert_close(got[..., :length], again[..., :length], rtol=0, atol=1e-5)
