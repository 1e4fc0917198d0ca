"""Discriminators of sound: multi-scale (MelGAN, arXiv 1910.06711) and multi-period (HiFi-GAN, arXiv 2010.05646).

Those on spectrograms are in `nn.spectral_discriminators`. Feature maps are taken before the activation, as in RAVE
(arXiv 2111.05011 and version 2).
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.spectral_discriminators import MultiResolution
from tritone.nn.strided_conv import strided_conv

SLOPE = 0.2
LAYERS = 4


class NormedConv(nn.Module):
    """Convolution of stride 4 with weight gain * direction / |direction| for each output channel (arXiv 1602.07868)."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        start = nn.Conv1d(inputs, outputs, kernel)
        self.direction = nn.Parameter(start.weight.detach().permute(0, 2, 1).contiguous())
        self.gain = nn.Parameter(self.direction.detach().norm(dim=(1, 2), keepdim=True))
        self.bias = nn.Parameter(start.bias.detach().clone())  # type: ignore[union-attr]

    def forward(self, x: Tensor, slope: float) -> Tensor:
        """Leaky ReLU, then the convolution: `(batch, time, inputs)` to `(batch, ceil(time / 4), outputs)`."""
        weight = self.direction * (self.gain / self.direction.norm(dim=(1, 2), keepdim=True))
        return strided_conv(x, weight, self.bias, slope)


class ConvStack(nn.Module):
    """Four strided convolutions that double the channels, and a linear layer to the score of each frame."""

    def __init__(self, channels: int, capacity: int, kernel: int) -> None:
        super().__init__()
        sizes = [channels, *(capacity * 2**layer for layer in range(LAYERS))]
        self.layers = nn.ModuleList(NormedConv(a, b, kernel) for a, b in pairwise(sizes))
        self.score = nn.Linear(sizes[-1], 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """`(batch, channels, time)` to feature maps `(batch, features, frames)`, the first layer's to the score."""
        x = x.transpose(1, 2)
        maps: list[Tensor] = []
        for layer in self.layers:
            x = layer(x, SLOPE if maps else 1.0)
            maps.append(x)
        maps.append(self.score(functional.leaky_relu(x, SLOPE)))
        return [x.transpose(1, 2) for x in maps]


class MultiScale(nn.Module):
    """Copies of one network (kernel 15) on the waveform and on its halvings by average pooling."""

    def __init__(self, channels: int, capacity: int, scales: int = 3) -> None:
        super().__init__()
        self.nets = nn.ModuleList(ConvStack(channels, capacity, 15) for _ in range(scales))

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """`(batch, channels, time)` to feature maps `(batch, features, frames)` for each scale."""
        features = []
        for index, net in enumerate(self.nets):
            audio = functional.avg_pool1d(audio, 2) if index else audio
            features.append(net(audio))
        return features


class MultiPeriod(nn.Module):
    """One network (kernel 5) for each period, on every period-th sample; the phases of a period share its weights."""

    def __init__(self, channels: int, capacity: int, periods: Sequence[int] = (2, 3, 5, 7, 11)) -> None:
        super().__init__()
        self.periods = tuple(periods)
        self.nets = nn.ModuleList(ConvStack(channels, capacity, 5) for _ in self.periods)

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """`(batch, channels, time)` to feature maps `(batch * period, features, frames)`, sound by sound."""
        return [net(fold_period(audio, period)) for net, period in zip(self.nets, self.periods, strict=True)]


def fold_period(audio: Tensor, period: int) -> Tensor:
    """`(batch, channels, time)` to `(batch * period, channels, ceil(time / period))`; the end is padded with zeros."""
    batch, channels, time = audio.shape
    audio = functional.pad(audio, (0, -time % period))
    return audio.reshape(batch, channels, -1, period).permute(0, 3, 1, 2).reshape(batch * period, channels, -1)


class Discriminators(nn.Module):
    """Multi-period, multi-scale and multi-resolution discriminators side by side, each kind where there are any.

    RAVE v1 has scales alone, v2 periods too. Those on spectrograms have `capacity` / 2 channels a layer (UnivNet: 32).
    """

    def __init__(
        self,
        channels: int,
        capacity: int,
        scales: int = 3,
        periods: Sequence[int] = (),
        resolutions: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.period = MultiPeriod(channels, capacity, periods)
        self.scale = MultiScale(channels, capacity, scales)
        self.resolution = MultiResolution(channels, capacity // 2, resolutions)

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """`(batch, channels, time)` to one list of feature maps for each sub-discriminator, whose last is the score."""
        return [*self.period(audio), *self.scale(audio), *self.resolution(audio)]
