"""Kernel audio distance: unbiased at any number of samples and free of Gaussian assumptions (KAD, arXiv 2502.15602)."""

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.points import Points, pair, points, squared_distances

SCALE = 100.0
"""Published values are a hundred times the squared discrepancy."""


def kernel_distance(reference: ArrayLike, samples: ArrayLike, bandwidth: float | None = None) -> float:
    """Squared maximum mean discrepancy of two sets `(count, dims)`, times 100.

    The kernel is exp(-|a - b|² / (2 bandwidth²)); by default `median_distance(reference)`, so that the two sets cannot
    be exchanged. The estimate is unbiased (Gretton et al. 2012, eq. 3): of equal distributions it is 0 on average,
    and below 0 about as often as above.
    """
    first, second = pair(reference, samples)
    width = median_distance(first) if bandwidth is None else bandwidth
    if not width > 0:
        raise ValueError(f"bandwidth must be above 0, not {width}: most of the reference is one point")
    within = _mean_of_others(first, width) + _mean_of_others(second, width)
    return float(SCALE * (within - 2 * _kernel(first, second, width).mean()))


def median_distance(reference: ArrayLike) -> float:
    """Median distance between two different rows of `(count, dims)`."""
    rows = points(reference)
    upper = np.triu_indices(len(rows), k=1)
    return float(np.median(np.sqrt(squared_distances(rows, rows)[upper])))


def _kernel(first: Points, second: Points, bandwidth: float) -> Points:
    return np.exp(-squared_distances(first, second) / (2 * bandwidth**2))


def _mean_of_others(rows: Points, bandwidth: float) -> float:
    """Mean kernel over pairs of different rows; a row with itself gives 1 and does not count."""
    count = len(rows)
    return float((_kernel(rows, rows, bandwidth).sum() - count) / (count * (count - 1)))
