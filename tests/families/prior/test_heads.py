"""The distribution of a frame: its density and its draws are those of the mixture that it says it is."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import chi2, multivariate_normal

from tritone.families.prior.heads import MixtureHead

WIDTH, DIMS, COUNT, LEAST = 5, 3, 4, 0.05


@pytest.fixture
def head():
    torch.manual_seed(3)
    head = MixtureHead(WIDTH, DIMS, COUNT, LEAST)
    torch.nn.init.normal_(head.out.weight, std=0.4)
    return head.double()


def mixture(head, said):
    """Weights, means and covariances of one frame in numpy, each component written out on its own."""
    weight, mean, spread, lower = (part.detach().numpy()[0] for part in head.parts(said[None]))
    ways = [np.linalg.inv(np.eye(DIMS) + lower) @ np.diag(np.exp(each)) for each in spread]
    return np.exp(weight), mean, np.stack([way @ way.T for way in ways])


def test_likelihood_is_that_of_scipys_mixture(head):
    said, frames = torch.randn(6, WIDTH).double(), 2 * torch.randn(6, DIMS).double()
    found = head.log_likelihood(said, frames).detach().numpy()
    for row in range(6):
        weight, mean, covariance = mixture(head, said[row])
        each = [multivariate_normal.logpdf(frames[row].numpy(), mean[k], covariance[k]) for k in range(COUNT)]
        assert found[row] == pytest.approx(logsumexp(each, b=weight), abs=1e-9)
        assert weight.sum() == pytest.approx(1) and np.abs(np.triu(covariance[0], 1)).max() > 0.01


def test_gradients(head):
    said = torch.randn(2, WIDTH).double().requires_grad_()
    frames = torch.randn(2, DIMS).double().requires_grad_()
    assert torch.autograd.gradcheck(head.log_likelihood, (said, frames))


def test_density_has_no_shape_of_batch_in_it(head):
    said, frames = torch.randn(2, 3, WIDTH).double(), torch.randn(2, 3, DIMS).double()
    together = head.log_likelihood(said, frames)
    alone = torch.stack([head.log_likelihood(said[b, t], frames[b, t]) for b in range(2) for t in range(3)])
    torch.testing.assert_close(together.flatten(), alone)


def test_no_deviation_is_below_the_least(head):
    said = 30 * torch.randn(50, WIDTH).double()
    assert float(head.parts(said)[2].detach().exp().min()) >= LEAST


def test_draws_have_the_moments_of_the_mixture(head):
    said, count = torch.randn(WIDTH).double(), 200_000
    weight, mean, covariance = mixture(head, said)
    drawn = head.draw(said.expand(count, -1), torch.randn(count, DIMS + 1).double(), 1.0).detach().numpy()
    centre = weight @ mean
    spread = np.einsum("k,kij->ij", weight, covariance) + np.einsum("k,ki,kj->ij", weight, mean, mean)
    spread -= np.outer(centre, centre)
    off = drawn.mean(0) - centre
    assert count * off @ np.linalg.solve(spread, off) < chi2.ppf(0.9999, DIMS)
    np.testing.assert_allclose(np.cov(drawn.T), spread, atol=0.03 * spread.max())


def test_temperature_scales_deviations_down_to_the_likeliest_mean(head):
    said = torch.randn(WIDTH).double()
    weight, mean, _ = mixture(head, said)
    noise = torch.randn(100, DIMS + 1).double()
    cold = head.draw(said.expand(100, -1), noise, 0.0).detach().numpy()
    np.testing.assert_allclose(cold, np.broadcast_to(mean[weight.argmax()], cold.shape), atol=1e-12)
    halves = [head.draw(said.expand(100, -1), noise, heat).detach().numpy().std(0) for heat in (0.2, 1.0)]
    assert (halves[0] < 0.7 * halves[1]).all()


def test_components_come_as_often_as_they_weigh(head):
    said = torch.randn(WIDTH).double()
    weight, mean, _ = mixture(head, said)
    count = 20_000
    noise = torch.zeros(count, DIMS + 1).double()
    noise[:, 0] = torch.randn(count)
    drawn = head.draw(said.expand(count, -1), noise, 1.0).detach().numpy()
    came = np.array([(np.abs(drawn - each).max(1) < 1e-9).mean() for each in mean])
    np.testing.assert_allclose(came, weight, atol=4 * 0.5 / count**0.5)


def test_extreme_noise_draws_finite_frames(head):
    noise = torch.tensor([[9.0] * (DIMS + 1), [-9.0] * (DIMS + 1)]).double()
    assert bool(head.draw(torch.randn(2, WIDTH).double(), noise, 1.0).isfinite().all())
