from functools import partial
from itertools import pairwise
from math import cos, exp, hypot, log, log2, pi, sin, sqrt

import numpy as np
import pytest
import torch
from exact_denoisers import gaussian, mixture, normal_quantiles, solved, w1
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.diffusion.samplers import SAMPLERS, evaluations, sample, start_noise
from tritone.nn.diffusion.samplers_ode import ddim, euler, heun, two_m, unipc
from tritone.nn.diffusion.samplers_sde import ancestral, ping_pong, three_m_sde, two_m_sde

STOCHASTIC = ("2m-sde", "3m-sde", "ancestral", "ping-pong")
DEVIATION = 0.7


def levels(steps: int, largest: float = 8.0, smallest: float = 0.05) -> Tensor:
    """Evenly spaced in log sigma, and not to 0: there the exact solution is known."""
    return torch.linspace(log(largest), log(smallest), steps + 1, dtype=torch.float64).exp()


def no_noise(use: int) -> Tensor:
    raise AssertionError("this sampler needs no noise")


def slopes(errors: list[float]) -> list[float]:
    """Order of convergence between one number of steps and twice as many."""
    return [log2(abs(more / less)) for more, less in pairwise(errors)]


# order of convergence -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sampler", "order", "largest"),
    [
        (ddim, 1, 8.0),
        (euler, 1, 8.0),
        (heun, 2, 8.0),
        (two_m, 2, 8.0),
        (partial(two_m_sde, eta=0.0), 2, 8.0),
        (partial(three_m_sde, eta=0.0), 3, 80.0),
    ],
    ids=["ddim", "euler", "heun", "2m", "2m-sde without noise", "3m-sde without noise"],
)
def test_order_against_the_exact_solution(sampler, order, largest):
    """Gaussian data, whose solution is known, and a mixture, solved by scipy."""
    x = largest * normal_quantiles(20)
    ratio = sqrt((DEVIATION**2 + 0.05**2) / (DEVIATION**2 + largest**2))
    for denoise, exact in (
        (gaussian(DEVIATION), ratio * x),
        (mixture, solved(mixture, x, largest, 0.05)),
    ):
        errors = [
            float((sampler(denoise, x, levels(steps, largest), no_noise) - exact).abs().mean())
            for steps in (40, 80, 160)
        ]
        assert errors[-1] < 0.01
        for slope in slopes(errors):
            assert order - 0.1 < slope < order + 0.8


def test_the_order_of_unipc_down_to_none():
    """Only steps whose end is looked at are corrected, so that it is measured on grids that go to 0: second order, with
    a constant that is a tenth of that of `two_m` and less."""
    x = 8 * normal_quantiles(20)
    for denoise, exact in (
        (gaussian(DEVIATION), DEVIATION / sqrt(DEVIATION**2 + 64) * x),
        (mixture, solved(mixture, x, 8.0, 1e-4)),
    ):
        for steps in (80, 160, 320):
            least = 2 / steps
            sigmas = torch.cat([levels(steps, 8.0, least), torch.zeros(1, dtype=torch.float64)])
            found = {
                solver: float((solver(denoise, x, sigmas, no_noise) - exact).abs().mean()) for solver in (unipc, two_m)
            }
            assert found[unipc] < 0.0125 * (log(8.0 / least) / steps) ** 2
            assert found[unipc] < found[two_m]


@pytest.mark.parametrize("steps", [1, 2, 5, 16])
def test_unipc_by_the_paper_s_sums(steps):
    """Algorithms 5 to 8 of arXiv 2302.04867 for data prediction, order 2, B(h) = e^h - 1, in numpy with alpha 1."""
    sigmas = noise_levels(SamplingConfig(steps=steps))
    x = start_noise(normal_quantiles(50), float(sigmas[0]))
    made = unipc(mixture, x, sigmas, no_noise)
    begun = states = x
    estimates: list[Tensor] = []
    for i in range(steps):
        sigma, lower = float(sigmas[i]), float(sigmas[i + 1])
        clean = mixture(states, torch.full((1,), sigma, dtype=torch.float64))
        estimates.append(clean)
        if i:
            h = log(float(sigmas[i - 1]) / sigma)
            first = sigma / float(sigmas[i - 1]) * begun - (exp(-h) - 1) * estimates[-2]
            # One unknown: a1 = phi_2(h) h^2 / B(h), with phi_2 the integral that turns a slope into what it adds.
            states = first + (exp(-h) - 1 + h) / h * (clean - estimates[-2])
        begun = states
        if lower == 0:
            states = clean
            if i:
                before, level = estimates[-2], float(sigmas[i - 1])
                states = clean + (clean - before) * sigma**2 / (level**2 - sigma**2)
        else:
            h = log(sigma / lower)
            slope = (clean - estimates[-2]) / log(float(sigmas[i - 1]) / sigma) if i else torch.zeros_like(x)
            states = exp(-h) * begun + (1 - exp(-h)) * (clean + h / 2 * slope)
    torch.testing.assert_close(made, states, rtol=0, atol=1e-9)


