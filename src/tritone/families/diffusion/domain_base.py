"""What every domain has: a way in, a way out, and a scale on which the data has unit variance."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.families.base import Precision

Seeds = Sequence[int] | Tensor


class Domain(nn.Module, ABC):
    """What is diffused instead of, or as, sound. Audio is `(batch, channels, time)`, signals `(batch, width, frames)`.

    Buffers: `mean` and `std`, `(width, 1)` or `(1, 1)`, which `fit` measures once; `fitted`, whether it has.
    """

    name: str
    """In one word."""
    width: int
    """Channels of the signal."""
    ratio: int
    """Samples for one frame."""
    reach: int = 0
    """Frames on either side that the sound around a frame can change it by."""
    mean: Tensor
    std: Tensor
    fitted: Tensor

    def __init__(self, width: int, ratio: int, scales: int) -> None:
        """`scales` counts the figures by which signals are scaled: `width`, or 1 for all channels together."""
        super().__init__()
        self.width, self.ratio = width, ratio
        self.register_buffer("mean", torch.zeros(scales, 1))
        self.register_buffer("std", torch.ones(scales, 1))
        self.register_buffer("fitted", torch.tensor(False))

    def read(self, audio: Tensor) -> Tensor:
        """The signal of what training reads."""
        return self.enter(audio)

    @abstractmethod
    def enter(self, audio: Tensor) -> Tensor:
        """The signal of sound of any length: `frames(time)` frames."""

    @abstractmethod
    def leave(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """The first `samples` samples of the sound of a signal that has at least `frames(samples)` frames.

        Where a signal does not say all of its sound, the rest of row i is drawn from `seeds[i]` alone (without, from
        seed 0).
        """

    def enter_loop(self, audio: Tensor) -> Tensor:
        """The signal of sound that is one period, of a whole number of frames, as one period."""
        count, around = audio.shape[-1] // self.ratio, self.reach
        places = torch.arange(-around * self.ratio, (count + around) * self.ratio, device=audio.device)
        return self.enter(audio[..., places % audio.shape[-1]])[..., around : around + count]

    @abstractmethod
    def leave_loop(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """The sound of a signal that is one period: exactly `samples` samples, whose last leads into the first.

        For `seeds` see `leave`.
        """

    def frames(self, samples: int) -> int:
        """Frames that so many samples need."""
        return max(1, -(-samples // self.ratio))

    def normalise(self, signal: Tensor) -> Tensor:
        """The signal at unit variance."""
        return (signal.float() - self.mean) / self.std

    def restore(self, scaled: Tensor) -> Tensor:
        """The inverse of `normalise`."""
        return scaled.float() * self.std + self.mean

    def use_precision(self, precision: Precision) -> None:
        """Arithmetic of networks, for playing, where a domain has some."""

    def facts(self) -> dict[str, Any]:
        """What there is to say of networks, where a domain has some: plain numbers and words."""
        return {}

    @torch.no_grad()
    def fit(self, signals: Iterable[Tensor]) -> None:
        """Measure mean and deviation over signals, which may come in any number of batches; in float64.

        UserError where there is nothing to measure, or something that is not a number.
        """
        count = 0
        first, second = (torch.zeros(self.width, dtype=torch.float64) for _ in range(2))
        for signal in signals:
            exact = signal.detach().to("cpu", torch.float64)
            count += exact.shape[0] * exact.shape[2]
            first += exact.sum((0, 2))
            second += exact.square().sum((0, 2))
        if count == 0:
            raise UserError("There is no sound to measure the scale of; prepare data that is longer than one frame.")
        mean, std = self._scale(first / count, second / count)
        if not bool(torch.isfinite(mean).all() and torch.isfinite(std).all()):
            raise UserError("The training sound holds values that are not finite; prepare it again.")
        self.mean.copy_(mean[:, None])
        self.std.copy_(std[:, None])
        self.fitted.fill_(True)

    @abstractmethod
    def _scale(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """What to subtract and divide by, from the mean and the mean square of every channel `(width,)`."""
