"""A process of which everything is known: told to the network and the head exactly, it must come out of sampling.

x_t = A x_{t-1} + e, of covariance P. From frames that are heard with noise of deviation s on them, the best guess from
the last one is B y, B = A P (P + s² I)^-1, and what it misses has the covariance V = P - B P Aᵀ.
"""

from math import log

import numpy as np
import pytest
import torch
from scipy.linalg import solve_discrete_lyapunov

from tritone.families.prior.heads import MixtureHead
from tritone.families.prior.losses import miss, shifted, surprise
from tritone.families.prior.networks import CausalNetwork
from tritone.families.prior.streaming import StreamingPrior

DIMS, WIDTH, CHAINS, STEPS = 3, 8, 4000, 120
A = np.array([[0.98, 0.1, 0.0], [-0.1, 0.9, 0.2], [0.0, -0.3, 0.5]])
P = solve_discrete_lyapunov(A, 0.05 * np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 1.0]]))


def best(noise):
    """B and V."""
    guess = A @ P @ np.linalg.inv(P + noise**2 * np.eye(DIMS))
    return guess, P - guess @ P @ A.T


def told(noise):
    """A network and a head that know the process, as it is heard with that noise, in every component."""
    network = CausalNetwork(DIMS, WIDTH, 2, (1, 2), 0.0)
    head = MixtureHead(network.says, DIMS, 2, 1e-3)
    guess, missed = best(noise)
    lower = np.linalg.cholesky(missed)
    deviations = np.diag(lower)
    shear = np.linalg.inv(lower / deviations)
    spread = head.floor + np.log(np.expm1(np.log(deviations) - head.floor))
    with torch.no_grad():
        head.out.weight.zero_()
        head.out.weight[2 : 2 + 2 * DIMS, WIDTH:] = torch.tensor(np.tile(guess, (2, 1)))
        below = shear[np.tril_indices(DIMS, -1)]
        head.out.bias.copy_(torch.tensor(np.concatenate([np.zeros(2 + 2 * DIMS), spread, spread, below])))
    return network, head


@torch.no_grad()
def sampled(noise, *, heard):
    """Frames `(chains, steps, dims)` in numpy, from the stationary state on, heard with noise of deviation `heard`."""
    mean, std = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0.5, 2.0, 1.0])
    network, head = told(noise)
    stream = StreamingPrior(network, head, torch.zeros(1, WIDTH), mean, std, input_noise=heard)
    draw = torch.Generator().manual_seed(1)
    frame, state, made = stream.initial_frame(CHAINS), stream.initial_state(CHAINS), []
    for _ in range(STEPS):
        frame, state = stream.step(frame, state, 1.0, torch.randn(CHAINS, stream.noise_width, generator=draw))
        made.append((frame - mean) / std)
    return torch.stack(made, 1).numpy()


def covariance(first, second):
    return first.T @ second / len(first)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_frames_have_the_moments_of_the_process(noise):
    made = sampled(noise, heard=noise)
    last, before = made[:, -1], made[:, -2]
    close = 4 * np.sqrt(2 / CHAINS) * np.sqrt(np.outer(np.diag(P), np.diag(P)))
    assert (np.abs(covariance(last, last) - P) < close).all()
    assert (np.abs(covariance(last, before) - best(noise)[0] @ P) < close).all()
    assert (np.abs(last.mean(0)) < 4 * np.sqrt(np.diag(P) / CHAINS)).all()


def test_without_the_noise_that_was_learned_with_frames_shrink():
    """Why frames are heard with noise: what is left of the variance, in closed form, and it is far less."""
    guess, missed = best(0.5)
    shrunk = solve_discrete_lyapunov(guess, missed)
    assert (np.diag(shrunk) < 0.75 * np.diag(P))[:2].all()
    last = sampled(0.5, heard=0.0)[:, -1]
    np.testing.assert_allclose(np.diag(covariance(last, last)), np.diag(shrunk), rtol=4 * np.sqrt(2 / CHAINS))


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_losses_are_the_entropy_and_the_variance_that_is_left(noise):
    made = torch.tensor(sampled(0.0, heard=0.0))[:, -40:]
    network, head = told(noise)
    heard = shifted(made) + noise * torch.randn(made.shape, generator=torch.Generator().manual_seed(2))
    said = network(heard, torch.zeros(1, WIDTH))
    _, missed = best(noise)
    nats = 0.5 * (DIMS * log(2 * np.pi * np.e) + np.linalg.slogdet(missed)[1]) / DIMS
    with torch.no_grad():
        found = surprise(head, said, made)[:, 1:].mean(), miss(head, said, made)[:, 1:].mean()
    assert float(found[0]) == pytest.approx(nats, abs=0.01)
    assert float(found[1]) == pytest.approx(np.trace(missed) / DIMS, rel=0.02)
