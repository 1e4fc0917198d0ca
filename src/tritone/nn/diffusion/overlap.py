"""Long signals through a denoiser in windows that overlap, so that memory is that of one window."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise


@dataclass(frozen=True)
class Overlapping:
    """The clean estimate of a long signal as the mean of the estimates of its windows, which fade into each other.

    Every window sees the same noisy signal, at every step of a sampler, so that windows agree where they meet (in the
    line of MultiDiffusion, arXiv 2302.08113). A signal that fits into one window has exactly the estimate of that.
    """

    window: Callable[[int, int], Denoise]
    """`window(start, stop)`: the denoiser of a stretch, told what belongs to the stretch."""
    size: int
    """Length of a window."""
    overlap: int
    """By how much neighbours overlap, at least; below `size`."""

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The clean signal as estimated from `x (batch, channels, time)`; `sigma` is `(batch,)`."""
        total = x.shape[-1]
        if total <= self.size:
            return self.window(0, total)(x, sigma)
        fade = self._fade(x)
        estimate, weight = torch.zeros_like(x), x.new_zeros(total)
        for start in self._starts(total):
            stop = start + self.size
            estimate[..., start:stop] += fade * self.window(start, stop)(x[..., start:stop], sigma)
            weight[start:stop] += fade
        return estimate / weight

    def _starts(self, total: int) -> Iterator[int]:
        yield from range(0, total - self.size, self.size - self.overlap)
        yield total - self.size

    def _fade(self, x: Tensor) -> Tensor:
        """Rises over the overlap, falls over it at the end; nowhere 0."""
        place = torch.arange(self.size, device=x.device, dtype=x.dtype) + 0.5
        return torch.minimum(place, self.size - place).div(max(1, self.overlap)).clamp(max=1)
