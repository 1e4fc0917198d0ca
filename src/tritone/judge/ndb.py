"""Number of statistically different bins: does a generator make every kind of sound as often as it occurs?

Richardson & Weiss 2018, arXiv 1805.12462: the reference is divided into bins by k-means, and the shares of both sets in
each bin are compared.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tritone.judge.points import Points, pair, points, squared_distances

ROUNDS = 100
"""Most rounds of Lloyd's algorithm; it ends earlier where no row changes its bin."""
STARTS = 4
"""Beginnings of k-means, of which the tightest counts."""


@dataclass(frozen=True)
class Bins:
    """How two sets fall into the bins of the first."""

    reference: Points
    """Share of the reference in each bin, `(bins,)`."""
    samples: Points
    """Share of the samples in each bin."""
    p: Points
    """Two-sided probability of a difference as large by chance, for each bin."""
    different: int
    """Bins with `p` below the level: NDB."""
    divergence: float
    """Jensen-Shannon divergence of the shares in bits, 0 to 1."""

    @property
    def share(self) -> float:
        """NDB over the number of bins; about the level for sets of one distribution."""
        return self.different / len(self.p)


def different_bins(
    reference: ArrayLike, samples: ArrayLike, bins: int = 100, level: float = 0.05, seed: int = 0
) -> Bins:
    """NDB of two sets `(count, dims)`. `reference` needs some ten rows for each bin, better more.

    Bins follow the reference's own noise where it has few rows for its dimensions, so that even real held-out sound
    shows more differences than `level`: give that figure beside the generator's.
    """
    first, second = pair(reference, samples)
    centres = k_means(first, bins, seed)
    return compare_bins(nearest(first, centres), nearest(second, centres), bins, level)


def compare_bins(reference: NDArray[np.int64], samples: NDArray[np.int64], bins: int, level: float = 0.05) -> Bins:
    """The same of sets whose bins are known, given as the number of each row's bin, `(count,)`."""
    counts = [np.bincount(places, minlength=bins) for places in (reference, samples)]
    shares = [count / count.sum() for count in counts]
    p = _two_proportions(counts[0], counts[1], len(reference), len(samples))
    return Bins(shares[0], shares[1], p, int((p < level).sum()), jensen_shannon(shares[0], shares[1]))


def k_means(rows: ArrayLike, bins: int, seed: int = 0) -> Points:
    """Centres `(bins, dims)`: Lloyd's algorithm from k-means++ beginnings; the same for the same seed."""
    data = points(rows)
    if not 1 <= bins <= len(data):
        raise ValueError(f"{bins} bins of {len(data)} rows")
    rng = np.random.default_rng(seed)
    found = [_lloyd(data, _beginning(data, bins, rng)) for _ in range(STARTS)]
    return min(found, key=lambda pair: pair[1])[0]


def nearest(rows: Points, centres: Points) -> np.ndarray:
    """Number of the nearest centre for each row."""
    return squared_distances(rows, centres).argmin(1)


def _beginning(rows: Points, bins: int, rng: np.random.Generator) -> Points:
    """Rows drawn with probability proportional to the squared distance from those drawn before (k-means++)."""
    chosen = [int(rng.integers(len(rows)))]
    distances = squared_distances(rows, rows[chosen])[:, 0]
    while len(chosen) < bins:
        total = distances.sum()
        weights = distances / total if total > 0 else None
        chosen.append(int(rng.choice(len(rows), p=weights)))
        distances = np.minimum(distances, squared_distances(rows, rows[chosen[-1:]])[:, 0])
    return rows[chosen].copy()


def _lloyd(rows: Points, centres: Points) -> tuple[Points, float]:
    """Centres after Lloyd's rounds and their mean squared distance; a bin that runs empty keeps its centre."""
    places = nearest(rows, centres)
    for _ in range(ROUNDS):
        sums = np.zeros_like(centres)
        np.add.at(sums, places, rows)
        counts = np.bincount(places, minlength=len(centres))
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
        before, places = places, nearest(rows, centres)
        if (before == places).all():
            break
    return centres, float(((rows - centres[places]) ** 2).sum(1).mean())


def _two_proportions(first: np.ndarray, second: np.ndarray, first_total: int, second_total: int) -> Points:
    """Two-sided p of the pooled two-proportion z-test in each bin; 1 where neither set has anything."""
    pooled = (first + second) / (first_total + second_total)
    error = np.sqrt(pooled * (1 - pooled) * (1 / first_total + 1 / second_total))
    z = np.abs(first / first_total - second / second_total) / np.where(error > 0, error, np.inf)
    return np.array([math.erfc(value / math.sqrt(2)) for value in z])


def jensen_shannon(first: Points, second: Points) -> float:
    """Jensen-Shannon divergence in bits of two sets of shares `(bins,)`: 0 where equal, 1 where nothing is shared."""
    middle = (first + second) / 2

    def relative(shares: Points) -> float:
        there = shares > 0
        return float((shares[there] * np.log2(shares[there] / middle[there])).sum())

    return (relative(first) + relative(second)) / 2
