"""Filling gaps: sound of which a part is given and stays as it is, sample by sample (RePaint, arXiv 2201.09865)."""

from itertools import count, pairwise
from math import log, sqrt

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise, Noise, Show, counted, estimate
from tritone.nn.diffusion.samplers import start_noise


def inpaint(
    denoise: Denoise,
    known: Tensor,
    keep: Tensor,
    sigmas: Tensor,
    noise: Noise,
    *,
    resamples: int = 4,
    sigma_data: float = 1.0,
    show: Show | None = None,
) -> Tensor:
    """`known (batch, channels, time)` where `keep`, bool `(batch | 1, 1, time)`, is True, bit by bit; new elsewhere.

    Each step from a level to the next is taken `resamples` times: down by stochastic sampling, back up by noise of
    variance sigma² − lower² (the paper's algorithm 1), so that the parts come to fit each other. What is given enters
    at each level with fresh noise. Evaluations: steps × resamples. `sigmas` is as for samplers and ends at 0; `noise`
    is asked for numbers of use from 0.

    Down and up again is a step of Langevin dynamics. It is first order: an estimate from before belongs to noise that
    was renewed, and repeated use of it diverges. The last step down from each level is that of 2M-SDE: first order
    throughout takes 30 % of the variance at 16 steps. With nothing kept and one pass this is the sampler 2m-sde.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    if show is not None:
        denoise = counted(denoise, (len(sigmas) - 1) * resamples, show)
    fresh = map(noise, count())
    first, largest = next(fresh), float(sigmas[0])
    x = torch.where(keep, known + largest * first, start_noise(first, largest, sigma_data))
    before, length_before = None, 0.0
    for sigma, lower in pairwise(sigmas.tolist()):
        length = log(sigma / lower) if lower else 0.0
        for left in reversed(range(resamples)):
            clean = guess = estimate(denoise, x, sigma)
            if before is not None and lower and not left:
                guess = clean + length / (2 * length_before) * (clean - before)
            x = _down(x, guess, known, keep, sigma, lower, next(fresh) if lower else torch.zeros_like(x))
            if left:
                x = x + sqrt(sigma**2 - lower**2) * next(fresh)
        before, length_before = clean, length
    return torch.where(keep, known, x)


def _down(x: Tensor, clean: Tensor, known: Tensor, keep: Tensor, sigma: float, lower: float, noise: Tensor) -> Tensor:
    """From the posterior of the next level where sound is to be found, from the given sound where it is known."""
    share = 1 - (lower / sigma) ** 2
    found = (1 - share) * x + share * clean + lower * sqrt(share) * noise
    return torch.where(keep, known + lower * noise, found)
