"""The encoder of a diffusion autoencoder: sound to magnitudes to a small latent (Mousai, arXiv 2301.11757)."""

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.base import Precision
from tritone.nn.blocks import Chain, Residual
from tritone.nn.conv import Conv1d, fastest_layout
from tritone.nn.mel_frames import MelFrames
from tritone.signal.mel_config import MelConfig
from tritone.signal.windows import in_windows

CENTRE, SPREAD = -5.0, 3.0
"""About the mean and the standard deviation of log mel magnitudes of music, in nats."""
BLOCK_STRENGTH = 0.3
LEAST_STD = 1e-4
PART_FRAMES = 2_048
"""Frames of the latent that are worked out at a time."""


class FrameNorm(nn.Module):
    """Divides every frame by the root mean square of its channels; `gain` of each channel is learned."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))

    def forward(self, signal: Tensor) -> Tensor:
        gain = self.gain.to(signal.dtype)
        return functional.rms_norm(signal.transpose(1, 2), (signal.shape[1],), gain).transpose(1, 2)


class MagnitudeEncoder(nn.Module):
    """Log-mel magnitudes of all channels, `factor` frames at a time, through residual blocks to `latent` dimensions.

    What the phases were is left to the decoder. The bottleneck is tanh, or variational: mean and standard deviation.
    Nothing is measured over time, so a frame depends on a bounded stretch of sound (`reach`), whatever surrounds it.
    """

    precision: Precision = "float32"

    def __init__(
        self, *, mel: MelConfig, channels: int, width: int, layers: int, factor: int, latent: int, variational: bool
    ) -> None:
        super().__init__()
        self.mel = MelFrames(mel)
        self.factor, self.ratio, self.variational = factor, mel.hop * factor, variational
        self.layers = Chain(
            Conv1d(channels * mel.mels * factor, width, 3, bias=True),
            *(_block(width) for _ in range(layers)),
            FrameNorm(width),
            Conv1d(width, latent * (2 if variational else 1), 1, bias=True),
        )

    def forward(self, audio: Tensor) -> Tensor:
        """The latent `(batch, latent, frames)` of `audio (batch, channels, time)`: frames = ceil(time / ratio).

        Where the bottleneck is variational, its mean.
        """
        return self.posterior(audio)[0]

    def posterior(self, audio: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and standard deviation of the latent, `(batch, latent, frames)` each; None where nothing is drawn."""
        return self.bottleneck(self.hidden(audio))

    def hidden(self, audio: Tensor) -> Tensor:
        """What goes into the bottleneck, `(batch, latent or twice as many, frames)`.

        Long sound is read in parts, each with all that it depends on, so that memory stays flat.
        """
        samples = audio.shape[-1]
        padded = functional.pad(audio, (0, self.frames(samples) * self.ratio - samples))
        size, context = PART_FRAMES * self.ratio, self.context * self.ratio
        return in_windows(lambda part, _: self._hidden(part), padded, size, context, down=self.ratio)

    def bottleneck(self, hidden: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and standard deviation of the latent that `hidden` says."""
        if not self.variational:
            return hidden.tanh(), None
        mean, spread = hidden.chunk(2, 1)
        return mean, functional.softplus(spread) + LEAST_STD

    def frames(self, samples: int) -> int:
        """Frames of the latent that cover so many samples; at least one."""
        return max(1, -(-samples // self.ratio))

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the convolutions in bf16; weights once rounded stay so."""
        self.precision = precision
        for layer in self.modules():
            if isinstance(layer, Conv1d):
                layer.to(torch.float32 if precision == "float32" else torch.bfloat16)

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last sample on which the frames `first` to `last` of the latent depend."""
        config = self.mel.config
        margin = (config.window - config.hop) // 2
        first, last = self.layers.reach(first, last)
        return first * self.ratio - margin, (last + 1) * self.ratio + margin - 1

    @property
    def context(self) -> int:
        """Frames before and behind one whose sound it depends on."""
        first, last = self.reach(0, 0)
        return max(-(first // self.ratio), last // self.ratio)

    def _hidden(self, audio: Tensor) -> Tensor:
        """What goes into the bottleneck, of sound that is a whole number of frames long."""
        mels = (self.mel.at_hop(audio).flatten(1, 2) - CENTRE) / SPREAD
        folded = mels.unflatten(2, (-1, self.factor)).transpose(2, 3).flatten(1, 2)
        with nullcontext() if self.precision == "float32" else torch.autocast(audio.device.type, torch.bfloat16):
            return self.layers(fastest_layout(folded)).float()


def _block(width: int) -> Residual:
    """Norm, SiLU, convolution, twice; weak beside the input at first."""
    last = Conv1d(width, width, 3, bias=True)
    with torch.no_grad():
        last.weight.mul_(BLOCK_STRENGTH)
    return Residual(FrameNorm(width), nn.SiLU(), Conv1d(width, width, 3, bias=True), FrameNorm(width), nn.SiLU(), last)
