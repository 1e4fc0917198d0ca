"""From sub-bands to what a bottleneck makes a latent of. Architecture of RAVE (arXiv 2111.05011), versions 1 and 2.

Every encoder maps bands `(batch, bands, time)` to `(batch, parts * latent, time / prod(ratios))`, where `parts` is how
many numbers the bottleneck wants for each dimension: mean and scale of a posterior, or one value.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from tritone.nn.blocks import BatchNorm, Chain, LeakyReLU, Residual, normalised
from tritone.nn.conv import Conv1d, fastest_layout
from tritone.nn.instance_norm import AdaptiveInstanceNorm

Activation = Callable[[int], nn.Module]
"""Makes an activation for so many channels."""


class Encoder(nn.Module):
    """A chain of layers, the last of which is a convolution to what the bottleneck wants."""

    def __init__(self, layers: Chain) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, bands: Tensor) -> Tensor:
        """What the bottleneck makes a latent of."""
        encoded: Tensor = self.layers(fastest_layout(bands)).contiguous()
        return encoded


class EncoderV1(Encoder):
    """RAVE, section 3.2: strided convolutions of 2r + 1 taps between batch norms, mean apart from scale at the end."""

    def __init__(
        self, *, bands: int, latent: int, parts: int, capacity: int, ratios: Sequence[int], causal: bool
    ) -> None:
        layers: list[nn.Module] = [Conv1d(bands, capacity, 7, causal=causal)]
        channels = capacity
        for ratio in ratios:
            layers += [
                BatchNorm(channels),
                LeakyReLU(),
                Conv1d(channels, 2 * channels, 2 * ratio + 1, stride=ratio, causal=causal),
            ]
            channels *= 2
        layers += [LeakyReLU(), Conv1d(channels, parts * latent, 5, groups=parts, causal=causal)]
        super().__init__(Chain(*layers))


class EncoderV2(Encoder):
    """Version 2: residual dilated units before every strided convolution of 2r taps; weight norm, no batch norm.

    With `adaptive_norm` a style can enter before every unit (version 3).
    """

    def __init__(
        self,
        *,
        bands: int,
        latent: int,
        parts: int,
        capacity: int,
        ratios: Sequence[int],
        dilations: Sequence[Sequence[int]],
        activation: Activation,
        adaptive_norm: bool,
        causal: bool,
    ) -> None:
        layers: list[nn.Module] = [normalised(Conv1d(bands, capacity, 7, causal=causal))]
        channels = capacity
        for ratio, row in zip(ratios, dilations, strict=True):
            layers += dilated_units(channels, row, adaptive_norm=adaptive_norm, causal=causal)
            layers += [
                activation(channels),
                normalised(Conv1d(channels, 2 * channels, 2 * ratio, stride=ratio, causal=causal)),
            ]
            channels *= 2
        layers += [activation(channels), normalised(Conv1d(channels, parts * latent, 3, causal=causal))]
        super().__init__(Chain(*layers))


def dilated_units(channels: int, dilations: Sequence[int], *, adaptive_norm: bool, causal: bool) -> list[nn.Module]:
    """A unit for each dilation, with `adaptive_norm` each behind a place where a style can enter."""
    layers: list[nn.Module] = []
    for dilation in dilations:
        layers += [AdaptiveInstanceNorm(channels)] if adaptive_norm else []
        layers.append(_dilated_unit(channels, dilation, causal=causal))
    return layers


def _dilated_unit(channels: int, dilation: int, *, causal: bool) -> Residual:
    """Version 2's unit: act, dilated convolution of 3 taps, act, mix of channels, plus the input."""
    return Residual(
        LeakyReLU(),
        normalised(Conv1d(channels, channels, 3, dilation=dilation, causal=causal)),
        LeakyReLU(),
        normalised(Conv1d(channels, channels, 1, causal=causal)),
    )
