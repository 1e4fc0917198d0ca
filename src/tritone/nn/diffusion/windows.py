"""Signals longer than a network has learned: overlapping windows, whose estimates are blended."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, pi

import torch
from torch import Tensor

from tritone.nn.diffusion.conditions import NOTHING, Conditions


def unmoved(conditions: Conditions, start: int) -> Conditions:
    """A window is told what the whole is told."""
    return conditions


@dataclass(frozen=True)
class Windowed:
    """A denoiser of signals of any length out of one of `size`, which is asked of one window after another.

    The clean signal is the mean of the windows' estimates, weighted by how far a place lies within each
    (MultiDiffusion, arXiv 2302.08113, eq. 5). As every step of a sampler blends anew, neighbours come to agree where
    they overlap. Memory is that of one window, whatever the length. A signal no longer than one is passed on whole.
    """

    denoiser: Callable[[Tensor, Tensor, Conditions, bool], Tensor]
    """A `Denoiser`, or anything called `(x, sigma, conditions, circular)`."""
    size: int
    """Length of a window."""
    overlap: int
    """Least length that neighbours share; below `size`."""
    told: Callable[[Conditions, int], Conditions] = unmoved
    """`told(conditions, start)`: what the window is told that begins at a place."""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.size:
            raise ValueError(f"overlap must be at least 0 and below size {self.size}, not {self.overlap}")

    def __call__(self, x: Tensor, sigma: Tensor, conditions: Conditions = NOTHING, circular: bool = False) -> Tensor:
        """The estimate, shaped like `x (batch, channels, time)`; `sigma` is `(batch,)`.

        Conditions of type `channels` are cut like the signal; ValueError for `context`, which has frames of its own.
        With `circular` the signal is one period, and the last window overlaps the first.
        """
        total = x.shape[-1]
        if total <= self.size:
            return self.denoiser(x, sigma, conditions, circular)
        if conditions.context is not None:
            raise ValueError("context cannot be cut into windows")
        weight = self._weight(x)
        blended, weights = torch.zeros_like(x), x.new_zeros(total)
        for start in self.starts(total, circular):
            places = torch.arange(start, start + self.size, device=x.device) % total
            beside = None if conditions.channels is None else conditions.channels[..., places]
            told = replace(self.told(conditions, start), channels=beside)
            estimate = self.denoiser(x[..., places], sigma, told, False)
            blended.index_add_(-1, places, weight * estimate)
            weights.index_add_(0, places, weight)
        return blended / weights

    def starts(self, total: int, circular: bool) -> Iterator[int]:
        """Where the windows of a signal begin that is longer than one: as few as will do, evenly placed."""
        step = self.size - self.overlap
        if circular:
            count = ceil(total / step)
            return (number * total // count for number in range(count))
        count = ceil((total - self.overlap) / step)
        return (number * (total - self.size) // (count - 1) for number in range(count))

    def _weight(self, x: Tensor) -> Tensor:
        """`(size,)`: rises over the overlap as a squared sine, rests at 1, falls again; above 0 everywhere."""
        places = torch.arange(self.size, device=x.device, dtype=x.dtype) + 0.5
        near = torch.minimum(places, self.size - places) / max(self.overlap, 1)
        return torch.sin(near.clamp(max=1.0) * (pi / 2)).square()
