"""Any length through a network whose signals must be whole multiples of its ratio."""

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor


@dataclass(frozen=True)
class Layout:
    """How a signal of `samples` is laid out for a network: `before` and behind it stand samples that are its own.

    An open signal is continued by its mirror image. A circle whose length is a multiple of the ratio stays as it is,
    and the network itself runs around it (`circular`). Any other circle is unrolled with at least one ratio of itself
    before and behind. Within one ratio of its start, what the network gave for the second round fades into what it
    gave for the first; so everywhere neighbours on the circle were neighbours in the network, and there is no seam.
    """

    samples: int
    total: int
    before: int
    fade: int
    circular: bool

    def extended(self, signal: Tensor) -> Tensor:
        """`(..., samples)` laid out as `(..., total)`."""
        if self.total == self.samples:
            return signal
        places = torch.arange(self.total, device=signal.device) - self.before
        if self.fade:
            places = places % self.samples
        else:
            places = places % (2 * self.samples)
            places = torch.minimum(places, 2 * self.samples - 1 - places)
        return signal[..., places]

    def restored(self, signal: Tensor) -> Tensor:
        """`(..., total)` that a network gave as `(..., samples)`."""
        if self.total == self.samples:
            return signal
        inside = signal[..., self.before : self.before + self.samples]
        if not self.fade:
            return inside
        again = signal[..., self.before + self.samples : self.before + self.samples + self.fade]
        share = torch.arange(self.fade, device=signal.device) / self.fade
        return torch.cat([torch.lerp(again, inside[..., : self.fade], share), inside[..., self.fade :]], -1)

    def resampled(self, frames: Tensor, ratio: int) -> Tensor:
        """Frames `(..., frames)` that stand evenly over the signal, at the moments of a level with this ratio.

        Linear interpolation between the middles of frames, `(..., total / ratio)`; before the first and after the last
        middle the frame itself, or around the circle.
        """
        count = frames.shape[-1]
        middles = (torch.arange(self.total // ratio, device=frames.device) + 0.5) * ratio - self.before
        places = middles * (count / self.samples) - 0.5
        if not (self.circular or self.fade):
            places = places.clamp(0, count - 1)
        floor = places.floor()
        left, right = floor.long() % count, (floor.long() + 1) % count
        return torch.lerp(frames[..., left], frames[..., right], (places - floor).to(frames.dtype))


def laid_out(samples: int, ratio: int, circular: bool) -> Layout:
    """The layout of a signal of `samples` for a network that divides time by `ratio`."""
    if samples % ratio == 0:
        return Layout(samples, samples, 0, 0, circular)
    if circular:
        return Layout(samples, ceil((samples + 2 * ratio) / ratio) * ratio, ratio, min(ratio, samples), False)
    return Layout(samples, ceil(samples / ratio) * ratio, 0, 0, False)
