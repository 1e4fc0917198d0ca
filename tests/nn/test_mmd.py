"""The discrepancy against the kernel's own sums, worked out in numpy, and over two processes."""

import numpy as np
import pytest
import torch

from tritone.nn.adversarial import identity
from tritone.nn.mmd import discrepancy
from tritone.nn.noise import sample_normal


def exact(points: np.ndarray) -> float:
    """MMD^2 of points `(n, dims)` and N(0, 1) for exp(-|x - y|^2 / 2 d), over all pairs; the prior in closed form.

    For C = 2 d: E k(x, y) over y is (C / (C + 2))^(d/2) exp(-|x|^2 / (C + 2)), and over both (C / (C + 4))^(d/2).
    """
    dims = points.shape[1]
    wide = 2 * dims
    squares = ((points[:, None] - points[None]) ** 2).sum(2)
    cross = (wide / (wide + 2)) ** (dims / 2) * np.exp(-(points**2).sum(1) / (wide + 2))
    return float(np.exp(-squares / wide).mean() - 2 * cross.mean() + (wide / (wide + 4)) ** (dims / 2))


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_many_frequencies_give_the_kernels_own_value(scale):
    latent = scale * torch.randn(2, 6, 40, generator=torch.Generator().manual_seed(1)) + 0.5
    points = latent.transpose(1, 2).flatten(0, 1).double().numpy()
    assert discrepancy(latent, 0, identity, 20_000).item() == pytest.approx(exact(points), rel=0.03)


def test_for_given_frequencies_it_is_the_distance_of_characteristic_functions():
    latent = torch.randn(1, 3, 30)
    points = latent[0].T.double().numpy()
    waves = sample_normal([5], (64, 3))[0].double().numpy() / 3**0.5
    found = np.exp(1j * points @ waves.T).mean(0) - np.exp(-(waves**2).sum(1) / 2)
    assert discrepancy(latent, 5, identity, 64).item() == pytest.approx(np.mean(np.abs(found) ** 2), rel=1e-4)


def test_it_is_least_for_the_prior():
    draws = torch.randn(8, 16, 200, generator=torch.Generator().manual_seed(0))
    near = discrepancy(draws, 1, identity)
    for other in (0.5 * draws, 1.5 * draws, draws + 0.5):
        assert discrepancy(other, 1, identity) > 5 * near


def test_its_gradient_leads_to_the_prior():
    latent = (0.2 * torch.randn(4, 8, 50) + 1).requires_grad_()
    optimizer = torch.optim.Adam([latent], 0.05)
    for step in range(150):
        optimizer.zero_grad()
        discrepancy(latent, step, identity).backward()
        optimizer.step()
    assert latent.detach().mean().abs() < 0.1 and 0.8 < latent.detach().std() < 1.2


def test_two_processes_have_the_gradient_of_one():
    latent = torch.randn(4, 5, 20) * 2
    whole = latent.clone().requires_grad_()
    value = discrepancy(whole, 3, identity)
    value.backward()
    halves = [half.clone().requires_grad_() for half in latent.chunk(2)]
    means = []
    for half in halves:
        discrepancy(half, 3, lambda tensor: means.append(tensor) or tensor)
    together = torch.stack(means).mean(0)
    losses = [discrepancy(half, 3, lambda _: together) for half in halves]
    (sum(losses) / 2).backward()
    for loss in losses:
        assert loss.item() == pytest.approx(value.item(), rel=1e-5)
    torch.testing.assert_close(torch.cat([half.grad for half in halves]), whole.grad, rtol=1e-4, atol=1e-8)
