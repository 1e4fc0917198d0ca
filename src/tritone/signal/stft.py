"""Short-time Fourier magnitudes, as spectral losses need them."""

import torch
from torch import Tensor


def magnitude(audio: Tensor, window_samples: int, hop: int) -> Tensor:
    """Magnitude spectrogram `(..., window_samples // 2 + 1, frames)` of `audio (..., time)`.

    Periodic Hann window, no normalisation; frame i is centred on sample i * hop, the ends are mirrored.
    """
    shape = audio.shape[:-1]
    window = torch.hann_window(window_samples, dtype=audio.dtype, device=audio.device)
    spectrum = torch.stft(
        audio.reshape(-1, audio.shape[-1]), window_samples, hop, window=window, center=True, return_complex=True
    ).abs()
    return spectrum.reshape(*shape, *spectrum.shape[-2:])
