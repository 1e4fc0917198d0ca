"""Fixed embeddings of sound without any network, for `fd-logmel` and for counting bins.

A distance on them is named fd-logmel (or kd-logmel) and never FAD, which belongs to VGGish.
"""

import torch
from torch import Tensor
from torch.nn import functional

from tritone.signal.mel import mel_filters
from tritone.signal.stft import hann, magnitude

BANDS = 40
LOW, HIGH = 40.0, 16_000.0
WINDOW_SECONDS = 2048 / 44_100
HOP_SECONDS = 0.01
FLOOR = 1e-5
"""Magnitude, of 1 for a full-scale sine, under which everything is silence."""
DIMS = 3 * BANDS


def embed(audio: Tensor, rate: int) -> Tensor:
    """Embedding `(batch, 120)`, float64, of `audio (batch, channels, time)` at any `rate`, mixed to mono.

    40 bands equally spaced in mel (Slaney's scale) from 40 Hz to 16 kHz, Hann windows of 46 ms every 10 ms. Of the
    natural logarithm of each band's magnitude: the mean over time, the standard deviation, and the mean absolute change
    from one frame to the next. Bands above half the rate are silent, so that missing treble counts. ValueError for
    sound shorter than 25 ms.
    """
    level = log_bands(audio.detach().to(torch.float64).mean(1), rate)
    change = level.diff(dim=-1).abs().mean(-1)
    return torch.cat([level.mean(-1), level.std(-1, correction=0), change], 1)


def pattern(log_mel: Tensor, bands: int = 8, steps: int = 16) -> Tensor:
    """What sounds when: `(batch, bands * steps)`, float64, of `log_mel (batch, channels, mels, frames)` of a loop.

    The mean of each cell of a grid laid over the spectrogram, channels averaged; sixteen steps are the sixteenths of a
    bar. LoopTest (arXiv 2108.01576) counts bins on the whole spectrogram, of which most is fine structure.
    """
    return functional.adaptive_avg_pool2d(log_mel.detach().to(torch.float64).mean(1), (bands, steps)).flatten(1)


def log_bands(mono: Tensor, rate: int) -> Tensor:
    """Natural logarithm of the band magnitudes `(batch, 40, frames)` of `mono (batch, time)`, not below log `FLOOR`.

    Frames are 10 ms apart; 0 is a full-scale sine in the middle of its band. ValueError for sound shorter than 25 ms.
    """
    window, hop = 2 * round(WINDOW_SECONDS * rate / 2), max(1, round(HOP_SECONDS * rate))
    level = magnitude(mono, window, hop) * (2 / hann(window, mono.dtype, mono.device).sum())
    filters = mel_filters(rate, window, BANDS, LOW, HIGH).to(mono)
    filters = filters / mel_filters(44_100, 2048, BANDS, LOW, HIGH).to(mono).amax(1, keepdim=True)
    return (filters @ level).clamp(min=FLOOR).log()
