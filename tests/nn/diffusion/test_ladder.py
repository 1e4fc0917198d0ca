"""Chunk after chunk with an exact denoiser: the signal that comes out is the process it stands for, across borders."""

from itertools import islice

import numpy as np
import pytest
import torch

from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.ladder import Ladder
from tritone.nn.diffusion.samplers import SAMPLERS, start_noise

CHUNK, CHUNKS, STEPS, MEMORY = 4, 6, 48, 0.9
"""MEMORY is the correlation of neighbours in an AR(1) process of unit variance: after k samples, MEMORY^k."""


def process(size):
    """Covariance of so many samples of the process."""
    places = torch.arange(size, dtype=torch.float64)
    return MEMORY ** (places[:, None] - places).abs()


def exact(x, sigma, first=0):
    """E[clean | noisy] of the process under noise of a level for each place, by Gaussian conditioning; any channels."""
    covariance = process(x.shape[-1])
    gain = torch.linalg.solve(covariance + torch.diag(sigma[0, 0].double().square()), covariance)
    return (x.double() @ gain).float()


def ladder(steps=STEPS, window=CHUNKS, order=2, largest=30.0):
    levels = noise_levels(SamplingConfig(steps=steps, sigma_max=largest, sigma_min=0.005))
    return Ladder(CHUNK, window, tuple(levels.tolist()), order)


def drawn(count, chunks, before=None, denoise=exact, **kind):
    """`count` signals of so many chunks."""
    before = torch.zeros(count, 1, 0) if before is None else before
    noise = seeded_noise(range(count), (1, CHUNK))
    return torch.cat(list(islice(ladder(**kind).chunks_after(denoise, noise, before), chunks)), -1)[:, 0]


def test_covariance_is_that_of_the_process_across_chunks():
    """6000 signals: the standard error of a covariance is about 0.013 to 0.018, so 0.07 is four of them.

    The signals are longer than three windows, so most of the pairs were never in one window while they were noisy.
    """
    signals = drawn(6_000, 10).double().numpy()
    covariance = np.cov(signals.T)
    np.testing.assert_allclose(covariance, process(40).numpy(), atol=0.07)
    borders = [covariance[k * CHUNK - 1, k * CHUNK] for k in range(1, 10)]
    assert np.mean(borders) == pytest.approx(MEMORY, abs=0.02)
    assert np.abs(signals.mean(0)).max() < 0.06


def test_what_is_given_is_continued():
    """Given one past, new samples follow it: mean MEMORY^k times its last sample, variance 1 - MEMORY^2k.

    The noise begins at 300, so that nothing is left of its having mean 0 when what comes has another.
    """
    past = torch.linspace(-1, 2, 3 * CHUNK).expand(4_000, 1, -1)
    signals = drawn(4_000, 3, past, steps=72, largest=300.0).double().numpy()
    ahead = MEMORY ** np.arange(1, 3 * CHUNK + 1)
    np.testing.assert_allclose(signals.mean(0), 2 * ahead, atol=0.06)
    np.testing.assert_allclose(signals.var(0), 1 - ahead**2, atol=0.08)


def test_second_order_is_several_times_closer():
    """Against 768 steps of the same noise. Which way noise levels go differs a little with the number of steps, so that
    in the end both come nearer as 1 / steps.
    """
    references = drawn(64, 5, steps=768)
    first, second = (
        [float((drawn(64, 5, steps=steps, order=order) - references).square().mean().sqrt()) for steps in (24, 48)]
        for order in (1, 2)
    )
    assert first[1] < 0.6 * first[0] and second[1] < 0.5 * second[0]
    assert second[0] < first[0] / 6 and second[0] < 0.015


@pytest.mark.parametrize(("order", "sampler"), [(1, "ddim"), (2, "2m")])
def test_with_one_chunk_it_is_the_plain_sampler(order, sampler):
    noise = seeded_noise(range(8), (1, CHUNK))
    sigmas = torch.tensor(ladder(steps=12).levels, dtype=torch.float64)

    def denoise(x, sigma):
        return exact(x, sigma[:1, None, None].expand(1, 1, CHUNK))

    for number, chunk in enumerate(drawn(8, 3, steps=12, order=order, window=1).split(CHUNK, -1)):
        start = start_noise(noise(number), float(sigmas[0]))
        expected = SAMPLERS[sampler](denoise, start, sigmas, noise)
        torch.testing.assert_close(chunk, expected[:, 0], rtol=0, atol=2e-5)


@pytest.mark.parametrize("window", [1, 2, 5])
def test_any_number_of_chunks_in_the_window(window):
    signals = drawn(2_000, 4, window=window, steps=30 * (window - window // 2))
    inside = [np.corrcoef(signals[:, k * CHUNK], signals[:, k * CHUNK + 1])[0, 1] for k in range(4)]
    np.testing.assert_allclose(inside, MEMORY, atol=0.04)
    if window > 1:
        across = [np.corrcoef(signals[:, k * CHUNK - 1], signals[:, k * CHUNK])[0, 1] for k in range(1, 4)]
        np.testing.assert_allclose(across, MEMORY, atol=0.06)


def test_a_row_is_the_same_in_any_batch():
    rows = drawn(5, 9)
    noise = seeded_noise([3], (1, CHUNK))
    alone = torch.cat(list(islice(ladder().chunks_after(exact, noise, torch.zeros(1, 1, 0)), 9)), -1)[:, 0]
    torch.testing.assert_close(alone[0], rows[3], rtol=0, atol=1e-5)


def test_levels_rise_along_the_window_and_finished_chunks_are_clean():
    asked, firsts = [], []

    def denoise(x, sigma, first):
        firsts.append(first)
        asked.append(sigma[0, 0, ::CHUNK].tolist())
        assert torch.equal(sigma[0, 0].view(-1, CHUNK).amax(1), sigma[0, 0].view(-1, CHUNK).amin(1))
        return exact(x, sigma)

    kind = ladder(steps=6)
    before = torch.ones(1, 1, 3 * CHUNK)
    chunks = list(islice(kind.chunks_after(denoise, seeded_noise([0], (1, CHUNK)), before), 3))
    assert len(asked) == kind.evaluations(3) == 6 + 2 * 2
    assert asked[0] == pytest.approx([0.0] * 3 + [30.0] * 3)
    top = list(kind.levels)
    assert asked[4] == pytest.approx([0.0] * 3 + [top[4], top[2], top[0]])
    assert asked[6] == pytest.approx([0.0] * 3 + [top[4], top[2], top[0]])  # the window has moved on
    assert firsts == [-3] * 6 + [-2] * 2 + [-1] * 2
    assert [chunk.shape for chunk in chunks] == [(1, 1, CHUNK)] * 3


def test_steps_must_fit_the_rungs():
    with pytest.raises(ValueError, match="multiple"):
        ladder(steps=7)
