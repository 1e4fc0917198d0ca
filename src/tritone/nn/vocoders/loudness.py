"""How loud a sound is from moment to moment, as its mel spectrogram tells, and the sound without that.

Diffusion wants signals of unit variance. A prior whose variance is the spectrogram's own (PriorGrad, arXiv 2106.06406)
is the same as standard normal noise on sound divided by it, so a decay is learned as closely as an attack. Before that
the treble is raised: sound falls off towards it, and what lies below the white noise of the last steps is not learned.
"""

from math import ceil, log, pi

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.vocos import Spread

EMPHASIS = 0.9
"""Share of the last sample that is taken from each: raises the highest treble by 25 dB over the lowest bass."""
TAIL = 512
"""Samples after which what it leaves behind is forgotten (0.9 to that power is below 1e-23)."""
BLOCK = 4096
"""Transforms are whole multiples of this long, which keeps them fast."""


class Loudness(nn.Module):
    """Log RMS of emphasised sound around each frame: log-mel `(..., mels, frames)` to `(..., frames)`.

    The bins are as loud as `Spread` suggests; the rest is Parseval's theorem for a Hann window. Recorded drum loops
    divided by it have standard deviations of 0.84 to 1.13.
    """

    emphasis: Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        mel = config.mel
        self.hop = mel.hop
        self.spread = Spread(config)
        angles = torch.arange(mel.window // 2 + 1, dtype=torch.float64) * (2 * pi / mel.window)
        response = torch.polar(torch.full_like(angles, EMPHASIS), -angles)
        energy = 2 / (mel.window * torch.hann_window(mel.window, dtype=torch.float64).square().sum())
        self.register_buffer("emphasis", (1 - response).abs().log().float(), persistent=False)
        self.offset = log(float(energy))

    def forward(self, log_mel: Tensor) -> Tensor:
        bins = self.spread(log_mel.transpose(-1, -2)) + self.emphasis
        return (torch.logsumexp(2 * bins, -1) + self.offset) / 2

    def at_samples(self, level: Tensor, circular: bool = False) -> Tensor:
        """Loudness `(batch, channels, frames * hop)` of log RMS `(batch, channels, frames)`; geometric in between."""
        if circular:
            level = torch.cat([level[..., -1:], level, level[..., :1]], -1)
        fine = functional.interpolate(level, scale_factor=float(self.hop), mode="linear", align_corners=False)
        return (fine[..., self.hop : -self.hop] if circular else fine).exp()


def emphasised(audio: Tensor, circular: bool = False) -> Tensor:
    """Each sample of `(..., time)` less EMPHASIS times the one before it; before the first is silence or the last."""
    before = torch.roll(audio, 1, -1) if circular else functional.pad(audio, (1, 0))[..., :-1]
    return audio - EMPHASIS * before


def deemphasised(signal: Tensor, circular: bool = False) -> Tensor:
    """The sound whose `emphasised` is `signal`."""
    samples = signal.shape[-1]
    length = samples if circular else ceil((samples + TAIL) / BLOCK) * BLOCK
    angles = torch.arange(length // 2 + 1, device=signal.device) * (2 * pi / length)
    response = 1 - torch.polar(torch.full_like(angles, EMPHASIS), -angles)
    return torch.fft.irfft(torch.fft.rfft(signal, length) / response, length)[..., :samples]
