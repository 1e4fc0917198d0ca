"""How layers are joined: chains, residual units, normalisation; with lag, ratio and reach of the whole."""

from fractions import Fraction
from typing import TypeVar

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

from tritone.nn.conv import Conv1d, ConvTranspose1d

_Layer = TypeVar("_Layer", Conv1d, ConvTranspose1d)


class Chain(nn.Sequential):
    """Layers one after another. Layers that declare no reach (activations, norms) act on each sample by itself."""

    def lag(self, before: int) -> int:
        """Output samples by which a stream runs behind, when its input runs `before` samples behind."""
        for layer in self:
            lag = getattr(layer, "lag", None)
            if lag is not None:
                before = lag(before)
        return before

    @property
    def ratio(self) -> Fraction:
        """Output rate over input rate."""
        rate = Fraction(1)
        for layer in self:
            rate *= getattr(layer, "ratio", Fraction(1))
        return rate

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """First and last input sample on which the outputs `first` to `last` depend."""
        for layer in reversed(self):
            reach = getattr(layer, "reach", None)
            if reach is not None:
                first, last = reach(first, last)
        return first, last


class Residual(Chain):
    """A chain of stride 1 whose input is added to its output."""

    def forward(self, signal: Tensor) -> Tensor:
        return super().forward(signal) + signal

    def reach(self, first: int, last: int) -> tuple[int, int]:
        inner_first, inner_last = super().reach(first, last)
        return min(first, inner_first), max(last, inner_last)


class LeakyReLU(nn.Module):
    """max(x, 0.2 x)."""

    def forward(self, signal: Tensor) -> Tensor:
        return functional.leaky_relu(signal, 0.2)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation of `(batch, channels, time)` that keeps the memory layout."""

    def forward(self, signal: Tensor) -> Tensor:
        return super().forward(signal.unsqueeze(2)).squeeze(2)


def normalised(layer: _Layer) -> _Layer:
    """The layer with its weight split into direction and gain (Salimans and Kingma, arXiv 1602.07868)."""
    return weight_norm(layer)


def fold_weight_norm(model: nn.Module) -> nn.Module:
    """Replaces every weight-normalised weight in `model` by its value, for inference; returns `model`."""
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
    return model
