"""Where a signal is on its way through a streaming network, and what the network remembers between blocks."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Place:
    """A signal inside a network: `rate` rows a latent frame, each `channels` wide, `lag` rows behind offline."""

    rate: int
    channels: int
    lag: int = 0


class Plan:
    """Collects what the layers of a network remember (`slot`) and at which rates they count (`clock`).

    State is a list of tensors: first the position, int64 `(1,)`, the offline index of the next latent frame to come in;
    then for every slot the last rows `(batch, rows, channels)` of what one layer took in, zero at the start.

    `instead` names layers for whose twin something else is taken that acts on each row `(batch, time, channels)`.
    """

    def __init__(self, instead: Mapping[nn.Module, nn.Module]) -> None:
        self.instead = instead
        self.shapes: list[tuple[int, int]] = []
        self.rates: list[int] = []
        self.longest = 0

    def slot(self, rows: int, channels: int) -> int:
        """A place in the state for so many rows."""
        self.shapes.append((rows, channels))
        return len(self.shapes)

    def clock(self, place: Place) -> int:
        """Which clock counts the rows at `place`."""
        self.longest = max(self.longest, -(-place.lag // place.rate))
        if place.rate not in self.rates:
            self.rates.append(place.rate)
        return self.rates.index(place.rate)


def fresh_state(shapes: list[tuple[int, int]], batch: int, first_frame: int, like: Tensor) -> list[Tensor]:
    """The state before the first block: position `first_frame`, and silence in the type and on the device of `like`."""
    state = [torch.full((1,), first_frame, dtype=torch.int64, device=like.device)]
    for rows, channels in shapes:
        state.append(torch.zeros(batch, rows, channels, dtype=like.dtype, device=like.device))
    return state


def clocks(position: Tensor, frames: int, rates: list[int]) -> list[Tensor]:
    """For each rate the offline indices `(frames * rate, 1)`, lag not yet taken off, of the rows of a block."""
    ticks: list[Tensor] = []
    for rate in rates:
        ticks.append((position * rate + torch.arange(frames * rate, device=position.device)).unsqueeze(1))
    return ticks