def test_the_reference_solver_agrees_with_the_known_solution():
    x = 8 * normal_quantiles(20)
    exact = x * sqrt((DEVIATION**2 + 0.05**2) / (DEVIATION**2 + 64))
    torch.testing.assert_close(solved(gaussian(DEVIATION), x, 8, 0.05), exact, rtol=0, atol=1e-10)


def variance(sampler, denoise, steps: int) -> float:
    """Variance of what comes of Gaussian data, without chance: the result is linear in the start and in each noise,
    so the variance is the sum of the squares of what unit signals give."""
    sigmas = levels(steps)
    start = torch.zeros(steps + 1, 1, 1, dtype=torch.float64)
    start[0] = sqrt(DEVIATION**2 + float(sigmas[0]) ** 2)

    def one_number(use: int) -> Tensor:
        noise = torch.zeros_like(start)
        noise[use + 1] = 1
        return noise

    return float(sampler(denoise, start, sigmas, one_number).square().sum())


@pytest.mark.parametrize(
    ("sampler", "order"),
    [
        (ancestral, 1),
        (partial(ddim, eta=0.5), 1),
        (partial(euler, churn=2.0), 1),
        (two_m_sde, 2),
        (three_m_sde, 2),
    ],
    ids=["ancestral", "ddim with eta", "euler with churn", "2m-sde", "3m-sde"],
)
def test_the_variance_of_stochastic_samplers_converges(sampler, order):
    wanted = DEVIATION**2 + 0.05**2
    errors = [variance(sampler, gaussian(DEVIATION), steps) - wanted for steps in (40, 80, 160)]
    assert abs(errors[-1]) < 0.02
    for slope in slopes(errors):
        assert order - 0.15 < slope < order + 0.4


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_mean_of_the_data_stays_where_it_is(name):
    x = torch.full((1, 1, 4), 0.8, dtype=torch.float64)
    silence = torch.zeros_like
    found = SAMPLERS[name](gaussian(0.5, mean=0.8), x, noise_levels(SamplingConfig(steps=9)), lambda use: silence(x))
    torch.testing.assert_close(found, x)


def test_the_distribution_of_a_mixture():
    """Wasserstein-1 distance at few and at many steps; a sample of that size has about 0.01 of its own."""
    start = normal_quantiles(4000)
    shuffled = start[..., torch.randperm(4000, generator=torch.Generator().manual_seed(0))]

    def noise(use: int) -> Tensor:
        generator = torch.Generator().manual_seed(use + 1)
        return torch.randn(start.shape, generator=generator, dtype=torch.float64)

    bars = {
        "unipc": 0.012,
        "2m": 0.02,
        "heun": 0.012,
        "ddim": 0.06,
        "euler": 0.06,
        "2m-sde": 0.04,
        "3m-sde": 0.04,
        "ancestral": 0.1,
    }
    for name, bar in bars.items():
        errors = []
        for steps in (6, 24):
            sigmas = noise_levels(SamplingConfig(steps=steps))
            errors.append(w1(SAMPLERS[name](mixture, start_noise(shuffled, float(sigmas[0])), sigmas, noise)))
        assert errors[1] < bar, name
        assert errors[1] < errors[0] / 2.5, name


