"""Discriminators on spectrograms of several resolutions (UnivNet, arXiv 2106.07889, section 2.2; also in Vocos).

Ours: magnitudes are compressed by a power, so that quiet noise counts beside loud partials; stereo sound is seen as
left, right, mid and side; feature maps are taken before the activation, as in `nn.discriminators`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from tritone.nn.mid_side import with_mid_and_side
from tritone.signal.stft import frames, power

SLOPE = 0.2
POWER = 0.3
"""Exponent of the magnitudes."""
LEAST = 1e-7
"""Power under which the compression is straight; white noise of -70 dB full scale."""
STRIDED = 3
"""Layers that halve the number of bins."""


class SpectrumStack(nn.Module):
    """Convolutions over time and frequency: 3 x 9 and three of them with stride 2 in frequency, 3 x 3, and a score."""

    def __init__(self, planes: int, capacity: int, window: int) -> None:
        super().__init__()
        self.window = window
        wide = [nn.Conv2d(capacity, capacity, (3, 9), (1, 2), (1, 4)) for _ in range(STRIDED)]
        first, last = nn.Conv2d(planes, capacity, (3, 9), 1, (1, 4)), nn.Conv2d(capacity, capacity, 3, 1, 1)
        self.layers = nn.ModuleList(weight_norm(layer) for layer in (first, *wide, last))
        self.score = weight_norm(nn.Conv2d(capacity, 1, 3, 1, 1))

    def forward(self, audio: Tensor) -> list[Tensor]:
        """`(batch, planes, time)` to maps `(batch, features, frames, bins)`, the first layer's to the score."""
        x = compressed_spectrum(audio, self.window).contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = []
        for layer in (*self.layers, self.score):
            x = layer(functional.leaky_relu(x, SLOPE) if maps else x)
            maps.append(x)
        return maps


class MultiResolution(nn.Module):
    """One network for each window length, on the spectrogram with a hop of a quarter of the window."""

    def __init__(self, channels: int, capacity: int, resolutions: Sequence[int] = (2048, 1024, 512)) -> None:
        super().__init__()
        planes = 4 if channels == 2 else channels
        self.nets = nn.ModuleList(SpectrumStack(planes, capacity, window) for window in resolutions)

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """`(batch, channels, time)`, time above half the longest window, to feature maps for each resolution."""
        signals = with_mid_and_side(audio)
        return [net(signals) for net in self.nets]


def compressed_spectrum(audio: Tensor, window: int) -> Tensor:
    """`(batch, planes, time)` to `(batch, planes, frames, bins)`: (|X|^2 + LEAST) ^ (POWER / 2).

    |X| is scaled so that white noise has its root mean square on average.
    """
    with torch.autocast(audio.device.type, enabled=False):
        rows = audio.float().flatten(0, 1)
        spectrum = torch.fft.rfft(frames(rows, window, window // 4)) * (8 / (3 * window)) ** 0.5
        return (power(spectrum) + LEAST).pow(POWER / 2).unflatten(0, audio.shape[:2])
