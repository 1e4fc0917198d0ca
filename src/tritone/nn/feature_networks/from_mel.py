"""From our log-mel spectrogram to the mel spectrogram of a feature network's own front end, without sound between.

Power is what can be carried over: our bands give the power density around their centres, which the network's linear
bins take over and its filters weight; in time, a non-negative combination of our frames stands for one of its windows.
Both scales are right for noise-like sound, where a band's mean magnitude falls short of the root of its mean power
(Rayleigh) and power grows with the window's energy; a lone sine comes out a few dB off.
Mixing neighbours smooths the speckle that spectrograms of real sound have and these networks know, so as little as
possible is mixed: density is taken from the nearest band (linear interpolation was further off on real loops, in dB
and in the embedding), and the window aimed at in time is `SHARPNESS` of the network's own.
"""

from functools import lru_cache
from math import ceil, pi

import torch
from torch import Tensor, nn

from tritone.nn.feature_networks.front import FrontEnd, fall_off
from tritone.signal.mel import mel_filters
from tritone.signal.mel_config import MelConfig

HANN_CORRELATION = (1.0, 2 / 3, 1 / 6)
"""Correlation of the transform's bins 0, 1 and 2 apart for white noise under a Hann window."""
SHARPNESS = 0.5
"""Part of the network's window that is aimed at in time."""
ROUNDS = 200
"""Updates of the non-negative least squares in time."""
POINTS = 256
"""Points at which a window's overlap is summed."""


class MelBridge(nn.Module):
    """Log-mel spectrogram of `mel`, measured on sound at `rate`, -> mel spectrogram of `front` before compression."""

    to_bins: Tensor
    to_bands: Tensor

    def __init__(self, front: FrontEnd, mel: MelConfig, rate: int) -> None:
        super().__init__()
        self.rate, self.hop, self.power, self.frames = front.rate, front.hop, front.power, front.frames
        self.first_centre, self.window_seconds = front.first_centre, SHARPNESS * len(front.window) / front.rate
        self.mel_window_seconds = mel.window / rate
        bins, filters = bin_matrix(front, mel, rate), front.filters.cpu().double()
        if front.power == 2:
            self.register_buffer("to_bands", (filters @ bins).float(), persistent=False)
        else:
            self.register_buffer("to_bins", (bins * pi / 4).float(), persistent=False)
            self.register_buffer("to_bands", filters.float(), persistent=False)

    def forward(self, log_mel: Tensor, frame_rate: float, circular: bool) -> Tensor:
        """`(batch, mels, frames)` at `frame_rate` -> `(batch, bands, frames of the network)`.

        Frame i is centred at (i + 0.5) / frame_rate seconds. `circular`: a loop of exactly its frames, which gives
        the nearest whole number of the network's frames, evenly spread; otherwise the ends are held.
        """
        time = self._time(log_mel.shape[-1], frame_rate, circular).to(log_mel.device)
        level = (2 * log_mel).exp() @ time.T
        if self.power == 2:
            return self.to_bands @ level
        return self.to_bands @ (self.to_bins @ level).clamp(min=1e-24).sqrt()

    def _time(self, frames: int, frame_rate: float, circular: bool) -> Tensor:
        seconds = frames / frame_rate
        own_rate = self.rate / self.hop
        count = max(1, round(seconds * own_rate)) if circular else self.frames(round(seconds * self.rate))
        spacing = seconds / count if circular else 1 / own_rate
        return time_matrix(
            frames,
            frame_rate,
            self.mel_window_seconds,
            count,
            self.first_centre,
            spacing,
            self.window_seconds,
            circular,
        )


