"""Sound from mel spectrograms without any training: phases found by iteration.

Fast Griffin-Lim (Perraudin, Balazs and Søndergaard, WASPAA 2013) on a circle of frames; linear magnitudes by
multiplicative updates for a non-negative least-squares fit (Lee and Seung, NIPS 2000).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from tritone.nn.vocoders.base import Vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.signal.mel import mel_filters

MOMENTUM = 0.99
"""How far each round goes on in the direction of the last (alpha of the paper, section 4)."""
FIT_ROUNDS = 20
"""Updates of the linear magnitudes."""
LEAST = 1e-10
"""Keeps quotients finite."""


class GriffinLim(Vocoder):
    """Magnitudes from the mel bands, then `iterations` rounds between sound and spectrum.

    Channels are made one by one. Everything is computed in float64 and starts from phases that follow from the
    magnitudes alone, so that a loop played twice comes out as twice the loop.
    """

    filters: Tensor
    window: Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__(config)
        mel = config.mel
        filters = mel_filters(mel.rate, mel.window, mel.mels, mel.low, mel.high, mel.scale)
        self.register_buffer("filters", filters.double(), persistent=False)
        self.register_buffer("window", torch.hann_window(mel.window, dtype=torch.float64), persistent=False)
        self.context = -(-mel.window // mel.hop)

    def forward(self, log_mel: Tensor) -> Tensor:
        """The sound of a stretch of frames with silence around it."""
        frames, silence = log_mel.shape[-1], math.log(self.config.mel.floor)
        padded = functional.pad(log_mel, (self.context, self.context), value=silence)
        return self.around(padded)[..., self.context * self.hop : (self.context + frames) * self.hop]

    def around(self, log_mel: Tensor) -> Tensor:
        """The sound of frames that lie on a circle: the last leads into the first."""
        with torch.autocast(log_mel.device.type, enabled=False):
            magnitude = self.magnitude(log_mel.double())
            spectrum = torch.polar(magnitude, _start(magnitude))
            consistent = self._project(spectrum)
            for _ in range(self.config.iterations):
                spectrum = magnitude * consistent / consistent.abs().clamp(min=LEAST)
                before, consistent = consistent, self._project(spectrum)
                consistent = consistent + MOMENTUM * (consistent - before)
            spectrum = magnitude * consistent / consistent.abs().clamp(min=LEAST)
            return self._sound(spectrum).to(log_mel.dtype)

    def magnitude(self, log_mel: Tensor) -> Tensor:
        """Linear magnitudes `(..., frames, bins)` whose mel bands are nearest to `(..., mels, frames)`."""
        bands = log_mel.transpose(-1, -2).exp()
        wanted = bands @ self.filters
        magnitude = wanted / (self.filters.sum(0) * self.filters.sum(1).mean()).clamp(min=LEAST)
        overlaps = self.filters.T @ self.filters
        for _ in range(FIT_ROUNDS):
            magnitude = magnitude * (wanted / (magnitude @ overlaps).clamp(min=LEAST))
        return magnitude

    def _project(self, spectrum: Tensor) -> Tensor:
        """The spectrum of the sound that is nearest to a spectrum."""
        audio = self._sound(spectrum)
        return torch.fft.rfft(audio[..., self._places(spectrum.shape[-2])] * self.window)

    def _sound(self, spectrum: Tensor) -> Tensor:
        """Least-squares inverse of the circular transform: `(..., frames, bins)` to `(..., frames * hop)`."""
        count = spectrum.shape[-2]
        places = self._places(count).flatten()
        frames = torch.fft.irfft(spectrum, len(self.window)) * self.window
        total = frames.new_zeros((*frames.shape[:-2], count * self.hop))
        total.index_add_(-1, places, frames.flatten(-2))
        weight = frames.new_zeros(count * self.hop)
        weight.index_add_(0, places, self.window.square().repeat(count))
        return total / weight.clamp(min=LEAST)

    def _places(self, count: int) -> Tensor:
        """Samples of every frame on a circle of `count` hops, `(count, window)`."""
        length = len(self.window)
        starts = torch.arange(count, device=self.window.device) * self.hop - (length - self.hop) // 2
        places = starts[:, None] + torch.arange(length, device=self.window.device)
        return places % (count * self.hop)


def _start(magnitude: Tensor) -> Tensor:
    """Phases as irregular as noise that follow from each magnitude alone, wherever in the loop it stands."""
    return 2 * math.pi * (1000 * magnitude.clamp(min=LEAST).log()).frac()