def test_ping_pong_keeps_the_distribution_of_a_consistency_model():
    """The exact one of Gaussian data is x · s / √(s² + sigma²). A plain denoiser gives a mean: variance falls."""

    def consistency(x, sigma):
        return x * (DEVIATION / (DEVIATION**2 + sigma**2).sqrt())[:, None, None]

    wanted = DEVIATION**2 + 0.05**2
    for steps in (1, 3, 10):
        assert variance(ping_pong, consistency, steps) == pytest.approx(wanted, abs=1e-12)
    assert variance(ping_pong, gaussian(DEVIATION), 10) < 0.7 * wanted


# the same by other formulas -------------------------------------------------------------------------------------------


class Wave(nn.Module):
    """Some function of signal and time."""

    def forward(self, x, time, conditions=None, circular=False):
        time = time[:, None, None]
        return torch.sin(2 * x + time) * (0.3 + time) - 0.2 * x


@pytest.mark.parametrize("steps", [1, 2, 5, 50])
def test_ddim_on_the_linear_grid_is_the_peer_s_sampler(steps):
    """audio-diffusion-pytorch goes round the circle z = cos(a) x0 + sin(a) n, a from π/2 to 0 in even steps, with
    x0 = cos z - sin v and n = sin z + cos v; here in numpy, beside ours with the same network in single precision."""
    noise = torch.randn(3, 2, 40, generator=torch.Generator().manual_seed(1))
    z, angles = noise.double(), np.linspace(1, 0, steps + 1) * pi / 2
    for angle, lower in pairwise(angles):
        v = Wave()(z, torch.full((3,), angle * 2 / pi, dtype=torch.float64))
        clean, found = cos(angle) * z - sin(angle) * v, sin(angle) * z + cos(angle) * v
        z = cos(lower) * clean + sin(lower) * found
    sigmas = noise_levels(SamplingConfig(grid="linear", steps=steps))
    ours = ddim(Denoiser(Wave(), "v"), start_noise(noise, float(sigmas[0])), sigmas, no_noise)
    torch.testing.assert_close(ours.double(), z, rtol=0, atol=1e-5)


def test_2m_is_algorithm_2_of_dpm_solver_pp():
    """Written in the paper's signals, alpha x0 + sigma n with alpha² + sigma² = 1, and lambda = log(alpha / sigma)."""
    sigmas = levels(12)
    ours = two_m(mixture, 8 * normal_quantiles(9), sigmas, no_noise)
    alpha = (1 / (1 + sigmas**2).sqrt()).tolist()
    beta = (sigmas / (1 + sigmas**2).sqrt()).tolist()
    place = [log(a / b) for a, b in zip(alpha, beta, strict=True)]
    x, before = alpha[0] * 8 * normal_quantiles(9), None
    for i in range(1, 13):
        clean = mixture(x / alpha[i - 1], sigmas[i - 1 : i])
        h = place[i] - place[i - 1]
        if before is None:
            drawn = clean
        else:
            r = (place[i - 1] - place[i - 2]) / h
            drawn = (1 + 1 / (2 * r)) * clean - 1 / (2 * r) * before
        x, before = beta[i] / beta[i - 1] * x - alpha[i] * (exp(-h) - 1) * drawn, clean
    torch.testing.assert_close(ours, x / alpha[-1], rtol=0, atol=1e-12)


def test_equalities_between_samplers():
    sigmas, x = levels(6), 8 * normal_quantiles(9)
    noise = seeded_noise([1], (1, 9))
    assert torch.equal(ddim(mixture, x, sigmas, noise), euler(mixture, x, sigmas, noise))
    assert torch.equal(ancestral(mixture, x, sigmas, noise), ddim(mixture, x, sigmas, noise, eta=1.0))
    torch.testing.assert_close(two_m_sde(mixture, x, sigmas, noise, eta=0.0), two_m(mixture, x, sigmas, no_noise))


# sampling from seeds --------------------------------------------------------------------------------------------------


def soft(x, sigma):
    return torch.tanh(1.5 * x) / (1 + sigma[:, None, None])


