"""Logarithmic mel spectrograms as vocoders and loop generators use them, and the way from one time grid to another."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.signal.mel import mel_filters
from tritone.signal.mel_config import MelConfig
from tritone.signal.stft import power

LEAST = 1e-20
"""Power that is added to every bin, so that silence has a gradient of 0."""


class MelFrames(nn.Module):
    """ln(max(mel-weighted magnitude, floor)), differentiable, always in at least float32.

    Windows are periodic Hann windows and lie on whole samples: one that should begin between two begins at the nearer.
    """

    hann: Tensor
    filters: Tensor

    def __init__(self, config: MelConfig) -> None:
        super().__init__()
        self.config = config
        filters = mel_filters(config.rate, config.window, config.mels, config.low, config.high, config.scale)
        self.register_buffer("hann", torch.hann_window(config.window), persistent=False)
        self.register_buffer("filters", filters.clone(), persistent=False)

    def at_hop(self, audio: Tensor) -> Tensor:
        """`(batch, channels, time)` to `(batch, channels, mels, ceil(time / hop))`.

        Frame i is centred on the middle of the i-th hop; outside of the sound there are zeros.
        """
        return self.bands(self.spectrum(audio))

    def spectrum(self, audio: Tensor) -> Tensor:
        """The complex spectrum `(batch, channels, ceil(time / hop), bins)` that `at_hop` is made from."""
        window, hop = self.config.window, self.config.hop
        margin = (window - hop) // 2
        rest = -audio.shape[-1] % hop
        whole = functional.pad(_at_least_float32(audio), (0, rest)) if rest else _at_least_float32(audio)
        stretches = functional.pad(whole, (margin, margin)).unfold(-1, window, hop)
        return torch.fft.rfft(stretches * self.hann.to(stretches.dtype))

    def bands(self, spectrum: Tensor) -> Tensor:
        """Spectra `(..., frames, bins)` to log-mel `(..., mels, frames)`."""
        magnitudes = (power(spectrum) + LEAST).sqrt()
        with torch.autocast(spectrum.device.type, enabled=False):
            return (magnitudes @ self.filters.T.to(magnitudes)).clamp(min=self.config.floor).log().transpose(-1, -2)

    def on_grid(self, audio: Tensor, lengths: Tensor, frames: int) -> Tensor:
        """`(batch, channels, time)` to `(batch, channels, mels, frames)`, however long each loop is.

        Row b is a loop of N = `lengths[b]` samples and is read as a circle; frame i is centred at (i + 0.5) N / frames.
        """
        rows = zip(_at_least_float32(audio), lengths.tolist(), strict=True)
        return torch.stack([self._circle(row[..., :samples], frames) for row, samples in rows])

    def measure(self, windows: Tensor) -> Tensor:
        """Stretches of sound `(..., frames, window)` to log-mel `(..., mels, frames)`."""
        return self.bands(torch.fft.rfft(windows * self.hann.to(windows.dtype)))

    def _circle(self, loop: Tensor, frames: int) -> Tensor:
        samples = loop.shape[-1]
        starts = window_starts(frames, samples, frames, self.config.window, loop.device)
        places = starts[:, None] + torch.arange(self.config.window, device=loop.device)
        return self.measure(loop[:, places % samples])


def window_starts(count: int, samples: int, frames: int, window: int, device: torch.device) -> Tensor:
    """First samples of `count` windows centred at (i + 0.5) samples / frames, to the nearest sample (int64)."""
    index = torch.arange(count, device=device)
    return torch.div((2 * index + 1) * samples + frames * (1 - window), 2 * frames, rounding_mode="floor")


def resample_frames(log_mel: Tensor, frames: int) -> Tensor:
    """`(..., source frames)` to `(..., frames)`: another grid over the same circle, linear between neighbours.

    Frame i of a grid of F frames lies at (i + 0.5) / F of the circle.
    """
    count = log_mel.shape[-1]
    if count == frames:
        return log_mel
    places = (torch.arange(frames, device=log_mel.device, dtype=torch.float64) + 0.5) * (count / frames) - 0.5
    left = places.floor()
    share = (places - left).to(log_mel.dtype)
    before = left.long() % count
    return torch.lerp(log_mel[..., before], log_mel[..., (before + 1) % count], share)


def _at_least_float32(audio: Tensor) -> Tensor:
    return audio if audio.dtype == torch.float64 else audio.float()
