"""Adaptive instance normalisation (Huang and Belongie, arXiv 1703.06868, equation 8), with its state outside.

A network has places where a style can enter. It learns with these passing everything through. At play, the statistics
of one sound at every place are exchanged for those of another: `learn` takes both, `styled` applies them to whatever
runs inside a `with` block, and after it the network is what it was.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tritone.nn.streaming.plan import Place, Plan
from tritone.nn.streaming.style import StreamingStyle

LEAST = 1e-5
"""Least standard deviation that anything is divided by."""


class AdaptiveInstanceNorm(nn.Module):
    """A place where a style can enter: the identity on `(batch, channels, time)`, until `styled` says otherwise."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, signal: Tensor) -> Tensor:
        return signal

    def streaming(self, place: Place, plan: Plan) -> tuple[StreamingStyle, Place]:
        """The twin that learns and exchanges while it plays, and the place behind it."""
        return StreamingStyle(place, plan, LEAST), place


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of every channel of a signal over time, `(channels,)` each."""

    mean: Tensor
    std: Tensor


@dataclass(frozen=True)
class Style:
    """For every place of a network, in its order: the statistics that are taken away, and those that are given."""

    source: tuple[Statistics, ...]
    target: tuple[Statistics, ...]


def statistics(signal: Tensor) -> Statistics:
    """Statistics of `(batch, channels, time)` over batch and time; the deviation is that of the numbers given."""
    std, mean = torch.std_mean(signal.float(), dim=(0, 2), correction=0)
    return Statistics(mean, std)


def exchange(signal: Tensor, source: Statistics, target: Statistics) -> Tensor:
    """`(batch, channels, time)` with the statistics `source` taken away and `target` given in their place."""
    gain = target.std / source.std.clamp_min(LEAST)
    shift = target.mean - gain * source.mean
    return signal * gain[:, None].to(signal.dtype) + shift[:, None].to(signal.dtype)


def learn(network: nn.Module, source: Callable[[], object], target: Callable[[], object]) -> Style:
    """The style that makes one sound of another. `source` and `target` each run `network` on theirs once.

    The source is measured at every place as it arrives there, with the style already given at the places before, so
    that behind each place its statistics are exactly the target's.
    """
    wanted = measure(network, target)
    found: list[Statistics] = []

    def measure_and_exchange(place: int, signal: Tensor) -> Tensor:
        found.append(statistics(signal))
        return exchange(signal, found[-1], wanted[place])

    with _hooked(network, measure_and_exchange):
        source()
    return Style(tuple(found), wanted)


def measure(network: nn.Module, sound: Callable[[], object]) -> tuple[Statistics, ...]:
    """Statistics at every place while `sound` runs `network` once, without a style."""
    found: list[Statistics] = []
    with _hooked(network, lambda place, signal: found.append(statistics(signal))):
        sound()
    return tuple(found)


@contextmanager
def styled(network: nn.Module, style: Style | None) -> Iterator[None]:
    """Within the block `network` plays with this style; None leaves it as it is."""
    if style is None:
        yield
        return
    with _hooked(network, lambda place, signal: exchange(signal, style.source[place], style.target[place])):
        yield


@contextmanager
def _hooked(network: nn.Module, act: Callable[[int, Tensor], Tensor | None]) -> Iterator[None]:
    """Within the block, what leaves place i is `act(i, signal)` where that is not None."""
    places = [module for module in network.modules() if isinstance(module, AdaptiveInstanceNorm)]
    with ExitStack() as stack:
        for index, place in enumerate(places):
            handle = place.register_forward_hook(lambda _module, _inputs, output, index=index: act(index, output))
            stack.callback(handle.remove)
        yield
