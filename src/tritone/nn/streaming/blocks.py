"""Chains and residual units on blocks."""

from collections.abc import Iterable

from torch import Tensor, nn

from tritone.nn.streaming.memory import Delay


class Rows(nn.Module):
    """A layer that acts on each row by itself."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        return self.layer(signal)


class StreamingChain(nn.Module):
    """Twins one after another."""

    def __init__(self, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        for layer in self.layers:
            signal = layer(signal, clock, state)
        return signal


class StreamingResidual(nn.Module):
    """Twins one after another, plus their input, which waits for them."""

    def __init__(self, inner: StreamingChain, skip: Delay | None) -> None:
        super().__init__()
        self.inner = inner
        self.skip = skip

    def forward(self, signal: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        direct = signal if self.skip is None else self.skip(signal, state)
        return self.inner(signal, clock, state) + direct
