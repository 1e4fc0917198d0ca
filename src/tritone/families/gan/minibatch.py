"""How alike the sounds of a batch are, shown to a discriminator (Progressive GANs, arXiv 1710.10196, section 3)."""

import torch
from torch import Tensor

GROUP = 4
"""Most sounds that are compared with each other."""
EPSILON = 1e-8


def with_deviation(x: Tensor) -> Tensor:
    """`x (batch, channels, rows, frames)` with one channel more: the standard deviation over neighbours in the batch.

    It is taken at every place over groups of the largest divisor of the batch that is at most 4, and averaged over
    channels and places. Groups are made of neighbours, so that processes whose shares are multiples of 4 compare the
    same sounds as a single one does.
    """
    batch, channels, rows, frames = x.shape
    group = max(size for size in range(1, GROUP + 1) if batch % size == 0)
    grouped = x.float().reshape(batch // group, group, channels, rows, frames)
    deviation = (grouped.var(dim=1, unbiased=False) + EPSILON).sqrt().mean(dim=(1, 2, 3))
    column = deviation.repeat_interleave(group).to(x.dtype).reshape(batch, 1, 1, 1)
    return torch.cat([x, column.expand(batch, 1, rows, frames)], dim=1)
