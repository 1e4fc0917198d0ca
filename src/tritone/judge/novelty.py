"""Is a sound new or one that was trained on? Likeness of spectrograms, which finds copies better than embeddings."""

import torch
from torch import Tensor


def likeness(known: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
    """How like `samples (count, bands, frames)` each are to the nearest of `known (others, bands, frames)`, and which.

    Both are log-mel spectrograms of loops on one grid. The likeness is the greatest correlation over all turns of the
    loop in time, 1 for a copy whatever its gain and where it begins, float64 `(count,)`; the index is int64 `(count,)`.
    ValueError for grids of different sizes. Memory grows with `others * bands * frames`.
    """
    if known.shape[1:] != samples.shape[1:]:
        raise ValueError(f"grids of {tuple(known.shape[1:])} and {tuple(samples.shape[1:])}")
    spectra, frames = torch.fft.rfft(_standard(known)), known.shape[-1]
    best = []
    for sample in _standard(samples):
        shared = (spectra.conj() * torch.fft.rfft(sample)).sum(1)
        best.append(torch.fft.irfft(shared, n=frames).amax(-1).max(0))
    values = torch.stack([one.values for one in best]) if best else torch.zeros(0, dtype=torch.float64)
    places = torch.stack([one.indices for one in best]) if best else torch.zeros(0, dtype=torch.int64)
    return values, places


def _standard(log_mel: Tensor) -> Tensor:
    """Zero mean and unit length, so that a product is a correlation; a constant spectrogram is 0."""
    centred = log_mel.detach().to(torch.float64)
    centred = centred - centred.mean((1, 2), keepdim=True)
    return centred / centred.square().sum((1, 2), keepdim=True).sqrt().clamp(min=1e-12)
