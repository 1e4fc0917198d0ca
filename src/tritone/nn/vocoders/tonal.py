"""Phases of steady tones from magnitudes alone.

A network that sees the same spectrogram frame after frame makes the same sound hop after hop, which is a tone at a
multiple of the hop's rate and not the one that was meant. So the phases of tones are counted instead, as in single-pass
spectrogram inversion (Beauregard, Harish and Wyse, ICASSP 2015): every peak goes on at its own frequency.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.vocoders.config import VocoderConfig
from tritone.signal.mel import mel_filters

ONSET = 0.7
"""Rise of a peak from one frame to the next, in nepers (6 dB), at which its phase begins anew."""
NEARLY = 1e-6
"""A rise that is so near to the greatest is the greatest too, so that rounding does not decide."""
FINE = 512
"""Places between two bands at which the frequency of a peak is known."""
TURNS = 4
"""Phases of a pure tone, evenly over half a circle, over which the place of its peak is averaged."""
SILENCE = -30.0
"""Log magnitude beyond the outermost bands."""


class TonalPhases(nn.Module):
    """Log-mel `(..., mels, frames)` to e^(i phase) `(..., frames, bins)`, counted from the start of every window.

    Peaks among the bands are placed by a parabola through three of them; which frequency has its peak where is measured
    on pure tones beforehand. A band follows the peak next to it; its phase grows by the peak's frequency from frame to
    frame and begins at 0, in the middle of the window, where the peak rises by `ONSET`. No gradient: phases are given.
    """

    heard: Tensor
    level: Tensor
    pitch: Tensor
    band: Tensor
    middle: Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        mel = config.mel
        filters = mel_filters(mel.rate, mel.window, mel.mels, mel.low, mel.high, mel.scale).double()
        heard = (filters.sum(1) > 0).nonzero()[:, 0]
        total = filters[heard].sum(1)
        bins = torch.arange(filters.shape[1], dtype=torch.float64)
        centres = (filters[heard] @ bins) / total
        self.register_buffer("heard", heard, persistent=False)
        self.register_buffer("level", total.log(), persistent=False)
        pitch = _pitch_by_place(filters[heard], mel.window) * mel.hop
        self.register_buffer("pitch", pitch, persistent=False)
        self.register_buffer("band", torch.searchsorted((centres[1:] + centres[:-1]) / 2, bins), persistent=False)
        self.register_buffer("middle", (1 - 2 * (bins % 2)).float(), persistent=False)

    @torch.no_grad()
    def forward(self, log_mel: Tensor) -> Tensor:
        """Phases of a stretch of frames; those before the first onset are counted from its first frame."""
        levels = self._levels(log_mel)
        before = functional.pad(levels, (0, 0, 1, 0), value=SILENCE)[..., :-1, :]
        peak, advance = self._peaks(levels)
        onset = (levels - before).gather(-1, peak) > ONSET
        onset[..., 0, :] = True
        return self._count(peak, advance, onset)

    @torch.no_grad()
    def around(self, log_mel: Tensor) -> Tensor:
        """Phases of frames that lie on a circle; each band begins anew at least where it rises most."""
        levels = self._levels(log_mel)
        peak, advance = self._peaks(levels)
        rise = (levels - levels.roll(1, -2)).gather(-1, peak)
        onset = (rise > ONSET) | (rise >= rise.amax(-2, keepdim=True) - NEARLY)
        return self._count(peak, advance, onset)

    def _levels(self, log_mel: Tensor) -> Tensor:
        """Log magnitudes at the bands' centres, `(..., frames, bands)`; bands without a bin are left out."""
        return log_mel.double().transpose(-1, -2)[..., self.heard] - self.level

    def _peaks(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """For every band the peak that it follows, and by how much its phase grows in a hop."""
        place, is_peak = _places(levels)
        fine = (place * FINE).clamp(0, len(self.pitch) - 1)
        below = fine.long().clamp(max=max(0, len(self.pitch) - 2))
        advance = torch.lerp(self.pitch[below], self.pitch[(below + 1).clamp(max=len(self.pitch) - 1)], fine - below)
        bands = torch.arange(levels.shape[-1], device=levels.device)
        far = 2 * len(bands)
        left = torch.where(is_peak, bands, -far).cummax(-1).values
        right = -torch.where(is_peak, -bands, -far).flip(-1).cummax(-1).values.flip(-1)
        peak = torch.where(bands - left <= right - bands, left, right).clamp(0, len(bands) - 1)
        return peak, advance.gather(-1, peak)

    def _count(self, peak: Tensor, advance: Tensor, onset: Tensor) -> Tensor:
        """Growth since the last onset, half of it by the frequency of either frame, as e^(i phase) at every bin.

        Frames before the first onset are counted from the last one, around the circle.
        """
        grown = (0.5 * (advance + advance.roll(1, -2))).cumsum(-2)
        frames = torch.arange(peak.shape[-2], device=peak.device)[:, None]
        since = torch.where(onset, frames, -1).cummax(-2).values
        last = since[..., -1:, :]
        start = torch.where(
            since < 0, grown.gather(-2, last) - grown[..., -1:, :], grown.gather(-2, since.clamp(min=0))
        )
        phase = (grown - start).gather(-1, peak)
        turned = [part.float()[..., self.band] * self.middle for part in (phase.cos(), phase.sin())]
        return torch.complex(*turned)


def _places(levels: Tensor) -> tuple[Tensor, Tensor]:
    """Where the parabola through each of `(..., bands)` and its neighbours has its top, and whether it is a peak."""
    wide = functional.pad(levels, (1, 1), value=SILENCE)
    low, high = wide[..., :-2], wide[..., 2:]
    bent = (low - 2 * levels + high).clamp(max=-1e-6)
    bands = torch.arange(levels.shape[-1], device=levels.device)
    return bands + (0.5 * (low - high) / bent).clamp(-0.5, 0.5), (levels >= low) & (levels > high)


def _pitch_by_place(filters: Tensor, window: int) -> Tensor:
    """Radians a sample of the pure tone whose peak among the bands `filters` is at place i / FINE, for every i."""
    tones = torch.linspace(0, math.pi, 4 * len(filters) + 1, dtype=torch.float64) ** 2 / math.pi
    time = torch.arange(window, dtype=torch.float64)
    tops = torch.zeros(len(tones), dtype=torch.float64)
    for turn in range(TURNS):
        waves = (tones[:, None] * time + turn * math.pi / TURNS).cos()
        magnitudes = torch.fft.rfft(waves * torch.hann_window(window, dtype=torch.float64)).abs()
        levels = (magnitudes @ filters.T).log() - filters.sum(1).log()
        tops += _places(levels)[0].gather(-1, levels.argmax(-1, keepdim=True))[:, 0] / TURNS
    places = np.arange((len(filters) - 1) * FINE + 1) / FINE
    return torch.from_numpy(np.interp(places, tops.cummax(0).values.numpy(), tones.numpy()))
