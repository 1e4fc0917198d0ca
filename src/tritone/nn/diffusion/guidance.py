"""Classifier-free guidance: following the conditions more closely than they were learned."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from tritone.nn.diffusion.conditions import Conditions


@dataclass(frozen=True)
class Guided:
    """A denoiser bound to its conditions, guided away from `negative`: called `(x, sigma)`, as samplers do.

    clean = negative + scale · (positive − negative) (arXiv 2207.12598, eq. 6, of clean signals), both from one pass
    over a batch of twice the rows. One pass over the rows alone, with `conditions`, where that changes nothing: at
    scale 1, and where no row's sigma lies in `interval`, ends included (arXiv 2404.07724).
    """

    denoiser: Callable[[Tensor, Tensor, Conditions, bool], Tensor]
    """A `Denoiser`, or anything called `(x, sigma, conditions, circular)`."""
    conditions: Conditions
    """What is asked for, a row for each row of the signal."""
    negative: Conditions
    """What is avoided: no condition as it was learned, or anything else of the same kinds and shapes."""
    scale: float = 1.0
    """1 is no guidance, 0 follows `negative`."""
    rescale: float = 0.0
    """Share in which each row gets back the standard deviation of `positive` (arXiv 2305.08891, section 3.4)."""
    interval: tuple[float, float] = (0.0, inf)
    """Noise levels between which guidance acts."""
    circular: bool = False
    """Whether the signal is one period."""

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The guided estimate of the clean signal, shaped like `x`; `sigma` is `(batch,)`."""
        within = (sigma >= self.interval[0]) & (sigma <= self.interval[1])
        if self.scale == 1 or not bool(within.any()):
            return self.denoiser(x, sigma, self.conditions, self.circular)
        both = self.conditions.joined(self.negative)
        positive, negative = self.denoiser(torch.cat([x, x]), torch.cat([sigma, sigma]), both, self.circular).chunk(2)
        guided = negative + self.scale * (positive - negative)
        if self.rescale:
            guided = guided * (1 + self.rescale * (_loudness(positive, guided) - 1))
        return torch.where(within[:, None, None], guided, positive)


def _loudness(wanted: Tensor, found: Tensor) -> Tensor:
    """Standard deviation of each row of `wanted` for that of `found`, `(batch, 1, 1)`; 1 where that is silent."""
    loud, ours = (part.flatten(1).std(1, correction=0)[:, None, None] for part in (wanted, found))
    return torch.where(ours > 0, loud / ours.clamp_min(torch.finfo(ours.dtype).tiny), 1)
