"""From sub-bands to the parameters of the posterior. Architecture of RAVE (arXiv 2111.05011), versions 1 and 2.

Every encoder maps bands `(batch, bands, time)` to mean and standard deviation `(batch, latent, time / prod(ratios))`.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.blocks import BatchNorm, Chain, LeakyReLU, Residual, normalised
from tritone.nn.conv import Conv1d, fastest_layout


class Encoder(nn.Module):
    """A chain of layers whose last one gives mean and scale; the standard deviation is softplus(scale) + 1e-4."""

    def __init__(self, layers: Chain) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, bands: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the posterior."""
        mean, scale = self.layers(fastest_layout(bands)).contiguous().chunk(2, 1)
        return mean, functional.softplus(scale) + 1e-4


class EncoderV1(Encoder):
    """RAVE, section 3.2: strided convolutions of 2r + 1 taps between batch norms, mean apart from scale at the end."""

    def __init__(self, *, bands: int, latent: int, capacity: int, ratios: Sequence[int], causal: bool) -> None:
        layers: list[nn.Module] = [Conv1d(bands, capacity, 7, causal=causal)]
        channels = capacity
        for ratio in ratios:
            layers += [
                BatchNorm(channels),
                LeakyReLU(),
                Conv1d(channels, 2 * channels, 2 * ratio + 1, stride=ratio, causal=causal),
            ]
            channels *= 2
        layers += [LeakyReLU(), Conv1d(channels, 2 * latent, 5, groups=2, causal=causal)]
        super().__init__(Chain(*layers))


class EncoderV2(Encoder):
    """Version 2: residual dilated units before every strided convolution of 2r taps; weight norm, no batch norm."""

    def __init__(
        self,
        *,
        bands: int,
        latent: int,
        capacity: int,
        ratios: Sequence[int],
        dilations: Sequence[Sequence[int]],
        causal: bool,
    ) -> None:
        layers: list[nn.Module] = [normalised(Conv1d(bands, capacity, 7, causal=causal))]
        channels = capacity
        for ratio, row in zip(ratios, dilations, strict=True):
            layers += [dilated_unit(channels, dilation, causal=causal) for dilation in row]
            layers += [
                LeakyReLU(),
                normalised(Conv1d(channels, 2 * channels, 2 * ratio, stride=ratio, causal=causal)),
            ]
            channels *= 2
        layers += [LeakyReLU(), normalised(Conv1d(channels, 2 * latent, 3, causal=causal))]
        super().__init__(Chain(*layers))


def dilated_unit(channels: int, dilation: int, *, causal: bool) -> Residual:
    """Version 2's unit: act, dilated convolution of 3 taps, act, mix of channels, plus the input."""
    return Residual(
        LeakyReLU(),
        normalised(Conv1d(channels, channels, 3, dilation=dilation, causal=causal)),
        LeakyReLU(),
        normalised(Conv1d(channels, channels, 1, causal=causal)),
    )
