"""The noise levels that a sampler goes through."""

from collections.abc import Callable
from math import ceil, pi

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.nn.diffusion.config import Grid, SamplingConfig

RHO = 7
"""Exponent of the grid of Karras et al."""


def log_sigma(place: Tensor, largest: float, smallest: float) -> Tensor:
    """Evenly spaced in log sigma: the signal-to-noise ratio falls by the same factor at each step."""
    return largest * (smallest / largest) ** place


def karras(place: Tensor, largest: float, smallest: float) -> Tensor:
    """Eq. 5 of arXiv 2206.00364: evenly spaced in the seventh root of sigma."""
    first, last = largest ** (1 / RHO), smallest ** (1 / RHO)
    return (first + place * (last - first)) ** RHO


CURVES: dict[Grid, Callable[[Tensor, float, float], Tensor]] = {"log-sigma": log_sigma, "karras": karras}


def noise_levels(config: SamplingConfig, strength: float = 1.0) -> Tensor:
    """Levels `(steps + 1,)`, float64, descending; the last is 0.

    `strength` in (0, 1] names the place on the whole grid where a shorter one begins, which has as many steps as that
    share of the whole, rounded up; so how much of a given sound is kept hardly depends on the number of steps.

    The grid "linear" is evenly spaced in the angle atan(sigma), as the LinearSchedule of audio-diffusion-pytorch is.
    It knows no smallest or largest level: it starts from noise alone, tan(π/2), a number near 10¹⁶. UserError where
    strength is no share.
    """
    if not 0 < strength <= 1:
        raise UserError(f"strength must be above 0 and at most 1, not {strength:g}.")
    steps = max(1, ceil(config.steps * strength - 1e-9))
    if config.grid == "linear":
        return torch.tan(torch.linspace(strength, 0, steps + 1, dtype=torch.float64) * (pi / 2))
    places = torch.linspace(1 - strength, 1, steps, dtype=torch.float64)
    levels = CURVES[config.grid](places, config.sigma_max, config.sigma_min)
    return torch.cat([levels, levels.new_zeros(1)])
