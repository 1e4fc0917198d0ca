"""The band that sound at a low sample rate holds, in sound at a high one; and how it is kept while the rest is made."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise

KEPT = 0.9
"""Share of half the low rate up to which the given band is kept. Resampling rolls off between 0.91 and 0.985 of it."""
EDGE, SLOPE = 0.9564, 0.0112
"""Where, in halves of the low rate, the resampler's magnitude is one half, and how steeply it falls: as a normal
distribution function with this deviation, within 0.02 (soxr "HQ", one way, measured from 8 to 44.1 kHz)."""


def low_band(signal: Tensor, share: float, circular: bool = False) -> Tensor:
    """What of `signal (..., time)` lies not above `share` (0 to 1) of half its sample rate, without delay.

    An orthogonal projection: what came out comes out again unchanged, and no transition band lies between it and the
    rest. The signal goes on as its mirror image beyond its ends, or as a period where it is `circular`. Fast where the
    length has small factors; see `fast_length`.
    """
    return _filtered(signal, circular, lambda places: places <= share)


def as_resampled(signal: Tensor, share: float, circular: bool = False) -> Tensor:
    """`signal (..., time)` as it comes back from a sample rate `share` times its own: resampled down and up again."""
    return _filtered(signal, circular, lambda places: torch.special.ndtr((EDGE - places / share) / SLOPE).square())


def with_low_band(signal: Tensor, given: Tensor, share: float, circular: bool = False) -> Tensor:
    """The signal with the `low_band` of `given`, shaped like it, instead of its own: the nearest that has it."""
    return signal + low_band(given - signal, share, circular)


def fast_length(samples: int) -> int:
    """A length from `samples` on, at most a sixteenth longer, whose factors are small."""
    unit = 1 << max(0, samples.bit_length() - 5)
    return -(-samples // unit) * unit


@dataclass(frozen=True)
class Kept:
    """A denoiser whose estimates have the low band of `given`; called as samplers do, `(x, sigma)`."""

    denoise: Denoise
    given: Tensor
    """A signal shaped like x."""
    share: float
    circular: bool = False

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The estimate of the clean signal, above the band as the denoiser's is."""
        return with_low_band(self.denoise(x, sigma), self.given, self.share, self.circular)


def _filtered(signal: Tensor, circular: bool, response: Callable[[Tensor], Tensor]) -> Tensor:
    """The signal with every partial times `response` of its place, from 0 to 1 at half the sample rate; no phase."""
    samples = signal.shape[-1]
    if not samples:
        return signal
    whole = signal if circular else torch.cat([signal, signal.flip(-1)], -1)
    length = whole.shape[-1]
    places = torch.arange(length // 2 + 1, dtype=torch.float64, device=signal.device) * (2 / length)
    series = torch.fft.rfft(whole) * response(places).to(signal.dtype)
    return torch.fft.irfft(series, length)[..., :samples]
