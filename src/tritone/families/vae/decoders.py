"""From latents to sub-bands. Architecture of RAVE (arXiv 2111.05011), versions 1 and 2.

Every decoder maps latents `(batch, latent, frames)` to bands `(batch, bands, frames * prod(ratios))`. The noise of the
noise branch is an input (uniform in [-1, 1), of the shape that `noise_shape` tells), so that the caller sets the seeds.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from tritone.families.vae.encoders import Activation, dilated_units
from tritone.families.vae.noise_branch import NoiseBranch, modified_sigmoid
from tritone.nn.blocks import Chain, LeakyReLU, Residual, normalised
from tritone.nn.conv import Conv1d, ConvTranspose1d, fastest_layout


class Decoder(nn.Module):
    """A trunk up to the rate of the bands, heads in the subclasses, and perhaps a noise branch."""

    head: Conv1d

    def __init__(self, trunk: Chain, noise_branch: NoiseBranch | None, *, bands: int, ratios: Sequence[int]) -> None:
        super().__init__()
        self.trunk = trunk
        self.noise_branch = noise_branch
        self.bands, self.ratio = bands, prod(ratios)

    def noise_shape(self, latent: Tensor) -> tuple[int, int]:
        """Shape of one sound's noise `(bands, time)` for latents `(batch, latent, frames)`."""
        return self.bands, latent.shape[-1] * self.ratio

    def lag(self, before: int, noise: bool) -> int:
        """Band samples by which a stream runs behind, when its latents run `before` frames behind.

        Of the heads, and where `noise` is heard of its branch, the one that looks furthest ahead.
        """
        inner = self.trunk.lag(before)
        lags = [head.lag(inner) for head in self.heads()]
        if noise and self.noise_branch is not None:
            lags.append(self.noise_branch.lag(inner))
        return max(lags)

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last latent frame on which the band samples `first` to `last` depend, the noise branch left out."""
        ranges = [head.reach(first, last) for head in self.heads()]
        return self.trunk.reach(min(start for start, _ in ranges), max(end for _, end in ranges))

    def heads(self) -> tuple[Conv1d, ...]:
        """The convolutions that read the trunk."""
        return (self.head,)

    def _noise(self, signal: Tensor, noise: Tensor) -> Tensor:
        if self.noise_branch is None:
            raise ValueError("this decoder has no noise branch: give no noise")
        return self.noise_branch(signal, noise)


class DecoderV1(Decoder):
    """RAVE, section 3.2: tanh(waveform) times loudness, plus filtered noise.

    `ratios` are taken in the encoder's order from the latent up (4, 4, 4, 2), as the published models do, not mirrored.
    """

    def __init__(
        self,
        *,
        bands: int,
        latent: int,
        capacity: int,
        ratios: Sequence[int],
        dilations: Sequence[Sequence[int]],
        noise_branch: NoiseBranch | None,
        causal: bool,
    ) -> None:
        channels = capacity * 2 ** len(ratios)
        layers: list[nn.Module] = [normalised(Conv1d(latent, channels, 7, causal=causal))]
        for ratio, row in zip(ratios, reversed(dilations), strict=True):
            channels //= 2
            layers += [LeakyReLU(), normalised(ConvTranspose1d(2 * channels, channels, stride=ratio))]
            layers += [_stacked_unit(channels, dilation, causal=causal) for dilation in row]
        super().__init__(Chain(*layers), noise_branch, bands=bands, ratios=ratios)
        self.waveform = normalised(Conv1d(channels, bands, 7, causal=causal))
        self.loudness = normalised(Conv1d(channels, 1, 3, causal=causal))

    def heads(self) -> tuple[Conv1d, ...]:
        """The convolutions that read the trunk."""
        return self.waveform, self.loudness

    def forward(self, latent: Tensor, noise: Tensor | None = None) -> Tensor:
        """Bands for latents; without `noise` the noise branch is left out."""
        signal = self.trunk(fastest_layout(latent))
        bands = torch.tanh(self.waveform(signal)) * modified_sigmoid(self.loudness(signal))
        return (bands if noise is None else bands + self._noise(signal, noise)).contiguous()


class DecoderV2(Decoder):
    """Version 2: waveform times sigmoid(amplitude), plus filtered noise if any, under a tanh.

    With `adaptive_norm` a style can enter before every unit (version 3).
    """

    def __init__(
        self,
        *,
        bands: int,
        latent: int,
        capacity: int,
        ratios: Sequence[int],
        dilations: Sequence[Sequence[int]],
        activation: Activation,
        adaptive_norm: bool,
        noise_branch: NoiseBranch | None,
        causal: bool,
    ) -> None:
        channels = capacity * 2 ** len(ratios)
        layers: list[nn.Module] = [normalised(Conv1d(latent, channels, 3, causal=causal))]
        for ratio, row in zip(reversed(ratios), reversed(dilations), strict=True):
            channels //= 2
            layers += [activation(2 * channels), normalised(ConvTranspose1d(2 * channels, channels, stride=ratio))]
            layers += dilated_units(channels, row, adaptive_norm=adaptive_norm, causal=causal)
        super().__init__(Chain(*layers, activation(channels)), noise_branch, bands=bands, ratios=ratios)
        self.head = normalised(Conv1d(channels, 2 * bands, 7, causal=causal))

    def forward(self, latent: Tensor, noise: Tensor | None = None) -> Tensor:
        """Bands for latents; without `noise` the noise branch is left out."""
        signal = self.trunk(fastest_layout(latent))
        waveform, amplitude = self.head(signal).chunk(2, 1)
        bands = waveform * torch.sigmoid(amplitude)
        return torch.tanh(bands if noise is None else bands + self._noise(signal, noise)).contiguous()


def _stacked_unit(channels: int, dilation: int, *, causal: bool) -> Residual:
    """The paper's unit: act, dilated convolution of 3 taps, act, convolution of 3 taps, plus the input."""
    return Residual(
        LeakyReLU(),
        normalised(Conv1d(channels, channels, 3, dilation=dilation, causal=causal)),
        LeakyReLU(),
        normalised(Conv1d(channels, channels, 3, causal=causal)),
    )
