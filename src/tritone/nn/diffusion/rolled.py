"""Loops without a seam: at every evaluation the network sees the period begin somewhere else."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tritone.nn.diffusion.denoise import Denoise
from tritone.nn.noise import sample_uniform

PLACE = 0x726F6C6C
"""Keeps the places apart from the noise, which starts from the same seeds."""


class Rolled:
    """A denoiser of signals that are one period: each row is turned by a random amount, estimated and turned back.

    The noise turns with the signal it is part of. Whatever a network does at the ends of what it sees (padding, the
    grid of its strides, the edges of windows) thus falls on another place in every step. Evaluation n of a row turns it
    by an amount that follows from n and the row's seed alone. One object serves one run of a sampler.
    """

    def __init__(self, denoise: Denoise, seeds: Tensor | Sequence[int]) -> None:
        self.denoise = denoise
        self.seeds = [int(seed) for seed in (seeds.tolist() if isinstance(seeds, Tensor) else seeds)]
        self._evaluation = 0

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The estimate, shaped like `x (batch, channels, time)`; `sigma` is `(batch,)`."""
        place = (PLACE + self._evaluation) << 32
        shares = sample_uniform([seed ^ place for seed in self.seeds], ()).double() / 2 + 0.5
        self._evaluation += 1
        turns = [int(share * x.shape[-1]) for share in shares.tolist()]
        return _turned(self.denoise(_turned(x, turns), sigma), [-turn for turn in turns])


def _turned(signal: Tensor, turns: Sequence[int]) -> Tensor:
    return torch.stack([row.roll(turn, -1) for row, turn in zip(signal, turns, strict=True)])
