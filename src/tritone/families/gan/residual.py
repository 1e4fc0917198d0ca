"""The ordinary residual discriminator of StyleGAN2 (arXiv 1912.04958, figure 7), on spectrograms."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.gan.mapping import GAIN, SLOPE, EqualisedLinear
from tritone.families.gan.minibatch import with_deviation

LAST = 4
"""Maps are halved while both sides stay at least so long."""
BLUR = (0.125, 0.375, 0.375, 0.125)


class ResidualDiscriminator(nn.Module):
    """Residual blocks that halve the map, the minibatch deviation, and one logit. Zeros lie around all maps."""

    def __init__(
        self, *, channels: int, mels: int, frames: int, width: int = 64, most: int = 512, condition: int = 0
    ) -> None:
        """For `channels` of `mels` bands and `frames`; blocks have `width`, twice, four times as many channels and so
        on, never above `most`. `condition` counts the columns of the condition, 0 for none.
        """
        super().__init__()
        sizes = [min(width, most)]
        blocks = []
        while min(mels, frames) // 2 >= LAST:
            sizes.append(min(width * 2 ** len(sizes), most))
            blocks.append(ResidualBlock(sizes[-2], sizes[-1]))
            mels, frames = mels // 2, frames // 2
        self.first = EqualisedConv(channels, sizes[0], 1)
        self.blocks = nn.Sequential(*blocks)
        self.last = EqualisedConv(sizes[-1] + 1, sizes[-1], 3)
        self.dense = EqualisedLinear(sizes[-1] * mels * frames, sizes[-1])
        self.score = EqualisedLinear(sizes[-1], 1)
        self.embedding = EqualisedLinear(condition, sizes[-1]) if condition else None

    def forward(self, inputs: Sequence[Sequence[Tensor]], condition: Tensor | None = None) -> list[Tensor]:
        """Float32 logits `[(batch, 1)]` for `[[normalised spectrogram (batch, channels, mels, frames)]]`.

        With a `condition (batch, columns)`, <embedding(condition), features> is added (arXiv 1802.05637, section 3).
        """
        ((spectrogram,),) = inputs
        x = self.blocks(bent(self.first(spectrogram)))
        x = bent(self.last(with_deviation(x)))
        features = bent(self.dense(x.flatten(1)))
        logits = self.score(features)
        if self.embedding is not None:
            wanted = self.embedding(condition)
            logits = logits + (features * wanted).sum(dim=1, keepdim=True) * wanted.shape[1] ** -0.5
        return [logits]


class ResidualBlock(nn.Module):
    """Two convolutions, the second of stride 2, beside a 1x1 convolution of stride 2; blurred before each stride."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.one = EqualisedConv(inputs, inputs, 3)
        self.two = EqualisedConv(inputs, outputs, 3, stride=2)
        self.beside = EqualisedConv(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, inputs, rows, frames)` to `(batch, outputs, rows // 2, frames // 2)`."""
        beside = self.beside(blurred(x, padding=1, stride=2))
        x = bent(self.two(blurred(bent(self.one(x)), padding=2)))
        return (x + beside) * 0.5**0.5


class EqualisedConv(nn.Module):
    """Convolution whose stored weights are standard normal and scaled by 1 / sqrt(fan in) when used (arXiv 1710.10196,
    section 4.1). Stride 1 keeps the size; stride 2 adds no padding.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = (inputs * kernel**2) ** -0.5
        self.stride = stride
        self.padding = kernel // 2 if stride == 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, inputs, rows, frames)` to `(batch, outputs, ...)`."""
        return functional.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)


def bent(x: Tensor) -> Tensor:
    """Leaky ReLU that keeps the variance, roughly."""
    return functional.leaky_relu(x, SLOPE) * GAIN


def blurred(x: Tensor, padding: int, stride: int = 1) -> Tensor:
    """`x (batch, channels, rows, frames)` between zeros, low-passed by [1, 3, 3, 1] / 8 along both axes."""
    taps = torch.tensor(BLUR, dtype=x.dtype, device=x.device)
    channels = x.shape[1]
    down = taps.reshape(1, 1, 4, 1).expand(channels, 1, 4, 1)
    x = functional.conv2d(x, down, stride=(stride, 1), padding=(padding, 0), groups=channels)
    across = taps.reshape(1, 1, 1, 4).expand(channels, 1, 1, 4)
    return functional.conv2d(x, across, stride=(1, stride), padding=(0, padding), groups=channels)
