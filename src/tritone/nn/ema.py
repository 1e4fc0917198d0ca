"""Exponential moving average of a network, kept as an independent copy that can be played."""

from copy import deepcopy
from itertools import chain

import torch
from torch import nn


class Ema:
    """Averages the parameters and floating-point buffers of a module; integer buffers are copied.

    The decay warms up as min(decay, (1 + n) / (10 + n)), where n counts optimiser steps from 0, so that the random
    start is forgotten quickly. `averaged` is a deep copy in evaluation mode and shares no storage with the module.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.averaged = deepcopy(module).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Take in the weights of `module` after optimiser step number `step` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        ours = chain(self.averaged.parameters(), self.averaged.buffers())
        theirs = chain(module.parameters(), module.buffers())
        for average, value in zip(ours, theirs, strict=True):
            if average.is_floating_point():
                average.lerp_(value.to(average), 1 - decay)
            else:
                average.copy_(value)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The averaged weights, under the names of the module's own `state_dict`."""
        return self.averaged.state_dict()

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Take over averaged weights that `state_dict` gave; names and shapes must match."""
        self.averaged.load_state_dict(state)
