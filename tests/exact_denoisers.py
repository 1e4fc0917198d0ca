"""Denoisers that are exact, of data whose distribution is known, to measure samplers with."""

from math import log

import numpy as np
import torch
from scipy.integrate import solve_ivp
from scipy.stats import norm

MEANS, DEVIATIONS, SHARES = np.array([-1.3, 0.0, 1.2]), np.array([0.2, 0.15, 0.3]), np.array([0.3, 0.3, 0.4])


def gaussian(deviation=1.0, mean=0.0):
    """E[x0 | x] of Gaussian data: linear."""

    def denoise(x, sigma):
        sigma = sigma[:, None, None].to(x)
        return mean + deviation**2 / (deviation**2 + sigma**2) * (x - mean)

    return denoise


def mixture(x, sigma):
    """E[x0 | x] of the three-component mixture above."""
    means, deviations, shares = (torch.from_numpy(part).to(x) for part in (MEANS, DEVIATIONS, SHARES))
    noise = sigma[:, None, None, None].to(x).square()
    x, variance = x[..., None], deviations.square() + noise
    weights = (shares.log() - (x - means).square() / (2 * variance) - variance.log() / 2).softmax(-1)
    return (weights * (means * noise + x * deviations.square()) / variance).sum(-1)


def mixture_quantiles(count):
    """The middles of so many equal shares of the mixture's distribution."""
    grid = np.linspace(-5, 5, 100_001)
    cumulative = sum(w * norm.cdf((grid - m) / s) for w, m, s in zip(SHARES, MEANS, DEVIATIONS, strict=True))
    return np.interp((np.arange(count) + 0.5) / count, cumulative, grid)


def normal_quantiles(count):
    """A standard normal sample `(1, 1, count)` without chance."""
    return torch.from_numpy(norm.ppf((np.arange(count) + 0.5) / count))[None, None]


def w1(samples):
    """Wasserstein-1 distance of samples to the mixture."""
    found = np.sort(samples.flatten().numpy())
    return float(np.abs(found - mixture_quantiles(len(found))).mean())


def solved(denoise, x, sigma, lower):
    """The probability-flow equation solved by scipy, to eleven digits, for `x (1, 1, count)`."""

    def slope(position, state):
        state = torch.from_numpy(state)[None, None]
        level = torch.tensor([np.exp(-position)], dtype=torch.float64)
        return (denoise(state, level) - state)[0, 0].numpy()

    span = (-log(sigma), -log(lower))
    return torch.from_numpy(solve_ivp(slope, span, x[0, 0].numpy(), "DOP853", rtol=1e-11, atol=1e-12).y[:, -1])[
        None, None
    ]
