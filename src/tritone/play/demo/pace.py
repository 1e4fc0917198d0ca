"""How fast this machine is at the moment, by a little work of the kind that playing and judging are made of."""

import time

import torch
from torch.nn import functional

NOMINAL = 0.3
"""Seconds that the work takes on the two idle cores on which `budget.Work.judging` was measured."""
LEAST = 0.5
"""A faster machine is not counted on: not all of judging is of this kind."""
ROUNDS = 16


def slowness() -> float:
    """Times as long as on those two cores: 1 there, 2 on a machine that is half as fast, or as busy."""
    sound, kernel = torch.zeros(4, 192, 4096), torch.zeros(192, 192, 3)
    picture, filters = torch.zeros(1, 32, 128, 128), torch.zeros(32, 32, 3, 3)
    with torch.no_grad():
        _round(sound, kernel, picture, filters)
        begun = time.perf_counter()
        for _ in range(ROUNDS):
            _round(sound, kernel, picture, filters)
    return max(LEAST, (time.perf_counter() - begun) / NOMINAL)


def _round(sound: torch.Tensor, kernel: torch.Tensor, picture: torch.Tensor, filters: torch.Tensor) -> None:
    functional.conv1d(sound, kernel, padding=1)
    functional.conv2d(picture, filters, padding=1)
    torch.fft.rfft(sound)
