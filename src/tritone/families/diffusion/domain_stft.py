"""The short-time spectrum as what is diffused: time traded for channels, with an exact way back."""

import torch
from torch import Tensor
from torch.nn import functional

from tritone.families.diffusion.domain_base import Domain, Seeds
from tritone.signal.periodic import resample_periodic

FLOOR = 1e-4
"""Least level of a bin, beside that of all: what lies 80 dB below is not raised to unit variance."""


class StftDomain(Domain):
    """Real and imaginary part of every bin of every channel, as channels.

    Frame i is the stretch of `window` samples around the middle of hop i, under the square root of a Hann window, so
    that `time / hop` frames cover the sound. The two numbers that are always zero (the imaginary parts at zero and at
    half the sample rate) are left out: of each channel come first the real parts of all bins, then the imaginary parts
    of those between, `window` numbers in all. The way back is the same window, overlap-add, and division by the sum of
    the squared windows, which is constant but for the ends.

    One scale serves both parts of a bin in all channels, so that phases and the balance stay as they are.
    """

    name = "spectrum"
    root: Tensor

    def __init__(self, channels: int, window: int, hop: int) -> None:
        super().__init__(channels * window, hop, channels * window)
        self.channels, self.window, self.hop = channels, window, hop
        self.margin = (window - hop) // 2
        self.overlap = self.reach = window // hop
        self.inner = (window - 1) // 2
        """Bins between the lowest and the highest, which have an imaginary part."""
        hann = torch.hann_window(window, dtype=torch.float64)
        self.register_buffer("root", hann.sqrt().float(), persistent=False)

    def enter(self, audio: Tensor) -> Tensor:
        """The spectrum; silence lies around the sound."""
        samples = audio.shape[-1]
        behind = (self.frames(samples) - 1) * self.hop + self.window - self.margin - samples
        padded = functional.pad(audio.float(), (self.margin, behind))
        spectrum = torch.fft.rfft(padded.unfold(-1, self.window, self.hop) * self.root, norm="ortho")
        numbers = torch.cat([spectrum.real, spectrum.imag[..., 1 : 1 + self.inner]], -1)
        return numbers.transpose(2, 3).flatten(1, 2)

    def leave(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """Overlap-add over the sum of the windows."""
        total = self._overlap_add(self._frames(signal))
        weight = self._overlap_add(self.root.square().expand(1, 1, signal.shape[-1], -1))
        return (total / weight)[..., :samples]

    def leave_loop(self, signal: Tensor, samples: int, seeds: Seeds | None = None) -> Tensor:
        """Overlap-add around the circle."""
        count, around = signal.shape[-1], self.overlap
        places = torch.arange(-around, count + around, device=signal.device) % count
        total = self._overlap_add(self._frames(signal[..., places])) * (2 / self.overlap)
        return resample_periodic(total[..., around * self.hop : (around + count) * self.hop].contiguous(), samples)

    def _frames(self, signal: Tensor) -> Tensor:
        """Windowed stretches `(batch, channels, frames, window)` of a signal."""
        numbers = signal.float().unflatten(1, (self.channels, self.window)).transpose(2, 3)
        bins = self.window // 2 + 1
        ends = (1, bins - 1 - self.inner)
        spectrum = torch.complex(numbers[..., :bins], functional.pad(numbers[..., bins:], ends))
        return torch.fft.irfft(spectrum, self.window, norm="ortho") * self.root

    def _overlap_add(self, frames: Tensor) -> Tensor:
        """Stretches `(batch, channels, frames, window)` to `(batch, channels, frames * hop)`, without the margins."""
        batch, channels, count, _ = frames.shape
        columns = frames.flatten(0, 1).transpose(1, 2)
        length = (count - 1) * self.hop + self.window
        folded = functional.fold(columns, (1, length), (1, self.window), stride=(1, self.hop))
        return folded.view(batch, channels, length)[..., self.margin : self.margin + count * self.hop]

    def _scale(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        bins = self.window // 2 + 1
        power = second.view(self.channels, self.window).mean(0)
        real, imaginary = power[:bins], power[bins:]
        level = real.clone()
        level[1 : 1 + self.inner] = (real[1 : 1 + self.inner] + imaginary) / 2
        level = level.clamp(min=max(float(power.mean()) * FLOOR**2, FLOOR**4)).sqrt()
        both = torch.cat([level, level[1 : 1 + self.inner]])
        return torch.zeros_like(first), both.repeat(self.channels)
