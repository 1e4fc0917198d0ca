"""Samplers by name, and sampling from seeds: noise in, sound out, the same for a seed whatever stands beside it."""

from collections.abc import Callable, Sequence
from math import hypot

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.nn.diffusion.config import SamplerName, SamplingConfig
from tritone.nn.diffusion.denoise import Denoise, Noise, Show, counted, seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.samplers_ode import ddim, euler, heun, two_m, unipc
from tritone.nn.diffusion.samplers_sde import ancestral, ping_pong, three_m_sde, two_m_sde

Sampler = Callable[[Denoise, Tensor, Tensor, Noise], Tensor]
"""`sampler(denoise, x, sigmas, noise)`: from `x` with noise of `sigmas[0]` down to `sigmas[-1]`.

`sigmas` is `(steps + 1,)`, descending, above 0 but for the last. The numbers of use that `noise` is asked for are those
of the steps, from 0."""

SAMPLERS: dict[SamplerName, Sampler] = {
    "unipc": unipc,
    "2m": two_m,
    "ddim": ddim,
    "euler": euler,
    "heun": heun,
    "2m-sde": two_m_sde,
    "3m-sde": three_m_sde,
    "ancestral": ancestral,
    "ping-pong": ping_pong,
}


def evaluations(sampler: SamplerName, steps: int) -> int:
    """How often a sampler asks the network on a grid of so many steps that ends at 0."""
    return 2 * steps - 1 if sampler == "heun" else steps


def start_noise(noise: Tensor, sigma: float, sigma_data: float = 1.0) -> Tensor:
    """Standard normal noise as a noisy signal of level `sigma`, of which nothing is known.

    Signals of that level have the variance sigma² + sigma_data². Starting from sigma alone would make all that comes
    out too quiet by sigma / √(sigma² + sigma_data²): by 0.8 % at sigma 8.
    """
    return hypot(sigma, sigma_data) * noise


def sample(
    denoise: Denoise,
    shape: Sequence[int],
    seeds: Tensor | Sequence[int],
    config: SamplingConfig,
    *,
    start: Tensor | None = None,
    strength: float = 1.0,
    sigma_data: float = 1.0,
    device: torch.device | str = "cpu",
    show: Show | None = None,
) -> Tensor:
    """One sample of `shape` for each seed, `(batch, *shape)`; each depends on its own seed alone.

    `start`, `(batch, *shape)` or one row for all, is a given signal of which the result is a variation: noise is added
    up to the level that `strength` in [0, 1] names and taken off again. At 0 it comes back as it is; at 1 nothing but
    what stands out of the noise of `sigma_max` is kept. UserError for a strength outside.
    """
    if not 0 <= strength <= 1:
        raise UserError(f"strength must lie between 0 and 1, not {strength:g}.")
    noise = seeded_noise(seeds, shape, device)
    first = noise(0)
    if start is None:
        sigmas = noise_levels(config)
        x = start_noise(first, float(sigmas[0]), sigma_data)
    elif strength == 0:
        return start.to(first).expand_as(first).clone()
    else:
        sigmas = noise_levels(config, strength)
        x = start.to(first) + float(sigmas[0]) * first
    if show is not None:
        denoise = counted(denoise, evaluations(config.sampler, len(sigmas) - 1), show)
    return SAMPLERS[config.sampler](denoise, x, sigmas, lambda step: noise(step + 1))
