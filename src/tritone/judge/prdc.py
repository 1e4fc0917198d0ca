"""Fidelity and diversity apart, by nearest neighbours: precision, recall, density and coverage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.points import Points, pair, squared_distances


@dataclass(frozen=True)
class Prdc:
    """Shares between 0 and 1, but for `density`, which may exceed 1. Higher is better."""

    precision: float
    """Of the samples, those within the reference's manifold (Kynkäänniemi et al. 2019, arXiv 1904.06991)."""
    recall: float
    """Of the reference, what lies within the samples' manifold."""
    density: float
    """How many neighbourhoods of the reference a sample lies in, over the number of neighbours."""
    coverage: float
    """Of the reference, what has a sample in its neighbourhood (Naeem et al. 2020, arXiv 2002.09797)."""


def precision_recall_density_coverage(reference: ArrayLike, samples: ArrayLike, neighbours: int = 5) -> Prdc:
    """The four numbers of two sets `(count, dims)`, each with more than `neighbours` rows.

    A neighbourhood is the ball that reaches to the `neighbours`-th nearest other row of the same set. Sets of one
    distribution have density 1 and `expected_coverage`; precision and recall have no such known value.
    """
    first, second = pair(reference, samples, least=neighbours + 1)
    across = squared_distances(first, second)
    inside = across <= _squared_radii(first, neighbours)[:, None]
    return Prdc(
        precision=float(inside.any(0).mean()),
        recall=float((across <= _squared_radii(second, neighbours)[None, :]).any(1).mean()),
        density=float(inside.sum() / (neighbours * len(second))),
        coverage=float(inside.any(1).mean()),
    )


def expected_coverage(reference: int, samples: int, neighbours: int = 5) -> float:
    """Coverage on average where `reference` and `samples` rows come from one continuous distribution.

    A neighbourhood is empty where the nearest `neighbours` of all other rows are of the reference (Naeem et al., 3.2).
    """
    steps = np.arange(neighbours)
    return float(1 - np.prod((reference - 1 - steps) / (reference + samples - 1 - steps)))


def _squared_radii(rows: Points, neighbours: int) -> Points:
    distances = squared_distances(rows, rows)
    np.fill_diagonal(distances, np.inf)
    return np.partition(distances, neighbours - 1, axis=1)[:, neighbours - 1]
