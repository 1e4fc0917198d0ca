"""Losses of the autoencoder: multi-scale spectral distance and Kullback-Leibler divergence (RAVE, arXiv 2111.05011)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from tritone.nn.adversarial import identity
from tritone.signal.stft import magnitude


class SpectralDistance(nn.Module):
    """Sum over window lengths of mean (|X| - |Y|)^2 / mean |X|^2 + mean |log(|X| + e) - log(|Y| + e)|.

    X is the target's and Y the output's spectrogram, with hop window / 4. Every channel counts as a signal of its own, so
    that sub-bands are compared by the same class.
    """

    def __init__(self, scales: Sequence[int] = (2048, 1024, 512, 256, 128), epsilon: float = 1e-7) -> None:
        super().__init__()
        self.scales, self.epsilon = tuple(scales), epsilon

    def forward(self, output: Tensor, target: Tensor, mean: Callable[[Tensor], Tensor] = identity) -> Tensor:
        """Scalar distance of `output` and `target (batch, channels, time)`; the target gets no gradient.

        `mean` averages a detached scalar over processes.
        """
        total = output.new_zeros(())
        for scale in self.scales:
            with torch.no_grad():
                x = magnitude(target, scale, scale // 4)
                energy = mean(x.square().mean())
            y = magnitude(output, scale, scale // 4)
            total = total + (x - y).square().mean() / energy
            total = total + ((x + self.epsilon).log() - (y + self.epsilon).log()).abs().mean()
        return total


def kl_divergence(mean: Tensor, std: Tensor) -> Tensor:
    """Sum over channels of the mean over batch and time of mean^2 + std^2 - ln std^2 - 1, for `(batch, channels, frames)`.

    Twice the divergence of N(mean, std^2) from N(0, 1), as RAVE weighs it.
    """
    return (mean.square() + std.square() - 2 * std.log() - 1).mean(dim=(0, 2)).sum()