def bin_matrix(front: FrontEnd, mel: MelConfig, rate: int) -> Tensor:
    """Non-negative `(bins of front, mels)`: mean power of its linear bins from our squared mel magnitudes.

    A band's squared magnitude over its filter's area and its `noise_ratio` is the density around the filter's centroid
    (the mean of the bands that share one); each bin takes the nearest, up to the highest filter's edge. Where sound
    would have been resampled, its fall-off counts.
    """
    filters = mel_filters(mel.rate, mel.window, mel.mels, mel.low, mel.high, mel.scale).double()
    area = filters.sum(1)
    heard = area > 0
    weights = filters[heard] / area[heard, None]
    hertz = weights @ torch.arange(filters.shape[1], dtype=torch.float64) * rate / mel.window
    knots, which = hertz.unique(return_inverse=True)
    merged = torch.nn.functional.one_hot(which, len(knots)).T.double()
    merged = merged / merged.sum(1, keepdim=True)
    window = torch.hann_window(mel.window, dtype=torch.float64)
    energy = front.rate * front.window.cpu().double().square().sum() / (rate * window.square().sum())
    scale = energy / (area[heard].square() * noise_ratio(weights))
    targets = torch.arange(front.transform // 2 + 1, dtype=torch.float64) * front.rate / front.transform
    matrix = torch.zeros(len(targets), mel.mels, dtype=torch.float64)
    nearest = (targets[:, None] - knots).abs().argmin(1)
    matrix[:, heard] = merged[nearest] * scale
    top = (mel.high or mel.rate / 2) * rate / mel.rate
    gain = fall_off(targets * 2 / min(rate, front.rate)).square() if rate != front.rate else torch.ones_like(targets)
    return matrix * (gain * (targets <= top))[:, None]


def noise_ratio(weights: Tensor) -> Tensor:
    """`(bands,)`: expected square of a weighted mean of magnitudes over the mean power, for Gaussian noise.

    `weights (bands, bins)` sum to 1. For two complex Gaussians of correlation r, E|X||Y| = pi/4 F(-1/2, -1/2; 1; r^2)
    with Gauss's hypergeometric function, between pi/4 (r = 0) and 1 (r = 1).
    """
    total = torch.zeros(len(weights), dtype=weights.dtype)
    for lag, correlation in enumerate(HANN_CORRELATION):
        pairs = (weights[:, lag:] * weights[:, : weights.shape[1] - lag]).sum(1) * (1 if lag == 0 else 2)
        total += pairs * (_mean_product(correlation) - pi / 4)
    return total + pi / 4


@lru_cache(maxsize=64)
def time_matrix(
    frames: int, rate: float, window: float, count: int, first: float, spacing: float, long: float, circular: bool
) -> Tensor:
    """Non-negative `(count, frames)`, rows sum to 1: frames of a long window as mixtures of frames of a short one.

    Source frame i at (i + 0.5) / rate seconds sees the squared Hann window of `window` seconds, target frame j at
    first + j * spacing that of `long` seconds. Least squares on the windows, non-negative by multiplicative updates
    (Daube-Witherspoon and Muehllehner, 1986). Do not write into the result: it is shared.
    """
    window = max(window, 2 / rate)
    centres = (first + spacing * torch.arange(count, dtype=torch.float64)) * rate - 0.5
    reach = ceil((window + long) / 2 * rate)
    nearest = centres.round().long()[:, None] + torch.arange(-reach, reach + 1)
    cross = _overlap((nearest - centres[:, None]) / rate, long, window)
    offsets = torch.arange(2 * reach + 1)
    gram = _overlap((offsets[:, None] - offsets) / rate, window, window)
    weights = cross.clone()
    for _ in range(ROUNDS):
        weights = weights * cross / (weights @ gram).clamp(min=1e-12)
    weights = weights / weights.sum(1, keepdim=True)
    index = nearest % frames if circular else nearest.clamp(0, frames - 1)
    return torch.zeros(count, frames, dtype=torch.float64).scatter_add_(1, index, weights).float()


def _overlap(distance: Tensor, first: float, second: float) -> Tensor:
    """Integral of the product of two squared Hann windows of unit area, their centres `distance` seconds apart."""
    place = (torch.arange(POINTS, dtype=torch.float64) + 0.5) / POINTS - 0.5
    weight = _squared_hann(place)
    other = _squared_hann((place * first - distance[..., None]) / second)
    return (weight * other).sum(-1) / weight.sum() / second


def _squared_hann(place: Tensor) -> Tensor:
    """Squared Hann window of unit length about 0."""
    return (pi * place).cos().pow(4) * (place.abs() < 0.5)


def _mean_product(correlation: float) -> float:
    """E|X||Y| of two complex Gaussians of unit power: pi/4 times the series of F(-1/2, -1/2; 1; r^2)."""
    term, total = 1.0, 1.0
    for order in range(40):
        term *= ((order - 0.5) / (order + 1)) ** 2 * correlation**2
        total += term
    return min(1.0, pi / 4 * total)
