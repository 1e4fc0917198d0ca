"""Vectors of unit length, and the angles that name them (hyperspherical coordinates; cf. arXiv 1804.00891)."""

import torch
from torch import Tensor
from torch.nn import functional


def on_sphere(vectors: Tensor) -> Tensor:
    """`(batch, dims, frames)` at unit length; a vector of zeros stays one."""
    return functional.normalize(vectors, dim=1)


def angles(vectors: Tensor) -> Tensor:
    """Unit vectors `(batch, dims, frames)` as angles `(batch, dims - 1, frames)`.

    Angle i, in [0, pi], is that between axis i and what is left of the vector from there on; the last, in (-pi, pi],
    has a sign.
    """
    squares = vectors.square().flip(1).cumsum(1).flip(1)
    rest = squares[:, 1:].sqrt()
    first = torch.atan2(rest[:, :-1], vectors[:, :-2])
    return torch.cat([first, torch.atan2(vectors[:, -1:], vectors[:, -2:-1])], 1)


def from_angles(given: Tensor) -> Tensor:
    """Angles `(batch, dims - 1, frames)`, any real numbers, as unit vectors `(batch, dims, frames)`."""
    ones = torch.ones_like(given[:, :1])
    sines = torch.cat([ones, given.sin().cumprod(1)], 1)
    return sines * torch.cat([given.cos(), ones], 1)
