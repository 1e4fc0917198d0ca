"""The waveform itself as what is diffused."""

from torch import Tensor

from tritone.families.diffusion.domain_base import Domain, Seeds
from tritone.signal.periodic import resample_periodic

SILENCE = 1e-5
"""Least level (root mean square) that sound is scaled by."""


class WaveDomain(Domain):
    """Samples, divided by their root mean square over the training sound: one figure, so that the balance stays.

    Music at a level of 0.1 to 0.2 is far below the unit variance that noise levels are made for.
    """

    name = "waveform"

    def __init__(self, channels: int) -> None:
        super().__init__(channels, 1, 1)

    def enter(self, audio: Tensor) -> Tensor:
        """The same."""
        return audio.float()

    def leave(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """The same, cut."""
        return signal[..., :samples]

    def leave_loop(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """The period at another number of samples."""
        return resample_periodic(signal, samples)

    def _scale(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        return first.new_zeros(1), second.mean(0, keepdim=True).sqrt().clamp(min=SILENCE)