@pytest.mark.parametrize("grid", ["log-sigma", "karras", "linear"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_sample_whatever_the_batch(name, grid):
    config = SamplingConfig(sampler=name, grid=grid, steps=5)
    whole = sample(soft, (2, 30), [3, 1, 4, 15, 9], config)
    assert whole.shape == (5, 2, 30) and whole.dtype == torch.float32
    assert torch.isfinite(whole).all()
    permuted = sample(soft, (2, 30), torch.tensor([9, 4, 15, 3, 1]), config)
    assert torch.equal(permuted, whole[[4, 2, 3, 0, 1]])
    for row, seed in enumerate([3, 1, 4, 15, 9]):
        assert torch.equal(sample(soft, (2, 30), [seed], config)[0], whole[row])
    assert len({tuple(row.flatten().tolist()) for row in whole}) == 5


def test_noise_of_each_use_is_other_noise():
    noise = seeded_noise([1, 2], (5000,))
    drawn = torch.cat([noise(use) for use in range(4)])
    assert torch.allclose(torch.corrcoef(drawn), torch.eye(8), atol=0.06)
    assert torch.equal(noise(3), drawn[6:])
    assert torch.equal(seeded_noise([2], (5000,))(1)[0], noise(1)[1])


def test_one_step_is_the_clean_estimate():
    for name, sampler in SAMPLERS.items():
        x = 8 * torch.ones(1, 1, 3)
        found = sampler(soft, x, torch.tensor([8.0, 0.0]), seeded_noise([1], (1, 3)))
        torch.testing.assert_close(found, soft(x, torch.tensor([8.0])), msg=name)


def test_the_start_has_the_variance_of_noisy_signals():
    noise = torch.randn(1, 1, 1000, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(start_noise(noise, 8.0, 0.5), noise * hypot(8, 0.5))
    torch.testing.assert_close(start_noise(noise, 1e16) / 1e16, noise)
    config = SamplingConfig(steps=64)
    found = sample(gaussian(), (1, 2000), [1, 2], config)
    start = seeded_noise([1, 2], (1, 2000))(0)
    torch.testing.assert_close(found, start, rtol=0, atol=0.02)


def test_a_variation_starts_from_the_given_sound_with_noise_of_the_named_level():
    config = SamplingConfig(steps=10)
    given = torch.linspace(-1, 1, 60).reshape(2, 1, 30)
    seen = []

    def spy(x, sigma):
        seen.append((x, sigma))
        return soft(x, sigma)

    sample(spy, (1, 30), [5, 6], config, start=given, strength=0.4)
    x, sigma = seen[0]
    wanted = float(noise_levels(config, 0.4)[0])
    assert float(sigma[0]) == pytest.approx(wanted)
    torch.testing.assert_close(x, given + wanted * seeded_noise([5, 6], (1, 30))(0))
    assert len(seen) == 4


def test_strength_is_how_far_a_variation_goes():
    given = 0.7 * torch.sin(torch.linspace(0, 9, 400)).reshape(1, 1, 400)
    distances = [
        float((sample(gaussian(0.5), (1, 400), [5], SamplingConfig(), start=given, strength=s) - given).std())
        for s in (0.02, 0.3, 0.6, 1.0)
    ]
    assert distances == sorted(distances)
    assert distances[0] < 0.05 and distances[-1] > 0.4
    same = sample(soft, (1, 400), [5, 6], SamplingConfig(), start=given, strength=0.0)
    assert torch.equal(same, given.expand(2, 1, 400))
    for strength in (-0.1, 1.5):
        with pytest.raises(UserError, match="strength"):
            sample(soft, (1, 400), [5], SamplingConfig(), start=given, strength=strength)


@pytest.mark.parametrize("name", SAMPLERS)
def test_progress_counts_evaluations(name):
    told = []
    config = SamplingConfig(sampler=name, steps=4)
    sample(soft, (1, 8), [1], config, show=lambda done, total: told.append((done, total)))
    total = 7 if name == "heun" else 4
    assert evaluations(name, 4) == total
    assert told == [(done, total) for done in range(1, total + 1)]


def test_only_stochastic_samplers_ask_for_noise():
    x, sigmas = torch.ones(1, 1, 3), torch.tensor([2.0, 1.0, 0.0])
    for name, sampler in SAMPLERS.items():
        if name not in STOCHASTIC:
            sampler(soft, x, sigmas, no_noise)
        else:
            with pytest.raises(AssertionError, match="no noise"):
                sampler(soft, x, sigmas, no_noise)
