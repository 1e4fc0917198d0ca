"""Mel filter bank and log-mel spectrogram."""

from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from tritone.signal.stft import magnitude

Scale = Literal["slaney", "htk"]

SLANEY_LINEAR = 200 / 3
"""Hertz per mel below the break of Slaney's scale (Auditory Toolbox, 1998)."""
SLANEY_BREAK = 1000.0
SLANEY_STEP = np.log(6.4) / 27


def hertz_to_mel(hertz: ArrayLike, scale: Scale = "slaney") -> NDArray[np.float64]:
    """Mel of a frequency.

    htk: 2595 log10(1 + f / 700); slaney: 3 f / 200 below 1 kHz, 15 + 27 log(f / 1000) / log 6.4 above.
    """
    hertz = np.asarray(hertz, dtype=np.float64)
    if scale == "htk":
        return 2595 * np.log10(1 + hertz / 700)
    bent = SLANEY_BREAK / SLANEY_LINEAR + np.log(np.maximum(hertz, SLANEY_BREAK) / SLANEY_BREAK) / SLANEY_STEP
    return np.where(hertz < SLANEY_BREAK, hertz / SLANEY_LINEAR, bent)


def mel_to_hertz(mel: ArrayLike, scale: Scale = "slaney") -> NDArray[np.float64]:
    """Inverse of `hertz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    break_mel = SLANEY_BREAK / SLANEY_LINEAR
    bent = SLANEY_BREAK * np.exp(SLANEY_STEP * (np.maximum(mel, break_mel) - break_mel))
    return np.where(mel < break_mel, mel * SLANEY_LINEAR, bent)


@lru_cache(maxsize=32)
def mel_filters(
    rate: int, window_samples: int, mels: int, low: float = 0.0, high: float | None = None, scale: Scale = "slaney"
) -> Tensor:
    """Triangular filters `(mels, window_samples // 2 + 1)`, equally spaced in mel from `low` to `high` (half the rate).

    slaney: each filter has unit area over Hertz (as librosa's default); htk: each has unit peak (as HTK).
    Do not write into the result: it is shared.
    """
    bottom, top = hertz_to_mel([low, high or rate / 2], scale).tolist()
    edges = mel_to_hertz(np.linspace(bottom, top, mels + 2), scale)
    bins = np.arange(window_samples // 2 + 1) * rate / window_samples
    width = np.diff(edges)
    rising = (bins - edges[:-2, None]) / width[:-1, None]
    falling = (edges[2:, None] - bins) / width[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    if scale == "slaney":
        filters *= 2 / (edges[2:] - edges[:-2])[:, None]
    return torch.from_numpy(filters).float()


def log_mel(
    audio: Tensor,
    rate: int,
    mels: int = 128,
    window_samples: int = 2048,
    hop: int = 512,
    floor: float = 1e-5,
    scale: Scale = "slaney",
) -> Tensor:
    """Natural logarithm of the mel magnitudes `(..., mels, frames)` of `audio (..., time)`, not below log `floor`."""
    filters = mel_filters(rate, window_samples, mels, scale=scale).to(audio)
    return (filters @ magnitude(audio, window_samples, hop)).clamp(min=floor).log()
