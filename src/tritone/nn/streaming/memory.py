"""What streaming layers remember of the blocks before, and how they hear the silence before the sound."""

import torch
from torch import Tensor, nn

from tritone.nn.streaming.plan import Place, Plan


class Start(nn.Module):
    """Sets to zero the rows of a block `(batch, time, channels)` that lie before the sound.

    Offline every layer has zeros before the first sample of its input. A stream that runs behind also computes rows for
    the time before that sample, out of what its layers look ahead. `clock` holds the offline indices of the rows at
    each rate (`tritone.nn.streaming.plan.clocks`), or is empty once every layer is past the start.
    """

    def __init__(self, place: Place, plan: Plan) -> None:
        super().__init__()
        self.lag, self.tick = place.lag, plan.clock(place)

    def forward(self, signal: Tensor, clock: list[Tensor]) -> Tensor:
        """Same shape out."""
        if len(clock) == 0:
            return signal
        return signal * (clock[self.tick] >= self.lag).to(signal.dtype)


class Memory(nn.Module):
    """Puts the last `rows` rows of the blocks before in front of a block `(batch, time, channels)`."""

    def __init__(self, rows: int, channels: int, plan: Plan) -> None:
        super().__init__()
        self.rows, self.slot = rows, plan.slot(rows, channels)

    def forward(self, signal: Tensor, state: list[Tensor]) -> Tensor:
        """`(batch, rows + time, channels)`; replaces this layer's tensor in `state`."""
        joined = torch.cat([state[self.slot], signal], 1)
        state[self.slot] = joined[:, signal.shape[1] :]
        return joined


class Delay(nn.Module):
    """A signal `(batch, time, channels)` that comes `rows` rows later, to meet one that took longer."""

    def __init__(self, rows: int, channels: int, plan: Plan) -> None:
        super().__init__()
        self.memory = Memory(rows, channels, plan)

    def forward(self, signal: Tensor, state: list[Tensor]) -> Tensor:
        """Same shape out."""
        return self.memory(signal, state)[:, : signal.shape[1]]
