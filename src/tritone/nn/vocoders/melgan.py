"""The vocoder of the loop paper: MelGAN (Kumar et al., arXiv 1910.06711, table 1 and section 2.1)."""

from torch import Tensor, nn

from tritone.nn.blocks import Chain, LeakyReLU, normalised
from tritone.nn.conv import Conv1d, ConvTranspose1d, fastest_layout
from tritone.nn.vocoders.base import Vocoder
from tritone.nn.vocoders.config import VocoderConfig


class DilatedUnit(nn.Module):
    """Leaky ReLU, convolution of 3 taps, leaky ReLU, convolution of 1 tap; plus a convolution of 1 tap beside them."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = Chain(
            LeakyReLU(),
            normalised(Conv1d(channels, channels, 3, dilation=dilation, bias=True)),
            LeakyReLU(),
            normalised(Conv1d(channels, channels, 1, bias=True)),
        )
        self.shortcut = normalised(Conv1d(channels, channels, 1, bias=True))

    def forward(self, signal: Tensor) -> Tensor:
        return self.shortcut(signal) + self.block(signal)

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last input sample on which the outputs `first` to `last` depend."""
        return self.block.reach(first, last)


class Tanh(nn.Module):
    """Hyperbolic tangent, in float32."""

    def forward(self, signal: Tensor) -> Tensor:
        return signal.float().tanh()


class MelGAN(Vocoder):
    """Transposed convolutions by `ratios`, after each `layers` dilated units (1, 3, 9, …), under a tanh.

    `width` channels after the last upsampling, twice as many before each. Ends are padded with zeros, not mirrored.
    """

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__(config)
        channels = config.width * 2 ** len(config.ratios)
        layers: list[nn.Module] = [normalised(Conv1d(config.channels * config.mel.mels, channels, 7, bias=True))]
        for ratio in config.ratios:
            channels //= 2
            layers += [LeakyReLU(), normalised(ConvTranspose1d(2 * channels, channels, stride=ratio, bias=True))]
            layers += [DilatedUnit(channels, 3**place) for place in range(config.layers)]
        layers += [LeakyReLU(), normalised(Conv1d(channels, config.channels, 7, bias=True)), Tanh()]
        self.layers = Chain(*layers)
        first, last = self.layers.reach(0, self.hop - 1)
        self.context = max(-first, last)

    def forward(self, log_mel: Tensor) -> Tensor:
        """The sound of a stretch of frames with silence around it."""
        with self.arithmetic(log_mel):
            return self.layers(fastest_layout(log_mel.flatten(1, 2))).contiguous()
