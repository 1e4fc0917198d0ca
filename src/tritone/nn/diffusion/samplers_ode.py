"""Samplers that follow the probability-flow equation dx/dsigma = (x − clean) / sigma (arXiv 2206.00364, eq. 1 and 3).

In l = −log(sigma) it reads dx/dl = clean − x: its linear part is solved exactly, so that a step of any length, even
from a sigma near infinity, does no more than go towards an estimate of the clean signal. What a sampler adds is how
it guesses that estimate over the step.
"""

from itertools import pairwise
from math import expm1, log

from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise, Noise, estimate


def towards(x: Tensor, clean: Tensor, sigma: float, lower: float) -> Tensor:
    """The step from `sigma` to `lower` that is exact where the clean estimate does not change."""
    kept = lower / sigma
    return kept * x + (1 - kept) * clean


def ddim(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, *, eta: float = 0.0) -> Tensor:
    """DDIM (arXiv 2010.02502, eq. 12 and 16); `eta` above 0 adds that share of the noise of ancestral sampling.

    First order. Its noise has the variance eta² · lower² · (1 − lower² / sigma²).
    """
    for step, (sigma, lower) in enumerate(pairwise(sigmas.tolist())):
        clean = estimate(denoise, x, sigma)
        added = eta * lower * (1 - (lower / sigma) ** 2) ** 0.5
        x = towards(x, clean, sigma, (lower**2 - added**2) ** 0.5)
        if added:
            x = x + added * noise(step)
    return x


def euler(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise, *, churn: float = 0.0) -> Tensor:
    """Euler's method, first order, with the churn of arXiv 2206.00364, algorithm 2.

    Before each step, sigma is raised by the share churn / steps, at most √2 − 1, with fresh noise. Without churn it is
    `ddim` without eta.
    """
    levels = sigmas.tolist()
    share = min(churn / max(1, len(levels) - 1), 2**0.5 - 1)
    for step, (sigma, lower) in enumerate(pairwise(levels)):
        raised = sigma * (1 + share)
        if share:
            x = x + (raised**2 - sigma**2) ** 0.5 * noise(step)
        x = towards(x, estimate(denoise, x, raised), raised, lower)
    return x


def heun(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise) -> Tensor:
    """Heun's method in −log(sigma): the estimate is a line from before the step to after it, integrated exactly.

    Second order (an exponential Runge-Kutta method, Hochbruck & Ostermann 2010). Two evaluations a step, one for a
    last step to 0.
    Heun's method in sigma (arXiv 2206.00364, algorithm 1) overshoots by sigma / lower where steps are long.
    """
    for sigma, lower in pairwise(sigmas.tolist()):
        clean = estimate(denoise, x, sigma)
        x = towards(x, clean, sigma, lower)
        if lower:
            length = log(sigma / lower)
            x = x + (1 + expm1(-length) / length) * (estimate(denoise, x, lower) - clean)
    return x


def two_m(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise) -> Tensor:
    """DPM-Solver++ 2M (arXiv 2211.01095, algorithm 2): the estimate at the middle of a step, from this and the last.

    Second order with one evaluation a step. The first step and one to 0 are first order.
    """
    before, length_before = None, 0.0
    for sigma, lower in pairwise(sigmas.tolist()):
        clean = estimate(denoise, x, sigma)
        middle, length = clean, log(sigma / lower) if lower else 0.0
        if before is not None and lower:
            middle = clean + length / (2 * length_before) * (clean - before)
        x = towards(x, middle, sigma, lower)
        before, length_before = clean, length
    return x


def unipc(denoise: Denoise, x: Tensor, sigmas: Tensor, noise: Noise) -> Tensor:
    """`two_m` with every step done over once the estimate at its end is known, which costs no evaluation.

    That estimate, with which the next step begins anyway, makes the step `heun`'s: a line from before it to after it
    (UniPC of order 2, arXiv 2302.04867, section 3.1). A step to 0 takes the estimate as a parabola in sigma, even about
    0, through the last two. Second order; the first step and a last one that does not go to 0 are `two_m`'s.
    """
    past = None
    for sigma, lower in pairwise(sigmas.tolist()):
        clean = estimate(denoise, x, sigma)
        middle = clean
        if past is not None:
            begun, level, before = past
            length = log(level / sigma)
            x = towards(begun, before, level, sigma) + (1 + expm1(-length) / length) * (clean - before)
            share = log(sigma / lower) / (2 * length) if lower else 1 / ((level / sigma) ** 2 - 1)
            middle = clean + share * (clean - before)
        past = x, sigma, clean
        x = towards(x, middle, sigma, lower)
    return x
