from math import inf

import pytest
import torch
from torch import nn

from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.guidance import Guided
from tritone.nn.diffusion.objective import Denoiser


class Counting:
    """A denoiser whose estimate is the vector that it is told, plus a share of x; it counts its passes."""

    def __init__(self):
        self.rows = []

    def __call__(self, x, sigma, conditions, circular):
        self.rows.append(len(x))
        return conditions.vector[:, :, None] + 0.1 * x + 0.01 * sigma[:, None, None] + circular


POSITIVE = Conditions(vector=torch.tensor([[1.0, -1.0], [2.0, -3.0]]))
NEGATIVE = Conditions(vector=torch.tensor([[0.5, 0.0], [0.0, 1.0]]))
X = torch.randn(2, 2, 6, generator=torch.Generator().manual_seed(1))
SIGMA = torch.tensor([1.0, 1.0])


def alone(conditions, sigma=SIGMA, circular=False):
    return Counting()(X, sigma, conditions, circular)


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0, 7.0])
def test_the_formula_in_one_pass(scale):
    denoiser = Counting()
    found = Guided(denoiser, POSITIVE, NEGATIVE, scale)(X, SIGMA)
    expected = (1 - scale) * alone(NEGATIVE) + scale * alone(POSITIVE)
    torch.testing.assert_close(found, expected)
    assert denoiser.rows == [4]


def test_scale_one_and_levels_outside_cost_a_single_pass():
    for settings in ({"scale": 1.0}, {"scale": 3.0, "interval": (0.1, 0.9)}, {"scale": 3.0, "interval": (1.1, inf)}):
        denoiser = Counting()
        assert torch.equal(Guided(denoiser, POSITIVE, NEGATIVE, **settings)(X, SIGMA), alone(POSITIVE))
        assert denoiser.rows == [2]


def test_the_interval_has_its_ends_and_is_asked_of_each_row():
    guided = Guided(Counting(), POSITIVE, NEGATIVE, 3.0, interval=(1.0, 2.0))
    sigma = torch.tensor([2.0, 2.1])
    found = guided(X, sigma)
    expected = 3 * alone(POSITIVE, sigma) - 2 * alone(NEGATIVE, sigma)
    torch.testing.assert_close(found[0], expected[0])
    assert torch.equal(found[1], alone(POSITIVE, sigma)[1])
    assert not torch.equal(guided(X, torch.tensor([1.0, 1.0])), alone(POSITIVE))


def test_rescale_by_its_formula():
    """Section 3.4 of arXiv 2305.08891, row by row with numpy."""
    positive, negative = alone(POSITIVE).numpy(), alone(NEGATIVE).numpy()
    found = Guided(Counting(), POSITIVE, NEGATIVE, 6.0, rescale=0.7)(X, SIGMA)
    for row in range(2):
        guided = negative[row] + 6 * (positive[row] - negative[row])
        rescaled = guided * positive[row].std() / guided.std()
        torch.testing.assert_close(found[row], torch.from_numpy(0.7 * rescaled + 0.3 * guided), rtol=1e-5, atol=1e-6)
    whole = Guided(Counting(), POSITIVE, NEGATIVE, 6.0, rescale=1.0)(X, SIGMA)
    torch.testing.assert_close(whole[0].std(correction=0), torch.tensor(float(positive[0].std())), rtol=1e-5, atol=0)


def test_silence_stays_silence_when_rescaled():
    nothing = Conditions(vector=torch.zeros(2, 2))
    silent = Guided(lambda x, sigma, conditions, circular: torch.zeros_like(x), nothing, nothing, 4.0, rescale=1.0)
    assert torch.equal(silent(X, SIGMA), torch.zeros_like(X))


def test_rows_do_not_see_each_other():
    guided = Guided(Counting(), POSITIVE, NEGATIVE, 4.0, rescale=0.5, interval=(0.5, 1.5))(X, torch.tensor([1.0, 3.0]))
    for row in range(2):
        own = slice(row, row + 1)
        one = Guided(Counting(), POSITIVE.rows(own), NEGATIVE.rows(own), 4.0, rescale=0.5, interval=(0.5, 1.5))
        torch.testing.assert_close(one(X[own], torch.tensor([1.0, 3.0])[own])[0], guided[row])


def test_circular_reaches_the_network_and_a_denoiser_fits():
    found = Guided(Counting(), POSITIVE, NEGATIVE, 2.0, circular=True)(X, SIGMA)
    torch.testing.assert_close(found, 2 * alone(POSITIVE, circular=True) - alone(NEGATIVE, circular=True))

    class Network(nn.Module):
        def forward(self, x, time, conditions, circular=False):
            return 0.1 * x + conditions.vector[:, :, None]

    denoiser = Denoiser(Network(), "x0")
    found = Guided(denoiser, POSITIVE, NEGATIVE, 3.0)(X, SIGMA)
    expected = 3 * denoiser(X, SIGMA, POSITIVE) - 2 * denoiser(X, SIGMA, NEGATIVE)
    torch.testing.assert_close(found, expected)
