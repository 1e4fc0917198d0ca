"""The nano architecture: encoder and decoder of short-time spectra, for machines without a GPU.

All layers run at the rate of the spectrum's frames or below it, as wide matrix products; the waveform is left to the
Fourier transform (in the line of Vocos, arXiv 2306.00814). Same contract as the encoders and decoders of RAVE.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.vae.encoders import Encoder
from tritone.nn.blocks import Chain, Residual
from tritone.nn.conv import Conv1d, ConvTranspose1d, channels_last
from tritone.nn.spectrum import LogSpectrum, SpectrumToWave

UNIT_STRENGTH = 0.3


class FrameNorm(nn.Module):
    """Divides every frame by the root mean square of its channels, without a gain."""

    def forward(self, signal: Tensor) -> Tensor:
        return functional.rms_norm(signal.transpose(1, 2), (signal.shape[1],)).transpose(1, 2)

    def by_rows(self) -> "RowNorm":
        """The same on `(batch, time, channels)`."""
        return RowNorm()


class RowNorm(nn.Module):
    """Divides every row of `(batch, time, channels)` by its root mean square, in the plainest operators."""

    def __init__(self) -> None:
        super().__init__()
        self.epsilon = torch.finfo(torch.float32).eps

    def forward(self, signal: Tensor) -> Tensor:
        return signal * (signal.square().mean(-1, keepdim=True) + self.epsilon).rsqrt()


class EncoderNano(Encoder):
    """Log spectrum to what the bottleneck wants; `ratios[0]` is the hop of the spectrum, the others are strides."""

    def __init__(
        self,
        *,
        channels: int,
        latent: int,
        parts: int,
        capacity: int,
        window: int,
        ratios: Sequence[int],
        dilations: Sequence[Sequence[int]],
    ) -> None:
        spectrum = LogSpectrum(window, ratios[0])
        layers: list[nn.Module] = [spectrum, Conv1d(channels * spectrum.bins, capacity, 1, bias=True)]
        layers += _units(capacity, dilations[0])
        for ratio, row in zip(ratios[1:], dilations[1:], strict=True):
            layers += [Conv1d(capacity, 2 * capacity, ratio, stride=ratio, bias=True)]
            capacity *= 2
            layers += _units(capacity, row)
        super().__init__(Chain(*layers, Conv1d(capacity, parts * latent, 1, bias=True)))


class DecoderNano(nn.Module):
    """Latent to log magnitude and phase of every bin, and from there to the waveform."""

    noise_branch = None

    def __init__(
        self,
        *,
        channels: int,
        latent: int,
        capacity: int,
        window: int,
        ratios: Sequence[int],
        dilations: Sequence[Sequence[int]],
    ) -> None:
        super().__init__()
        width = capacity * 2 ** (len(ratios) - 1)
        layers: list[nn.Module] = [Conv1d(latent, width, 3, bias=True), *_units(width, dilations[-1])]
        for ratio, row in zip(reversed(ratios[1:]), reversed(dilations[:-1]), strict=True):
            width //= 2
            layers += [ConvTranspose1d(2 * width, width, stride=ratio, bias=True), *_units(width, row)]
        wave = SpectrumToWave(window, ratios[0], channels)
        head = Conv1d(width, channels * 2 * wave.bins, 1, bias=True)
        self.layers = Chain(*layers, FrameNorm(), head, wave)
        self.ratio = prod(ratios)

    def forward(self, latent: Tensor, noise: Tensor | None = None) -> Tensor:
        """Sound `(batch, channels, frames * ratio)` for latents `(batch, latent, frames)`; there is no noise branch."""
        if noise is not None:
            raise ValueError("this decoder has no noise branch: give no noise")
        return self.layers(channels_last(latent))

    def lag(self, before: int, noise: bool) -> int:
        """Samples by which a stream runs behind, when its latents run `before` frames behind."""
        return self.layers.lag(before)

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last latent frame on which the samples `first` to `last` depend."""
        return self.layers.reach(first, last)


def _units(channels: int, dilations: Sequence[int]) -> list[nn.Module]:
    return [_unit(channels, dilation) for dilation in dilations]


def _unit(channels: int, dilation: int) -> Residual:
    """Normalise each frame, convolve over 3 frames to twice the width, SiLU, back; weak beside the input at first."""
    mix = Conv1d(2 * channels, channels, 1, bias=True)
    with torch.no_grad():
        mix.weight.mul_(UNIT_STRENGTH)
        mix.bias.mul_(UNIT_STRENGTH)  # type: ignore[union-attr]
    return Residual(FrameNorm(), Conv1d(channels, 2 * channels, 3, dilation=dilation, bias=True), nn.SiLU(), mix)
