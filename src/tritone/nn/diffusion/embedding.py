"""The time of diffusion, and what is known of the whole sound, as features that modulate a network."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WAVES = 128
"""Sines and as many cosines of the time."""
SLOWEST, FASTEST = 0.25, 64.0
"""Their cycles while time goes from 0 to 1; the fastest tells times apart that differ by about 1/500."""


class TimeEmbedding(nn.Module):
    """Time `(batch,)` in [0, 1], and a vector `(batch, vector)` where there is one, to `(batch, features)`.

    Sines and cosines of fixed frequencies through two linear layers (arXiv 2006.11239, section B); the vector goes
    through two of its own and is added. The result has passed its SiLU: what it modulates takes it as it is.
    """

    frequencies: Tensor

    def __init__(self, features: int, vector: int = 0) -> None:
        super().__init__()
        steps = torch.linspace(math.log(SLOWEST), math.log(FASTEST), WAVES)
        self.register_buffer("frequencies", 2 * math.pi * steps.exp(), persistent=False)
        self.time = nn.Sequential(nn.Linear(2 * WAVES, features), nn.SiLU(), nn.Linear(features, features))
        self.vector: nn.Sequential | None = None
        if vector:
            self.vector = nn.Sequential(nn.Linear(vector, features), nn.SiLU(), nn.Linear(features, features))

    def forward(self, time: Tensor, vector: Tensor | None = None) -> Tensor:
        angles = time.float()[:, None] * self.frequencies
        features = self.time(torch.cat([angles.sin(), angles.cos()], -1))
        if self.vector is not None and vector is not None:
            features = features + self.vector(vector)
        return functional.silu(features)
