import copy
from math import atan, cos, pi, sin

import pytest
import torch
from torch import nn

from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.objective import LARGEST_RATIO, Denoiser, scales, snr_weight, target

OBJECTIVES = ("v", "epsilon", "x0", "flow")
SIGMAS = torch.tensor([1e-9, 1e-3, 0.1, 1.0, 8.0, 80.0], dtype=torch.float64)


class Told(nn.Module):
    """Gives back what it was made with and keeps what it was called with."""

    def __init__(self, output=None):
        super().__init__()
        self.output = output
        self.seen = None

    def forward(self, x, time, conditions, circular=False):
        self.seen = (x, time, conditions, circular)
        return torch.zeros_like(x) if self.output is None else self.output


def signals(sigma_data=1.0, rows=6):
    generator = torch.Generator().manual_seed(1)
    x0, noise = torch.randn(2, rows, 2, 50, generator=generator, dtype=torch.float64)
    return sigma_data * x0, noise


@pytest.mark.parametrize("sigma_data", [1.0, 0.3])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_network_that_hits_the_target_gives_the_clean_signal(objective, sigma_data):
    x0, noise = signals(sigma_data)
    sigma = SIGMAS[:, None, None]
    network = Told(target(objective, x0, noise, sigma, sigma_data))
    found = Denoiser(network, objective, sigma_data)(x0 + sigma * noise, SIGMAS)
    torch.testing.assert_close(found, x0, rtol=0, atol=1e-11)


