"""Losses of the autoencoder: multi-scale spectral distance and Kullback-Leibler divergence (RAVE, arXiv 2111.05011)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from tritone.nn.adversarial import identity
from tritone.signal.stft import frames, frames_adjoint, power

CHUNK_SAMPLES = 131_072
"""How much sound is transformed at a time on a CPU, so that spectra stay in the cache."""

ENERGY_FLOOR = 1e-8
"""Least energy that the linear term is relative to, a bit less than that of 16-bit dither: silence divides nothing."""

Mean = Callable[[Tensor], Tensor]


class SpectralDistance(nn.Module):
    """Sum over window lengths of mean (|X| - |Y|)^2 / mean |X|^2 + mean |log(|X| + e) - log(|Y| + e)|.

    X is the target's and Y the output's spectrogram (periodic Hann window, hop window / 4, ends mirrored). Every
    channel counts as a signal of its own, so that sub-bands are compared by the same class.

    The gradient is worked out along with the value, one piece of the batch and one window length at a time, so that no
    spectrogram of the output is ever kept. Differentiable once, by the output alone.
    """

    def __init__(self, scales: Sequence[int] = (2048, 1024, 512, 256, 128), epsilon: float = 1e-7) -> None:
        super().__init__()
        self.scales, self.epsilon = tuple(scales), epsilon

    def forward(self, output: Tensor, target: Tensor, mean: Mean = identity) -> Tensor:
        """Scalar distance of `output` and `target (batch, channels, time)`.

        `mean` averages a detached scalar over processes: the energy of the whole batch is the denominator everywhere.
        """
        with torch.autocast(output.device.type, enabled=False):
            flat = output.flatten(0, 1)
            flat = flat if flat.dtype == torch.float64 else flat.float()
            return _Distance.apply(flat, target.detach().flatten(0, 1).to(flat), self.scales, self.epsilon, mean)


class _Distance(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, output: Tensor, target: Tensor, scales: tuple[int, ...], epsilon: float, mean: Mean
    ) -> Tensor:
        gradient = torch.zeros_like(output) if ctx.needs_input_grad[0] else None
        total = output.new_zeros(())
        for scale in scales:
            total += _scale_distance(output, target, scale, epsilon, mean, gradient)
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upper: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return gradient * upper, None, None, None, None


def _scale_distance(
    output: Tensor, target: Tensor, scale: int, epsilon: float, mean: Mean, gradient: Tensor | None
) -> Tensor:
    """Distance for one window length; adds its derivative by the output to `gradient`, if there is one."""
    hop, time = scale // 4, output.shape[-1]
    pieces = list(_pieces(output))
    powers = [power(torch.fft.rfft(frames(target[piece], scale, hop))) for piece in pieces]
    count = sum(values.numel() for values in powers)
    energy = mean(torch.stack([values.sum() for values in powers]).sum() / count).clamp_min(ENERGY_FLOOR)
    linear, logarithmic = output.new_zeros(()), output.new_zeros(())
    for piece, values in zip(pieces, powers, strict=True):
        spectrum = torch.fft.rfft(frames(output[piece], scale, hop))
        x, y = values.sqrt_(), power(spectrum).sqrt_()
        difference = y - x
        linear += difference.square().sum()
        shifted = y + epsilon
        logarithmic += torch.div(shifted, x.add_(epsilon), out=x).log_().abs_().sum()
        if gradient is not None:
            slope = difference.sign().div_(shifted).add_(difference.mul_(2 / energy)).div_(y).masked_fill_(y == 0, 0)
            gradient[piece] += _through_transform(spectrum, slope, scale, hop, time) / count
    return (linear / energy + logarithmic) / count


def _pieces(signals: Tensor) -> Iterator[slice]:
    """Slices of whole signals, on a CPU about CHUNK_SAMPLES long together, elsewhere all at once."""
    rows, time = signals.shape
    step = max(1, CHUNK_SAMPLES // time) if signals.device.type == "cpu" else max(1, rows)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def _through_transform(spectrum: Tensor, slope: Tensor, scale: int, hop: int, time: int) -> Tensor:
    """Derivative by the signal, from the spectrum Y and slope = (derivative by |Y|) / |Y|.

    It is the transform's transpose applied to slope * Y; writes into both. The inverse transform counts all bins but
    the first and the last twice, hence the halving.
    """
    slope[..., 1:-1] *= 0.5
    return frames_adjoint(torch.fft.irfft(spectrum.mul_(slope), scale, norm="forward"), time, hop)


def kl_divergence(mean: Tensor, std: Tensor) -> Tensor:
    """Sum over channels of the mean over batch and time of mean^2 + std^2 - ln std^2 - 1; `(batch, channels, frames)`.

    Twice the divergence of N(mean, std^2) from N(0, 1), as RAVE weighs it.
    """
    return (mean.square() + std.square() - 2 * std.log() - 1).mean(dim=(0, 2)).sum()
