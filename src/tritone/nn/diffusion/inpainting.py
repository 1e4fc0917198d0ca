"""Filling gaps: sound of which a part is given and stays as it is, sample by sample (RePaint, arXiv 2201.09865)."""

from math import sqrt

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise, Noise, Show, counted, estimate
from tritone.nn.diffusion.samplers import start_noise
from tritone.nn.diffusion.samplers_ode import towards


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

    Each step from a level to the next is taken `resamples` times: down by ancestral sampling, back up by noise of
    variance sigma² − lower², as in algorithm 1 of the paper, so that the two parts come to fit each other. What is
    given enters at each level with fresh noise of that level. Evaluations: steps × resamples.

    Steps are first order because all that a step of higher order would draw on, the estimates before, belong to other
    noise once it was renewed. They are ancestral because down and up again is then a step of Langevin dynamics twice
    as long as with DDIM: the parts mix in half the evaluations.

    `sigmas` is as for samplers and ends at 0; `noise` is asked for numbers of use from 0.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    levels = sigmas.tolist()
    if show is not None:
        denoise = counted(denoise, (len(levels) - 1) * resamples, show)
    first = noise(0)
    x = torch.where(keep, known + levels[0] * first, start_noise(first, levels[0], sigma_data))
    used = 1
    for sigma, lower in zip(levels, levels[1:], strict=False):
        added = lower * sqrt(1 - (lower / sigma) ** 2)
        for left in reversed(range(resamples)):
            x = towards(x, estimate(denoise, x, sigma), sigma, sqrt(lower**2 - added**2))
            if lower:
                fresh, used = noise(used), used + 1
                x = torch.where(keep, known + lower * fresh, x + added * fresh)
            if left:
                x = torch.where(keep, known, x) if not lower else x
                x, used = x + sqrt(sigma**2 - lower**2) * noise(used), used + 1
    return torch.where(keep, known, x)
