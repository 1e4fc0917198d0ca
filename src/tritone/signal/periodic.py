"""Sound that repeats: one period at another number of samples."""

import torch
from torch import Tensor


def resample_periodic(audio: Tensor, samples: int) -> Tensor:
    """One period `(..., time)` of a repeating sound as `(..., samples)`, exactly band-limited, without any seam.

    The Fourier series is kept: partials above half the new rate are dropped, a partial at exactly half the rate of the
    shorter side counts once. Raises ValueError for an empty period.
    """
    time = audio.shape[-1]
    if min(time, samples) < 1:
        raise ValueError(f"a period has at least 1 sample, not {min(time, samples)}")
    if time == samples:
        return audio
    least = min(time, samples)
    series = torch.fft.rfft(audio)[..., : least // 2 + 1] * (samples / time)
    if least % 2 == 0:
        weight = torch.ones(series.shape[-1], dtype=audio.dtype, device=audio.device)
        weight[-1] = 2.0 if samples < time else 0.5
        series = series * weight
    return torch.fft.irfft(series, samples)
