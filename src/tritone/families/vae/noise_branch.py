"""The filtered-noise branch of the decoder (RAVE, section 3.2, after DDSP, arXiv 2001.04643)."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.blocks import Chain, LeakyReLU
from tritone.nn.conv import Conv1d


def modified_sigmoid(signal: Tensor) -> Tensor:
    """2 sigmoid(x)^2.3 + 1e-7: between 0 and 2, and slow to leave 0. RAVE's law for loudness and noise amplitudes."""
    return 2 * torch.sigmoid(signal) ** 2.3 + 1e-7


def impulse_responses(amplitudes: Tensor) -> Tensor:
    """Zero-phase filters `(..., 2 * (bands - 1))` with the given amplitudes `(..., bands)` from 0 to half the rate.

    The inverse Fourier transform, turned so that its centre is in the middle, under a Hann window.
    """
    response = torch.fft.irfft(torch.complex(amplitudes, torch.zeros_like(amplitudes)))
    taps = response.shape[-1]
    return torch.roll(response, taps // 2, -1) * torch.hann_window(taps, device=response.device)


def filter_frames(noise: Tensor, filters: Tensor) -> Tensor:
    """Filters each frame of `noise` `(rows, frames, hop)` by its own filter `(rows, frames, taps)`.

    Gives `(rows, frames * hop)`. The tail of every frame rings into those after it. Filters are centred: tap taps // 2
    acts without delay.
    """
    rows, frames, hop = noise.shape
    taps = filters.shape[-1]
    length = hop + taps - 1
    size = length + length % 2
    spectrum = torch.fft.rfft(noise, size) * torch.fft.rfft(filters, size)
    windows = torch.fft.irfft(spectrum, size)[..., :length]
    total = (frames - 1) * hop + length
    summed = functional.fold(windows.transpose(1, 2), (1, total), (1, length), stride=(1, hop))
    return summed.reshape(rows, total)[:, taps // 2 : taps // 2 + frames * hop]


class NoiseBranch(nn.Module):
    """Strided convolutions from the decoder's top layer to one noise filter per band and `prod(ratios)` band samples.

    `kernels` holds the taps of each convolution. `normalise` splits their weights as `tritone.nn.blocks.normalised`.
    """

    def __init__(
        self,
        *,
        channels: int,
        hidden: int,
        bands: int,
        amplitudes: int,
        ratios: Sequence[int],
        kernels: Sequence[int],
        causal: bool,
    ) -> None:
        super().__init__()
        widths = [channels, *[hidden] * (len(ratios) - 1), bands * amplitudes]
        layers: list[nn.Module] = []
        for i, (ratio, kernel) in enumerate(zip(ratios, kernels, strict=True)):
            layers += [LeakyReLU()] if i else []
            layers += [Conv1d(widths[i], widths[i + 1], kernel, stride=ratio, causal=causal)]
        self.layers = Chain(*layers)
        self.bands, self.amplitudes, self.hop = bands, amplitudes, prod(ratios)

    @property
    def taps(self) -> int:
        """Length of the noise filters."""
        return 2 * (self.amplitudes - 1)

    def lag(self, before: int) -> int:
        """Band samples by which a stream runs behind, when what it reads runs `before` band samples behind."""
        return self.layers.lag(before) * self.hop + self.taps // 2

    def forward(self, signal: Tensor, noise: Tensor) -> Tensor:
        """Signal `(batch, channels, time)` shapes uniform noise `(batch, bands, time)`; same shape out as the noise."""
        batch, _, time = noise.shape
        frames = time // self.hop
        amplitudes = modified_sigmoid(self.layers(signal).float() - 5)
        amplitudes = amplitudes.reshape(batch * self.bands, self.amplitudes, frames).transpose(1, 2)
        framed = noise.reshape(batch * self.bands, frames, self.hop)
        return filter_frames(framed, impulse_responses(amplitudes)).reshape(batch, self.bands, time)
