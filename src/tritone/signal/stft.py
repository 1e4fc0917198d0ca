"""Short-time Fourier transform as spectral losses need it: framing, magnitudes, and the way back for their gradients.

Frame i is centred on sample i * hop, the ends are mirrored, the window is a periodic Hann window; no normalisation.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional


@lru_cache(maxsize=64)
def hann(samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Periodic Hann window 0.5 - 0.5 cos(2 pi t / samples). Do not write into it: it is shared."""
    return torch.hann_window(samples, periodic=True, dtype=torch.float64).to(device, dtype)


def frames(audio: Tensor, window_samples: int, hop: int) -> Tensor:
    """Windowed frames `(rows, count, window_samples)` of `audio (rows, time)`, count = time // hop + 1.

    Raises ValueError where the sound is too short to be mirrored: time must exceed window_samples // 2.
    """
    margin = window_samples // 2
    if audio.shape[-1] <= margin:
        raise ValueError(
            f"a window of {window_samples} samples needs more than {margin} samples, not {audio.shape[-1]}"
        )
    padded = functional.pad(audio[:, None], (margin, margin), mode="reflect")[:, 0]
    return padded.unfold(-1, window_samples, hop) * hann(window_samples, audio.dtype, audio.device)


def frames_adjoint(gradient: Tensor, time: int, hop: int) -> Tensor:
    """The transpose of `frames` as a linear map: `(rows, count, window_samples)` to `(rows, time)`.

    hop divides the window length. Writes into `gradient`.
    """
    rows, count, window_samples = gradient.shape
    margin, overlaps = window_samples // 2, window_samples // hop
    gradient.mul_(hann(window_samples, gradient.dtype, gradient.device))
    blocks = max(count + overlaps - 1, -(-(time + 2 * margin) // hop))
    padded = gradient.new_zeros(rows, blocks, hop)
    for part in range(overlaps):
        padded[:, part : part + count] += gradient[..., part * hop : (part + 1) * hop]
    flat = padded.view(rows, -1)
    result = flat[:, margin : margin + time]
    result[:, 1 : margin + 1] += flat[:, :margin].flip(-1)
    result[:, time - margin - 1 : time - 1] += flat[:, margin + time : 2 * margin + time].flip(-1)
    return result


def power(spectrum: Tensor) -> Tensor:
    """Squared magnitude of a complex tensor; faster than through abs()."""
    parts = torch.view_as_real(spectrum)
    return torch.addcmul(parts[..., 0].square(), parts[..., 1], parts[..., 1])


def magnitude(audio: Tensor, window_samples: int, hop: int) -> Tensor:
    """Magnitude spectrogram `(..., window_samples // 2 + 1, time // hop + 1)` of `audio (..., time)`.

    Differentiable; where a magnitude is 0 its gradient is 0.
    """
    shape = audio.shape[:-1]
    spectrum = torch.fft.rfft(frames(audio.reshape(-1, audio.shape[-1]), window_samples, hop))
    level = spectrum.abs() if spectrum.requires_grad else power(spectrum).sqrt_()
    return level.transpose(1, 2).reshape(*shape, window_samples // 2 + 1, -1)
