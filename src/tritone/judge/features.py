"""Plain properties of single sounds: how bright, how wide, how noisy, and when something begins."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tritone.judge.logmel import HOP_SECONDS, WINDOW_SECONDS
from tritone.signal.mel import mel_filters
from tritone.signal.stft import hann, magnitude

HEARD_DB = 40.0
"""Frames that lie farther below the loudest do not count."""
BANDS = 40
RANGE_DB = 60.0
"""What lies farther below the loudest band of the sound is silence to the onset detector."""
RISE_DB = 3.0
"""An onset rises so much faster than the sound around it, on average over bands."""
APART_SECONDS = 0.05
"""Onsets are at least so far apart."""
AROUND_SECONDS = 0.1

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Features:
    """Means over the audible frames of a sound; nan for silence, but for `onset_rate`, which is 0."""

    centroid: float
    """Middle of the magnitude spectrum in Hz: brightness."""
    bandwidth: float
    """Standard deviation of the magnitude spectrum around its centroid in Hz."""
    flatness: float
    """Geometric over arithmetic mean of the power spectrum: near 0 for a tone, 0.56 for white noise."""
    onset_rate: float
    """Onsets a second."""


def features(audio: NDArray[np.float32], rate: int) -> Features:
    """The features of `audio (channels, time)`, mixed to mono; Hann windows of 46 ms every 10 ms."""
    level, window = _magnitudes(audio, rate)
    power = level.square()
    loud = power.sum(0)
    heard = loud > loud.max() * 10 ** (-HEARD_DB / 10)
    onset_rate = len(_onsets(power, window, rate, audio.shape[-1])) * rate / audio.shape[-1]
    if not heard.any():
        return Features(float("nan"), float("nan"), float("nan"), onset_rate)
    level, power = level[:, heard], power[:, heard]
    hertz = torch.arange(level.shape[0])[:, None] * (rate / window)
    total = level.sum(0)
    centroid = (hertz * level).sum(0) / total
    spread = ((hertz - centroid).square() * level).sum(0) / total
    flatness = power.clamp(min=1e-20).log().mean(0).exp() / power.mean(0)
    return Features(float(centroid.mean()), float(spread.sqrt().mean()), float(flatness.mean()), onset_rate)


def onsets(audio: NDArray[np.float32], rate: int) -> FloatArray:
    """Seconds at which something begins in `audio (channels, time)`, to 10 ms; the very start too, where it sounds.

    The last 23 ms, where half of a window would be made up, are not looked at.

    Peaks of the spectral flux: the mean over 40 mel bands of each level's rise over 20 ms, where that exceeds its own
    mean over the 200 ms around it by 3 dB.
    """
    level, window = _magnitudes(audio, rate)
    return _onsets(level.square(), window, rate, audio.shape[-1])


def _onsets(spectrum: Tensor, window: int, rate: int, samples: int) -> FloatArray:
    """`onsets` of power spectra `(bins, frames)`."""
    power = mel_filters(rate, window, BANDS, 40.0, min(16_000.0, rate / 2)) @ spectrum
    hop = max(1, round(HOP_SECONDS * rate))
    power = power[:, : max(1, (samples - window // 2) // hop + 1)]
    top = float(power.max())
    if top <= 0:
        return np.zeros(0)
    decibels = 10 * power.clamp(min=top * 10 ** (-RANGE_DB / 10)).log10()
    before = torch.nn.functional.pad(decibels, (2, 0), value=float(decibels.min()))[:, :-2]
    flux = (decibels - before).clamp(min=0).mean(0)
    near, around = (round(seconds / HOP_SECONDS) for seconds in (APART_SECONDS, AROUND_SECONDS))
    highest = torch.nn.functional.max_pool1d(flux[None], 2 * near + 1, 1, near)[0]
    usual = torch.nn.functional.avg_pool1d(flux[None], 2 * around + 1, 1, around, count_include_pad=False)[0]
    places = torch.nonzero((flux == highest) & (flux > usual + RISE_DB))[:, 0].numpy()
    apart = np.concatenate([[True], np.diff(places) > near]) if len(places) else np.zeros(0, bool)
    found: FloatArray = places[apart] * (hop / rate)
    return found


def _magnitudes(audio: NDArray[np.float32], rate: int) -> tuple[Tensor, int]:
    """Magnitudes `(bins, frames)` of the mean of all channels, 1 for a full-scale sine, and the window's length.

    Short sound is padded with silence.
    """
    mono = torch.from_numpy(np.ascontiguousarray(audio.mean(0, dtype=np.float32)))
    window, hop = 2 * round(WINDOW_SECONDS * rate / 2), max(1, round(HOP_SECONDS * rate))
    if mono.shape[-1] <= window // 2:
        mono = torch.nn.functional.pad(mono, (0, window // 2 + 1 - mono.shape[-1]))
    return magnitude(mono, window, hop) * (2 / hann(window, mono.dtype, mono.device).sum()), window
