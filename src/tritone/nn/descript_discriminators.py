"""The discriminators of the Descript audio codec (arXiv 2306.06546, section 3.3): periods, and spectra band by band.

Multi-period networks after HiFi-GAN (arXiv 2010.05646) with widths 1, 4, 16, 32, 32 times `capacity`, and networks on
complex spectrograms of several resolutions whose frequencies are split into bands with weights of their own. Feature
maps are taken before the activation, as in `nn.discriminators`; the sound is not normalised, so that its level is
judged too; stereo sound is seen as left, right, mid and side by the spectral networks.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from tritone.nn.discriminators import fold_period
from tritone.nn.mid_side import with_mid_and_side
from tritone.signal.stft import frames

SLOPE = 0.1
BANDS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Edges of the bands as shares of the bins."""
WIDTHS = (1, 4, 16, 32, 32)


class PeriodStack(nn.Module):
    """Convolutions of 5 taps along every period-th sample, the last but the score of stride 1, the others of 3."""

    def __init__(self, channels: int, capacity: int) -> None:
        super().__init__()
        sizes = [channels, *(capacity * width for width in WIDTHS)]
        strides = [3] * (len(WIDTHS) - 1) + [1]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv1d(a, b, 5, stride, 2)) for (a, b), stride in zip(pairwise(sizes), strides, strict=True)
        )
        self.score = weight_norm(nn.Conv1d(sizes[-1], 1, 3, 1, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        """`(batch, channels, time)` to feature maps `(batch, features, frames)`, the first layer's to the score."""
        return _through([*self.layers, self.score], x)


class BandStack(nn.Module):
    """Five convolutions on each band of a complex spectrogram, and one score over all of them."""

    def __init__(self, planes: int, capacity: int, window: int) -> None:
        super().__init__()
        self.window = window
        bins = window // 2 + 1
        self.edges = [int(edge * bins) for edge in BANDS]
        self.bands = nn.ModuleList(_band(2 * planes, capacity) for _ in pairwise(BANDS))
        self.score = weight_norm(nn.Conv2d(capacity, 1, 3, 1, 1))

    def forward(self, audio: Tensor) -> list[Tensor]:
        """`(batch, planes, time)` to maps `(batch, features, frames, bins)`, band by band, and the score at the end."""
        spectrum = complex_spectrum(audio, self.window)
        maps: list[Tensor] = []
        last: list[Tensor] = []
        for layers, (low, high) in zip(self.bands, pairwise(self.edges), strict=True):
            own = _through(list(layers), spectrum[..., low:high])  # type: ignore[call-overload]
            maps += own
            last.append(own[-1])
        score = self.score(functional.leaky_relu(torch.cat(last, -1), SLOPE))
        return [*maps, score]


class DescriptDiscriminators(nn.Module):
    """One network for each period, and one for each window length on a spectrogram with a hop of a quarter of it."""

    def __init__(self, channels: int, capacity: int, periods: Sequence[int], resolutions: Sequence[int]) -> None:
        super().__init__()
        self.periods = tuple(periods)
        self.period = nn.ModuleList(PeriodStack(channels, capacity) for _ in self.periods)
        planes = 4 if channels == 2 else channels
        self.resolution = nn.ModuleList(BandStack(planes, capacity, window) for window in resolutions)

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """`(batch, channels, time)` to one list of feature maps for each sub-discriminator, whose last is the score."""
        folded = [net(fold_period(audio, period)) for net, period in zip(self.period, self.periods, strict=True)]
        signals = with_mid_and_side(audio)
        return [*folded, *(net(signals) for net in self.resolution)]


def complex_spectrum(audio: Tensor, window: int) -> Tensor:
    """`(batch, planes, time)` to real and imaginary parts `(batch, 2 * planes, frames, bins)`, hop window / 4.

    Scaled so that white noise has its root mean square on average.
    """
    with torch.autocast(audio.device.type, enabled=False):
        rows = audio.float().flatten(0, 1)
        spectrum = torch.fft.rfft(frames(rows, window, window // 4)) * (8 / (3 * window)) ** 0.5
        parts = torch.view_as_real(spectrum).movedim(-1, 1)
        return parts.unflatten(0, audio.shape[:2]).flatten(1, 2)


def _band(planes: int, capacity: int) -> nn.ModuleList:
    """3 x 9 and three of them with stride 2 in frequency, then 3 x 3."""
    first = nn.Conv2d(planes, capacity, (3, 9), 1, (1, 4))
    strided = [nn.Conv2d(capacity, capacity, (3, 9), (1, 2), (1, 4)) for _ in range(3)]
    return nn.ModuleList(weight_norm(layer) for layer in (first, *strided, nn.Conv2d(capacity, capacity, 3, 1, 1)))


def _through(layers: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
    maps: list[Tensor] = []
    for layer in layers:
        x = layer(functional.leaky_relu(x, SLOPE) if maps else x)
        maps.append(x)
    return maps
