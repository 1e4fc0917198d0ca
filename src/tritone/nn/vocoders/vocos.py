"""A vocoder that works at the frame rate and leaves the waveform to an inverse Fourier transform.

Vocos (Siuzdak, arXiv 2306.00814) with ConvNeXt blocks (arXiv 2201.03545). Ours: every bin is the sum of two parts, one
whose phase the network gives, as in Vocos, and one whose phase goes on as a steady tone's does (`tonal`); the
magnitudes of both start from the mel bands spread over the bins, so that the network learns what has to be added; what
the sound's own spectrogram then lacks is corrected once; the channels of stereo sound are made jointly.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.mel_frames import MelFrames
from tritone.nn.spectrum import SpectrumToWave
from tritone.nn.vocoders.base import Vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.tonal import TonalPhases
from tritone.signal.mel import mel_filters

KERNEL = 7
"""Frames that a convolution sees (Vocos, section 3.2)."""
CEILING = 6.5
"""Largest log magnitude of a bin; that of a sine at full scale and a window of 1024 is 5.5."""
MOST = 2.3
"""Largest change that a correction makes, in nepers (20 dB)."""
CENTRE, SPREAD = -5.0, 3.0
"""About the mean and the standard deviation of log-mels of music; the network sees them divided out."""


class Block(nn.Module):
    """ConvNeXt: depthwise convolution, layer norm, two linear layers; `(batch, frames, width)` to the same shape."""

    def __init__(self, width: int, expansion: int, scale: float) -> None:
        super().__init__()
        self.depthwise = nn.Parameter(torch.empty(KERNEL, width).uniform_(-1, 1) / math.sqrt(KERNEL))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(depthwise(x, self.depthwise))
        return x + self.scale * self.narrow(functional.gelu(self.widen(y), approximate="tanh"))


class Vocos(Vocoder):
    """`layers` ConvNeXt blocks of `width` channels between an embedding and a head of magnitudes and phases."""

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__(config)
        mel, width = config.mel, config.width
        bins = mel.window // 2 + 1
        self.embed = nn.Linear(KERNEL * config.channels * mel.mels, width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList(Block(width, config.expansion, 1 / config.layers) for _ in range(config.layers))
        self.last_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, config.channels * 3 * bins)
        self.spread, self.tonal = Spread(config), TonalPhases(config)
        self.measure = MelFrames(mel)
        self.wave = SpectrumToWave(mel.window, mel.hop, config.channels)
        self.context = self._reach() + (config.layers + 1) * (KERNEL // 2)
        self._start()

    def forward(self, log_mel: Tensor) -> Tensor:
        """The sound of a stretch of frames with silence around it."""
        return self._sound(log_mel, self.tonal(log_mel))

    def around(self, log_mel: Tensor) -> Tensor:
        """The sound of frames that lie on a circle; the phases of tones are counted around it."""
        frames = log_mel.shape[-1]
        places = self.places(frames, log_mel.device)
        audio = self._sound(log_mel[..., places], self.tonal.around(log_mel)[..., places, :])
        return audio[..., self.context * self.hop : (self.context + frames) * self.hop]

    def _sound(self, log_mel: Tensor, turned: Tensor) -> Tensor:
        """Sound of log-mel `(batch, channels, mels, frames)`, with `TonalPhases` `(batch, channels, frames, bins)`."""
        rows = log_mel.permute(0, 3, 1, 2).contiguous()
        with self.arithmetic(log_mel):
            x = self.norm(self.embed(neighbours(((rows - CENTRE) / SPREAD).flatten(2))))
            for block in self.blocks:
                x = block(x)
            parameters = self.head(self.last_norm(x)).float()
        given = log_mel.float().transpose(-1, -2)
        loudness, phase, tone = parameters.unflatten(2, (self.channels, 3, -1)).transpose(1, 2).unbind(3)
        start = self.spread(given)
        own, steady = (start + loudness).clamp(max=CEILING).exp(), (start + tone).clamp(max=CEILING).exp()
        spectrum = torch.complex(own * phase.cos(), own * phase.sin()) + steady * turned
        audio = self.wave.synthesise(spectrum)
        for _ in range(self.config.corrections):
            audio = self._corrected(audio, given)
        return audio

    def _corrected(self, audio: Tensor, wanted: Tensor) -> Tensor:
        """The sound with every bin raised or lowered by what its bands lack of those `wanted (..., frames, mels)`."""
        spectrum = self.measure.spectrum(audio)
        lack = wanted - self.measure.bands(spectrum).transpose(-1, -2)
        gain = self.spread.between(lack.clamp(-MOST, MOST)).exp()
        return self.wave.synthesise(spectrum * gain)

    def _reach(self) -> int:
        """How many frames of spectrum a hop of sound depends on, on either side, through all corrections."""
        hop, margin = self.hop, self.wave.margin
        first, last = self.wave.reach(0, hop - 1)
        for _ in range(self.config.corrections):
            first, last = self.wave.reach(first * hop - margin, last * hop - margin + self.wave.window - 1)
        return max(-first, last)

    @torch.no_grad()
    def _start(self) -> None:
        """Small corrections, and phases that put the sound of a frame into the middle of its window."""
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)
        parts = self.head.bias.view(self.channels, 3, -1)
        parts[:, 0] = parts[:, 2] = -math.log(2) / 2
        parts[:, 1] = math.pi * (torch.arange(parts.shape[-1]) % 2)


class Spread(nn.Module):
    """Log magnitudes of the bins as the log-mel bands suggest them: `(..., mels)` to `(..., bins)`.

    Each band stands at the centre of gravity of its filter, less the logarithm of the filter's sum; bins between two
    bands lie on the straight line between them.
    """

    weights: Tensor
    offset: Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        mel = config.mel
        filters = mel_filters(mel.rate, mel.window, mel.mels, mel.low, mel.high, mel.scale).double()
        total = filters.sum(1)
        heard = (total > 0).nonzero()[:, 0]
        bins = torch.arange(filters.shape[1], dtype=torch.float64)
        centres = (filters[heard] @ bins) / total[heard]
        right = torch.searchsorted(centres, bins).clamp(1, len(centres) - 1)
        gap = (centres[right] - centres[right - 1]).clamp(min=1e-9)
        share = ((bins - centres[right - 1]) / gap).clamp(0, 1)
        weights = torch.zeros(filters.shape[1], mel.mels, dtype=torch.float64)
        rows = torch.arange(len(bins))
        weights[rows, heard[right - 1]] = 1 - share
        weights[rows, heard[right]] += share
        offset = weights @ total.clamp(min=1e-12).log()
        self.register_buffer("weights", weights.float(), persistent=False)
        self.register_buffer("offset", offset.float(), persistent=False)

    def forward(self, log_mel: Tensor) -> Tensor:
        return functional.linear(log_mel, self.weights, -self.offset)

    def between(self, values: Tensor) -> Tensor:
        """Any values of the bands `(..., mels)` on the same lines, `(..., bins)`."""
        return functional.linear(values, self.weights)


def neighbours(x: Tensor) -> Tensor:
    """`(batch, frames, width)` to `(batch, frames, KERNEL * width)`: every frame beside those around it, or zeros."""
    reach = KERNEL // 2
    padded = functional.pad(x, (0, 0, reach, reach))
    return torch.cat([padded[:, shift : shift + x.shape[1]] for shift in range(KERNEL)], -1)


def depthwise(x: Tensor, weight: Tensor) -> Tensor:
    """Every channel of `x (batch, frames, width)` convolved with its own taps `weight (KERNEL, width)`."""
    reach = KERNEL // 2
    padded = functional.pad(x, (0, 0, reach, reach))
    total = padded[:, : x.shape[1]] * weight[0]
    for shift in range(1, KERNEL):
        total = torch.addcmul(total, padded[:, shift : shift + x.shape[1]], weight[shift])
    return total