@pytest.mark.parametrize("sigma", [0.05, 1.0, 7.0])
def test_closed_forms_on_the_circle_and_on_the_straight_path(sigma):
    """In the coordinates of the papers: z = cos x0 + sin n for v, epsilon and x0; z = (1 - t) x0 + t n for flow."""
    x0, noise = signals(rows=1)
    angle, time = atan(sigma), sigma / (1 + sigma)
    on_circle = cos(angle) * x0 + sin(angle) * noise
    on_path = (1 - time) * x0 + time * noise
    output = torch.randn(x0.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    expected = {
        "v": cos(angle) * on_circle - sin(angle) * output,
        "epsilon": (on_circle - sin(angle) * output) / cos(angle),
        "x0": output,
        "flow": on_path - time * 2**0.5 * output,
    }
    for objective, clean in expected.items():
        network = Told(output)
        found = Denoiser(network, objective)(x0 + sigma * noise, torch.tensor([sigma], dtype=torch.float64))
        torch.testing.assert_close(found, clean, rtol=0, atol=1e-12)
        x, seen_time, _, _ = network.seen
        torch.testing.assert_close(x, on_circle, rtol=0, atol=1e-12)
        assert float(seen_time) == pytest.approx(time if objective == "flow" else angle * 2 / pi, abs=1e-12)


def test_all_objectives_agree_on_one_prediction():
    """Outputs derived from one clean estimate, by each objective's own definition of its target."""
    x0, noise = signals()
    sigma = SIGMAS[2:, None, None]
    x0, noise = x0[2:], noise[2:]
    x = x0 + sigma * noise
    guess = 0.5 * x0 + 0.1
    implied = (x - guess) / sigma
    for objective in OBJECTIVES:
        found = Denoiser(Told(target(objective, guess, implied, sigma)), objective)(x, SIGMAS[2:])
        torch.testing.assert_close(found, guess, rtol=0, atol=1e-11)


@pytest.mark.parametrize("sigma_data", [1.0, 0.2])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_input_and_target_have_unit_variance_at_every_sigma(objective, sigma_data):
    """x0 and n are independent, so the variance of a linear mixture is the sum of its squared factors: exact."""
    unit, none = torch.ones(1, 1, 1, dtype=torch.float64), torch.zeros(1, 1, 1, dtype=torch.float64)
    for sigma in (0.0, *SIGMAS.tolist(), 1e16):
        level = torch.tensor([sigma], dtype=torch.float64)
        of_signal = target(objective, sigma_data * unit, none, level[:, None, None], sigma_data)
        of_noise = target(objective, none, unit, level[:, None, None], sigma_data)
        assert float(of_signal) ** 2 + float(of_noise) ** 2 == pytest.approx(1, abs=1e-12)
        into = float(scales(objective, level, sigma_data).into)
        assert (into * sigma_data) ** 2 + (into * sigma) ** 2 == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("deviation", [1.0, 0.5])
def test_the_best_linear_network_makes_the_best_linear_denoiser(objective, deviation):
    """Gaussian data: E[x0 | x] = s² / (s² + sigma²) x. The network is the least-squares fit of its own target."""
    for sigma in (0.1, 1.0, 6.0):
        level = torch.tensor(sigma, dtype=torch.float64)
        # input = a x0 + b n and target = c x0 + d n, read off unit signals
        into = float(scales(objective, level).into)
        a, b = into, into * sigma
        zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
        c, d = float(target(objective, one, zero, level)), float(target(objective, zero, one, level))
        slope = (a * c * deviation**2 + b * d) / (a**2 * deviation**2 + b**2)

        class Linear(nn.Module):
            def forward(self, x, time, conditions, circular, factor=slope):
                return factor * x

        x = torch.tensor([[[0.3, -2.0]]], dtype=torch.float64)
        found = Denoiser(Linear(), objective)(x, level[None])
        torch.testing.assert_close(found, x * deviation**2 / (deviation**2 + sigma**2), rtol=0, atol=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_sane_at_no_noise_and_at_nothing_but_noise_in_single_precision(objective):
    x0, noise = (part.float() for part in signals(rows=3))
    sigma = torch.tensor([0.0, 1e-12, 1e16])
    x = x0 + sigma[:, None, None] * noise
    network = Told(0.01 * torch.ones_like(x) + target(objective, x0, noise, sigma[:, None, None]))
    denoiser = Denoiser(network, objective)
    found = denoiser(x, sigma)
    seen, time, _, _ = network.seen
    assert torch.isfinite(found).all()
    torch.testing.assert_close(seen[0], x0[0])
    torch.testing.assert_close(seen[2], noise[2])
    assert time.tolist() == [0.0, pytest.approx(0, abs=1e-11), 1.0]
    if objective != "x0":  # with x0 the error of 0.01 is passed on as it is
        torch.testing.assert_close(found[:2], x0[:2])
    assert found[2].abs().max() < (0.02 * LARGEST_RATIO if objective == "epsilon" else 10)
    assert torch.isfinite(denoiser.loss(x0, noise, sigma, min_snr=5.0)).all()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_loss_is_the_mean_square_of_the_network_s_own_error(objective):
    x0, noise = signals()
    offset = torch.randn(x0.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    denoiser = Denoiser(Told(target(objective, x0, noise, SIGMAS[:, None, None]) + offset), objective)
    torch.testing.assert_close(denoiser.loss(x0, noise, SIGMAS), offset.square().mean((1, 2)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("sigma_data", [1.0, 0.3])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_min_snr_weighs_the_error_of_the_clean_signal(objective, sigma_data):
    x0, noise = signals(sigma_data)
    sigma = SIGMAS[:, None, None]
    offset = torch.randn(x0.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    denoiser = Denoiser(Told(target(objective, x0, noise, sigma, sigma_data) + offset), objective, sigma_data)
    clean_error = ((denoiser(x0 + sigma * noise, SIGMAS) - x0) / sigma_data).square().mean((1, 2))
    expected = (sigma_data / SIGMAS).square().clamp(max=5) * clean_error
    torch.testing.assert_close(denoiser.loss(x0, noise, SIGMAS, min_snr=5.0)[1:], expected[1:], rtol=1e-8, atol=0)


def test_min_snr_weights_of_the_paper():
    snr = SIGMAS.pow(-2)
    wanted = {"x0": snr.clamp(max=5), "epsilon": snr.clamp(max=5) / snr, "v": snr.clamp(max=5) / (snr + 1)}
    for objective, weight in wanted.items():
        torch.testing.assert_close(snr_weight(objective, SIGMAS, 5.0), weight, rtol=1e-12, atol=0)


def test_levels_along_time_come_as_a_last_channel():
    x0, noise = signals(rows=2)
    sigma = torch.rand(2, 1, 50, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 3
    network = Told(target("v", x0, noise, sigma))
    denoiser = Denoiser(network, "v")
    given = Conditions(channels=torch.ones(2, 3, 50, dtype=torch.float64))
    torch.testing.assert_close(denoiser(x0 + sigma * noise, sigma, given), x0, rtol=0, atol=1e-12)
    _, time, conditions, _ = network.seen
    assert conditions.channels.shape == (2, 4, 50)
    torch.testing.assert_close(conditions.channels[:, 3:], torch.atan(sigma) * 2 / pi)
    torch.testing.assert_close(time, (torch.atan(sigma) * 2 / pi).mean((1, 2)))
    assert denoiser.loss(x0, noise, sigma).shape == (2,)
    denoiser(x0, torch.ones(2, dtype=torch.float64), given, circular=True)
    _, _, conditions, circular = network.seen
    assert conditions is given and circular is True


def test_a_copy_has_weights_of_its_own():
    """deepcopy of a model of audio-diffusion-pytorch keeps computing with the weights of the original."""
    denoiser = Denoiser(Scaled(), "v")
    copied = copy.deepcopy(denoiser)
    x, sigma = torch.ones(1, 1, 4), torch.ones(1)
    before = copied(x, sigma)
    with torch.no_grad():
        denoiser.network.factor.fill_(7)
    assert torch.equal(copied(x, sigma), before)
    assert not torch.equal(denoiser(x, sigma), before)
    assert list(denoiser.state_dict()) == ["network.factor"]


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(0.5))

    def forward(self, x, time, conditions, circular=False):
        return self.factor * x


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_rows_do_not_see_each_other_and_gradients_arrive(objective):
    denoiser = Denoiser(Scaled(), objective)
    x0, noise = (part.float() for part in signals(rows=3))
    sigma = torch.tensor([0.1, 1.0, 5.0])
    loss = denoiser.loss(x0, noise, sigma, min_snr=5.0)
    alone = [denoiser.loss(x0[i : i + 1], noise[i : i + 1], sigma[i : i + 1], min_snr=5.0) for i in range(3)]
    assert torch.equal(loss, torch.cat(alone))
    loss.mean().backward()
    assert denoiser.network.factor.grad.abs() > 0
