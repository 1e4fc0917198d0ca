"""What a network of diffusion is taught, and how its output becomes an estimate of the clean signal."""

from dataclasses import dataclass, replace
from math import pi, sqrt

import torch
from torch import Tensor, nn

from tritone.nn.diffusion.conditions import NOTHING, Conditions
from tritone.nn.diffusion.config import Objective

LARGEST_RATIO = 1e3
"""Noise beside the signal above which an estimate from predicted noise is shrunk; see `scales`."""


@dataclass(frozen=True)
class Scales:
    """The preconditioner (arXiv 2206.00364, eq. 7): clean = skip · noisy + out · network(into · noisy, time).

    All are shaped like sigma. `time` is in [0, 1]: 0 for no noise, 1 for noise alone.
    """

    skip: Tensor
    out: Tensor
    into: Tensor
    time: Tensor


def scales(objective: Objective, sigma: Tensor, sigma_data: float = 1.0) -> Scales:
    """Scales for noisy signals x = x0 + sigma · n, where x0 has standard deviation `sigma_data` and n has 1.

    The network's input and target have unit variance at every sigma. With the angle atan(sigma / sigma_data), cosine c
    and sine s, the input is c · x0 / sigma_data + s · n, and the target

    - v (arXiv 2202.00512): c · n − s · x0 / sigma_data; epsilon (2006.11239): n; x0: x0 / sigma_data;
    - flow (2209.03003): n − x0 / sigma_data, the velocity of the straight path, divided by √2 for its variance.

    Time is angle / (π/2), and for flow the place on the straight path, sigma / (sigma + sigma_data). Predicted noise
    says nothing of the clean signal where there is nothing but noise: its estimate (x − sigma · n) is made smaller
    by LARGEST_RATIO · sigma_data / sigma where that is below 1, so that it stays finite at any sigma.
    """
    whole = torch.hypot(sigma, torch.full_like(sigma, sigma_data))
    cosine, sine = sigma_data / whole, sigma / whole
    time = torch.atan2(sigma, torch.full_like(sigma, sigma_data)) / (pi / 2)
    if objective == "v":
        return Scales(skip=cosine.square(), out=-sigma_data * sine, into=1 / whole, time=time)
    if objective == "x0":
        return Scales(skip=torch.zeros_like(sigma), out=torch.full_like(sigma, sigma_data), into=1 / whole, time=time)
    if objective == "epsilon":
        kept = (LARGEST_RATIO * sigma_data / sigma).clamp(max=1)
        return Scales(skip=kept, out=-sigma.clamp(max=LARGEST_RATIO * sigma_data), into=1 / whole, time=time)
    path = sigma + sigma_data
    return Scales(skip=sigma_data / path, out=-sqrt(2) * sigma_data * sigma / path, into=1 / whole, time=sigma / path)


def target(objective: Objective, clean: Tensor, noise: Tensor, sigma: Tensor, sigma_data: float = 1.0) -> Tensor:
    """What the network should give, of unit variance; see `scales`. `sigma` broadcasts with the signals."""
    unit = clean / sigma_data
    if objective == "v":
        whole = torch.hypot(sigma, torch.full_like(sigma, sigma_data))
        return sigma_data / whole * noise - sigma / whole * unit
    if objective == "x0":
        return unit
    return noise if objective == "epsilon" else (noise - unit) / sqrt(2)


def snr_weight(objective: Objective, sigma: Tensor, gamma: float, sigma_data: float = 1.0) -> Tensor:
    """Weight of the squared error of the network's output that weighs that of x0 / sigma_data by min(snr, gamma).

    snr = (sigma_data / sigma)². For x0, epsilon and v these are the weights of arXiv 2303.09556:
    min(snr, gamma), the same over snr, and over snr + 1.
    """
    ratio = (sigma_data / sigma).square().clamp(max=gamma)
    return (scales(objective, sigma, sigma_data).out / sigma_data).square() * ratio


class Denoiser(nn.Module):
    """A network as an estimate of the clean signal, for any objective.

    Signals are `(batch, channels, time)` with standard deviation `sigma_data`. `sigma` is `(batch,)`; or
    `(batch, 1, time)` where levels differ along time: the network then finds the time of every place as the last of
    its condition channels, and is told their mean.
    """

    def __init__(self, network: nn.Module, objective: Objective, sigma_data: float = 1.0):
        super().__init__()
        self.network = network
        self.objective: Objective = objective
        self.sigma_data = sigma_data

    def forward(self, x: Tensor, sigma: Tensor, conditions: Conditions = NOTHING, circular: bool = False) -> Tensor:
        """The clean signal as estimated from `x` = clean + sigma · noise. `circular` takes `x` as one period."""
        place = scales(self.objective, _beside(sigma, x), self.sigma_data)
        output = self._output(x, place, conditions, circular, along_time=sigma.dim() > 1)
        return place.skip * x + place.out * output

    def loss(
        self,
        x0: Tensor,
        noise: Tensor,
        sigma: Tensor,
        conditions: Conditions = NOTHING,
        *,
        circular: bool = False,
        min_snr: float = 0.0,
    ) -> Tensor:
        """Mean squared error of the network's own output, `(batch,)`: over the channels and time of each row.

        `noise` is standard normal, shaped like `x0`. `min_snr` above 0 weighs it as `snr_weight` does.
        """
        level = _beside(sigma, x0)
        place = scales(self.objective, level, self.sigma_data)
        output = self._output(x0 + level * noise, place, conditions, circular, along_time=sigma.dim() > 1)
        error = (output - target(self.objective, x0, noise, level, self.sigma_data)).square()
        if min_snr > 0:
            error = error * snr_weight(self.objective, level, min_snr, self.sigma_data)
        return error.flatten(1).mean(1)

    def _output(self, x: Tensor, place: Scales, conditions: Conditions, circular: bool, along_time: bool) -> Tensor:
        if along_time:
            channels = [] if conditions.channels is None else [conditions.channels]
            conditions = replace(conditions, channels=torch.cat([*channels, place.time], 1))
        return self.network(place.into * x, place.time.mean((1, 2)), conditions, circular)


def _beside(sigma: Tensor, signal: Tensor) -> Tensor:
    """Sigma `(batch, 1, 1)` or `(batch, 1, time)`, of the signal's type."""
    return (sigma[:, None, None] if sigma.dim() == 1 else sigma).to(signal)
