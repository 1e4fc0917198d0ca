"""From sound to the mel spectrogram that a feature network was trained on, differentiably."""

from math import gcd

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.signal.resample import resampled_frames
from tritone.signal.stft import power

PASSBAND = 0.913
"""Part of the band that resampling leaves as it is, as soxr's high quality; above, it falls off to the Nyquist rate."""
MARGIN = 2048
"""Zeros after the sound when it is resampled, into which the filter rings."""


def mono(audio: Tensor) -> Tensor:
    """The mean over channels, `(batch, time)`, of `audio (batch, channels, time)`."""
    return audio.mean(1)


def resample(audio: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """`audio (batch, time)` at another rate, without delay and differentiably: `resampled_frames(...)` samples.

    Done in the frequency domain, silence outside the sound; raised-cosine fall-off from `PASSBAND` to the Nyquist rate.
    """
    time = audio.shape[-1]
    if from_rate == to_rate:
        return audio
    divisor = gcd(from_rate, to_rate)
    down, up = from_rate // divisor, to_rate // divisor
    blocks = _smooth(-(-(time + MARGIN) // down))
    kept = min(down, up) * blocks // 2 + 1
    spectrum = torch.fft.rfft(audio, n=blocks * down)[..., :kept]
    place = torch.linspace(0, 1, kept, dtype=torch.float64)
    spectrum = spectrum * (fall_off(place) * up / down).to(audio)
    return torch.fft.irfft(spectrum, n=blocks * up)[..., : resampled_frames(time, from_rate, to_rate)]


class FrontEnd(nn.Module):
    """Sound at `rate` -> mel spectrogram: framed, windowed, transformed, magnitude to `power`, weighted by `filters`.

    Frame i begins at sample i * hop - left of the sound; beyond the ends it is mirrored (`reflect`) or silence.
    """

    window: Tensor
    filters: Tensor

    def __init__(
        self,
        *,
        rate: int,
        window: Tensor,
        transform: int,
        hop: int,
        filters: Tensor,
        power: int = 2,
        left: int = 0,
        right: int = 0,
        reflect: bool = False,
    ) -> None:
        """`window (samples,)`, `filters (bands, transform // 2 + 1)`, `power` 1 or 2, padding `left` and `right`."""
        super().__init__()
        self.rate, self.transform, self.hop, self.power = rate, transform, hop, power
        self.left, self.right, self.reflect = left, right, reflect
        self.register_buffer("window", window.float(), persistent=False)
        self.register_buffer("filters", filters.float(), persistent=False)

    @property
    def first_centre(self) -> float:
        """Where frame 0 is centred, in seconds."""
        return (len(self.window) / 2 - self.left) / self.rate

    def frames(self, samples: int) -> int:
        """Frames of so many samples; sound shorter than a window counts as one window."""
        return 1 + (max(samples + self.left + self.right, len(self.window)) - len(self.window)) // self.hop

    def forward(self, audio: Tensor) -> Tensor:
        """Mel spectrogram `(batch, bands, frames)` of `audio (batch, time)`, before any compression."""
        spectrum = torch.fft.rfft(self._framed(audio) * self.window, n=self.transform)
        level = power(spectrum) if self.power == 2 else spectrum.abs()
        return self.filters @ level.transpose(1, 2)

    def _framed(self, audio: Tensor) -> Tensor:
        """Frames `(batch, frames, window)` without the window's weights."""
        size = len(self.window)
        least = max(self.left, self.right) + 1 if self.reflect else size - self.left - self.right
        audio = functional.pad(audio, (0, max(0, least - audio.shape[-1])))
        mode = "reflect" if self.reflect else "constant"
        padded = functional.pad(audio[:, None], (self.left, self.right), mode=mode)[:, 0]
        return padded.unfold(-1, size, self.hop)


def _smooth(least: int) -> int:
    """The smallest number of the form 2^a 3^b 5^c that is at least `least`: fast to transform."""
    candidates = (_doubled(3**three * 5**five, least) for three in range(8) for five in range(5))
    return min(candidates)


def _doubled(number: int, least: int) -> int:
    while number < least:
        number *= 2
    return number


def fall_off(place: Tensor) -> Tensor:
    """Gain of resampling at frequencies given as parts of the lower Nyquist rate; 0 above it."""
    return 0.5 + 0.5 * (((place - PASSBAND) / (1 - PASSBAND)).clamp(0, 1) * torch.pi).cos()
