"""Samplers that add fresh noise at every step.

In l = −log(sigma) they follow dx = (1 + eta) (clean − x) dl + sigma √(2 eta) dw, whose marginals are those of the
probability-flow equation for any eta (arXiv 2206.00364, eq. 6); with eta 1, the default, it
is the reverse of the process that added the noise. The linear part and the noise are solved exactly.
"""

from itertools import pairwise
from math import expm1, log, sqrt

from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise, Noise, estimate
from tritone.nn.diffusion.samplers_ode import ddim


def ancestral(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise) -> Tensor:
    """Ancestral sampling (arXiv 2006.11239, eq. 7): from the posterior of the next level given the clean estimate.

    It is `ddim` with eta 1. First order.
    """
    return ddim(denoise, x, sigmas, noise, eta=1.0)


def two_m_sde(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, *, eta: float = 1.0) -> Tensor:
    """DPM-Solver++ 2M of the stochastic equation (arXiv 2211.01095), the midpoint form.

    As `two_m`, the estimate at the middle of a step is drawn out from this and the last; without eta it is `two_m`.
    """
    before, length_before = None, 0.0
    for step, (sigma, lower) in enumerate(pairwise(sigmas.tolist())):
        clean = estimate(denoise, x, sigma)
        if not lower:
            return clean
        length, middle = log(sigma / lower), clean
        if before is not None:
            middle = clean + length / (2 * length_before) * (clean - before)
        share = -expm1(-(1 + eta) * length)
        x = _with_noise((1 - share) * x + share * middle, lower, eta * length, noise, step)
        before, length_before = clean, length
    return x


def three_m_sde(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, *, eta: float = 1.0) -> Tensor:
    """The estimate over a step is the parabola through this and the last two, integrated exactly.

    An exponential Adams-Bashforth method (Hochbruck & Ostermann 2010), as DPM-Solver++ 3M is. The first step takes a
    constant, the second a line: without eta it is third order where it starts from so much noise that the estimate
    hardly changes yet (sigma 80), second order else.
    """
    past: list[tuple[float, Tensor]] = []
    for step, (sigma, lower) in enumerate(pairwise(sigmas.tolist())):
        clean = estimate(denoise, x, sigma)
        if not lower:
            return clean
        length = log(sigma / lower)
        rate = (1 + eta) * length
        constant = -expm1(-rate)
        line = 1 - constant / rate
        x = (1 - constant) * x + constant * clean
        if past:
            slope = (clean - past[-1][1]) * (length / log(past[-1][0] / sigma))
            if len(past) > 1:
                ago, since = log(past[-1][0] / sigma) / length, log(past[-2][0] / sigma) / length
                earlier = (past[-1][1] - past[-2][1]) / (since - ago)
                bend = (slope - earlier) / since
                slope, x = slope + ago * bend, x + (1 - 2 * line / rate) * bend
            x = x + line * slope
        x = _with_noise(x, lower, eta * length, noise, step)
        past = [*past[-1:], (sigma, clean)]
    return x


def ping_pong(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise) -> Tensor:
    """Clean estimate, then fresh noise of the next level (arXiv 2303.01469, algorithm 1), for distilled models.

    It is right where the estimate is itself a sample, as a consistency model's is; a plain denoiser's estimate is a
    mean, and this then loses variance.
    """
    for step, (sigma, lower) in enumerate(pairwise(sigmas.tolist())):
        x = estimate(denoise, x, sigma)
        if lower:
            x = x + lower * noise(step)
    return x


def _with_noise(x: Tensor, lower: float, stirred: float, noise: Noise, step: int) -> Tensor:
    return x + lower * sqrt(-expm1(-2 * stirred)) * noise(step) if stirred else x
