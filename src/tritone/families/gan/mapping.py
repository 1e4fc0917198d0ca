"""From random numbers and a condition to a style: the mapping network of StyleGAN (arXiv 1812.04948).

Layers have an equalised learning rate (Karras et al. 2018, arXiv 1710.10196, section 4.1): weights start as N(0, 1) and
are scaled at run time by the constant of He's initialisation, so that an optimiser that normalises its steps, as Adam
does, moves all of them equally fast in proportion to their size.
"""

from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
GAIN = sqrt(2)
"""Follows every leaky ReLU, so that it keeps the size of its input."""


def pixel_norm(vectors: Tensor) -> Tensor:
    """`(batch, dims)` with a mean square of one in every row."""
    return vectors * (vectors.square().mean(-1, keepdim=True) + 1e-8).rsqrt()


class EqualisedLinear(nn.Module):
    """`(batch, inputs)` to `(batch, outputs)` in the precision of its weights, also under autocast.

    Weights start as N(0, 1) / rate and act as weight * rate / sqrt(inputs); biases start at `bias`. `rate` below one
    makes the layer learn so much slower than the rest.
    """

    def __init__(self, inputs: int, outputs: int, *, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale = rate / sqrt(inputs)
        self.rate = rate

    def forward(self, vectors: Tensor) -> Tensor:
        with torch.autocast(vectors.device.type, enabled=False):
            return functional.linear(vectors.to(self.weight.dtype), self.weight * self.scale, self.bias * self.rate)


class Mapping(nn.Module):
    """`z (batch, z)` and `condition (batch, condition)` to styles `(batch, w)`.

    Both are brought to unit mean square first. A condition is embedded in as many dimensions as z has and stands beside
    it; where `condition` is 0 it has no columns and the network is the paper's: pixel norm, then `layers` linear layers
    with leaky ReLU, the last one too. `rate` is the learning rate in proportion to the generator's.
    """

    def __init__(self, z: int, w: int, layers: int, condition: int = 0, *, rate: float = 0.01) -> None:
        super().__init__()
        self.z, self.w, self.condition = z, w, condition
        self.embedding = EqualisedLinear(condition, z) if condition else None
        if self.embedding is not None:  # so that a lone tempo, scaled by the norm below, is more than a sign
            nn.init.normal_(self.embedding.bias)
        sizes = [z + (z if condition else 0), *[w] * layers]
        self.layers = nn.ModuleList(EqualisedLinear(inputs, outputs, rate=rate) for inputs, outputs in pairwise(sizes))

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        hidden = pixel_norm(z)
        if self.embedding is not None:
            hidden = torch.cat([hidden, pixel_norm(self.embedding(condition))], -1)
        for layer in self.layers:
            hidden = functional.leaky_relu(layer(hidden), SLOPE) * GAIN
        return hidden
