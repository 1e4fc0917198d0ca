"""Layers between a waveform and its short-time spectrum, with lag and reach as all layers have them.

Frame i is the windowed stretch of `window` samples centred on the middle of the i-th hop, so that `time / hop` frames
cover the sound and a round trip has no offset. Written as unfold + rfft and irfft + overlap-add, which can be scripted.
"""

from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Frames(nn.Module):
    """Window and hop; `window` is a multiple of `hop`, and both together are even."""

    hann: Tensor

    def __init__(self, window: int, hop: int) -> None:
        super().__init__()
        if window % hop or (window - hop) % 2:
            raise ValueError(f"the window must be a multiple of the hop, an even number longer, not {window} and {hop}")
        self.window, self.hop = window, hop
        self.margin = (window - hop) // 2
        self.register_buffer("hann", torch.hann_window(window), persistent=False)

    @property
    def bins(self) -> int:
        """Frequencies of a frame, from 0 to half the rate."""
        return self.window // 2 + 1


class LogSpectrum(_Frames):
    """Log magnitudes of the spectrum: `(batch, channels, time)` to `(batch, channels * bins, time / hop)`."""

    def __init__(self, window: int, hop: int, floor: float = 1e-3) -> None:
        super().__init__(window, hop)
        self.floor = floor

    def forward(self, audio: Tensor) -> Tensor:
        """Natural logarithm of |X| + floor."""
        batch, channels, _ = audio.shape
        frames = functional.pad(audio.float(), (self.margin, self.margin)).unfold(-1, self.window, self.hop)
        magnitudes = torch.fft.rfft(frames * self.hann).abs()
        features = (magnitudes + self.floor).log()
        return features.transpose(1, 2).reshape(batch, -1, channels * self.bins).transpose(1, 2)

    def lag(self, before: int) -> int:
        """Frames by which a stream runs behind, when its sound runs `before` samples behind."""
        return (before + self.window - 1 - self.margin) // self.hop

    @property
    def ratio(self) -> Fraction:
        """Frames per sample."""
        return Fraction(1, self.hop)

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last sample on which the frames `first` to `last` depend."""
        return first * self.hop - self.margin, last * self.hop - self.margin + self.window - 1


class SpectrumToWave(_Frames):
    """Sound from log magnitude and phase of every bin (Vocos, arXiv 2306.00814, section 3): irfft, window, overlap-add.

    `(batch, channels * 2 * bins, frames)`, of each channel first the magnitudes and then the phases, to
    `(batch, channels, frames * hop)`. Log magnitudes are counted from `level` and stop at `ceiling`.
    """

    def __init__(self, window: int, hop: int, channels: int, level: float = -2.0, ceiling: float = 6.5) -> None:
        super().__init__(window, hop)
        self.channels, self.level, self.ceiling = channels, level, ceiling

    def forward(self, parameters: Tensor) -> Tensor:
        """Sound from the parameters of all frames."""
        batch, _, frames = parameters.shape
        rows = parameters.float().transpose(1, 2).reshape(batch, frames, self.channels, 2 * self.bins)
        log_magnitude, phase = rows.transpose(1, 2).chunk(2, -1)
        magnitude = (log_magnitude + self.level).clamp(max=self.ceiling).exp()
        return self.synthesise(torch.complex(magnitude * phase.cos(), magnitude * phase.sin()))

    def synthesise(self, spectrum: Tensor) -> Tensor:
        """Sound `(batch, channels, frames * hop)` of spectra `(batch, channels, frames, bins)`."""
        gain = self.hann * (self.hop / self.hann.square().sum())
        return self._overlap_add(torch.fft.irfft(spectrum, self.window) * gain)

    def _overlap_add(self, frames: Tensor) -> Tensor:
        """`(batch, channels, frames, window)` to `(batch, channels, frames * hop)`."""
        batch, channels, count, _ = frames.shape
        overlap = self.window // self.hop
        hops = frames.reshape(batch, channels, count, overlap, self.hop)
        total = sum(functional.pad(hops[:, :, :, i], (0, 0, i, overlap - 1 - i)) for i in range(overlap))
        return total.reshape(batch, channels, -1)[..., self.margin : self.margin + count * self.hop]  # type: ignore[union-attr]

    def lag(self, before: int) -> int:
        """Samples by which a stream runs behind, when its frames run `before` frames behind."""
        return before * self.hop + self.margin

    @property
    def ratio(self) -> Fraction:
        """Samples per frame."""
        return Fraction(self.hop)

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last frame on which the samples `first` to `last` depend."""
        return -((self.window - 1 - self.margin - first) // self.hop), (last + self.margin) // self.hop
