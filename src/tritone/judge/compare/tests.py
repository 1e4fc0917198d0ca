"""Is the difference between two systems more than chance? Tests that assume no distribution, from numpy alone."""

from collections.abc import Callable, Sequence
from itertools import combinations, product
from math import comb, erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Statistic = Callable[[Numbers, Numbers], Numbers]
"""What is compared, of two samples `(…, values)`, for each of the leading dimensions; 0 where nothing differs."""

MOST_EXACT = 200
"""Up to so many pairs the distribution of the signed ranks is counted out."""
DRAWS = 9_999
"""Random exchanges where there are too many to try them all."""


def wilcoxon(differences: ArrayLike) -> float:
    """Two-sided p of the signed-rank test (Wilcoxon 1945) that `differences` of pairs lie symmetrically about 0.

    Differences of 0 are left out, equal ones share their rank. Exact for up to `MOST_EXACT` pairs, ties included: the
    signs are exchanged in every way, given the ranks. Beyond, the normal approximation with corrections for ties and
    continuity. 1 where nothing differs; ValueError for numbers that are not finite.
    """
    values = _finite(differences)
    values = values[values != 0]
    if not len(values):
        return 1.0
    ranks = _ranks(np.abs(values))
    positive = float(ranks[values > 0].sum())
    if len(values) > MOST_EXACT:
        spread = sqrt(float((ranks**2).sum())) / 2
        distance = max(abs(positive - ranks.sum() / 2) - 0.5, 0.0)
        return erfc(distance / spread / sqrt(2))
    return _exact(np.round(2 * ranks).astype(int), round(2 * positive))


def permutation(first: ArrayLike, second: ArrayLike, statistic: Statistic, *, paired: bool, seed: int = 0) -> float:
    """Two-sided p that the samples `first` and `second` come from one distribution, by exchanging their members.

    `paired`: value i of both belongs together, and only such pairs are exchanged. Every exchange is tried where there
    are no more than `DRAWS`; else as many random ones, and p is at least 1 / (DRAWS + 1) (Phipson & Smyth 2010).
    """
    one, two = _finite(first), _finite(second)
    if paired and len(one) != len(two):
        raise ValueError(f"{len(one)} and {len(two)} values cannot be pairs")
    if not len(one) or not len(two):
        raise ValueError("a test needs at least one value on each side")
    every = 2 ** len(one) if paired else comb(len(one) + len(two), len(one))
    rng = None if every <= DRAWS else np.random.default_rng(seed)
    sides = _swapped(one, two, rng) if paired else _mixed(one, two, rng)
    observed = abs(float(statistic(one, two)))
    hits = int((np.abs(statistic(*sides)) >= observed * (1 - 1e-12)).sum())
    return hits / every if rng is None else (1 + hits) / (1 + DRAWS)


def mean_difference(first: Numbers, second: Numbers) -> Numbers:
    """Mean of `first` less mean of `second`."""
    return np.asarray(first.mean(-1) - second.mean(-1))


def nearer_to(target: float) -> Statistic:
    """How much farther the mean of the first sample lies from `target` than that of the second.

    Exchanging members leaves the mean of both samples together where it is, so that p is large where it lies nearer to
    `target` than the two lie to each other by chance: the test errs on the careful side.
    """
    return lambda first, second: np.asarray(abs(first.mean(-1) - target) - abs(second.mean(-1) - target))


def normal(difference: float, error: float) -> float:
    """Two-sided p of a difference with a normal error of this standard deviation; 1 where there is neither."""
    if error <= 0:
        return 1.0 if difference == 0 else 0.0
    return erfc(abs(difference) / error / sqrt(2))


def holm(values: Sequence[float]) -> list[float]:
    """Each p of many tests, raised such that the chance of even one false alarm among all stays bounded (Holm 1979)."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    adjusted, worst = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = worst
    return adjusted


def least_p(pairs: int) -> float:
    """The smallest p that `wilcoxon` can give for so many pairs."""
    return min(1.0, 2.0 ** (1 - pairs))


def _exact(doubled: NDArray[np.int64], positive: int) -> float:
    """Share of all signs whose sum of positive ranks lies as far out; ranks are doubled, so that all are whole."""
    total = int(doubled.sum())
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = (ways[rank:] + ways[: total + 1 - rank]) / 2
        ways[:rank] /= 2
    tail = min(positive, total - positive)
    return min(1.0, 2 * float(ways[: tail + 1].sum()))


def _ranks(values: Numbers) -> Numbers:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def _finite(values: ArrayLike) -> Numbers:
    numbers = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.isfinite(numbers).all():
        raise ValueError("values to be tested must be finite")
    return numbers


def _swapped(one: Numbers, two: Numbers, rng: np.random.Generator | None) -> tuple[Numbers, Numbers]:
    """Both sides `(exchanges, pairs)` with pairs exchanged: in every way, or at random."""
    if rng is None:
        swap = np.array(list(product((False, True), repeat=len(one))))
    else:
        swap = rng.random((DRAWS, len(one))) < 0.5
    return np.where(swap, two, one), np.where(swap, one, two)


def _mixed(one: Numbers, two: Numbers, rng: np.random.Generator | None) -> tuple[Numbers, Numbers]:
    """Both sides `(exchanges, values)` with all values dealt anew: in every way, or at random."""
    both, size = np.concatenate([one, two]), len(one)
    if rng is None:
        chosen = np.array(list(combinations(range(len(both)), size)))
        left = np.ones((len(chosen), len(both)), bool)
        np.put_along_axis(left, chosen, False, axis=1)
        return both[chosen], np.broadcast_to(both, left.shape)[left].reshape(len(chosen), -1)
    dealt = rng.permuted(np.broadcast_to(both, (DRAWS, len(both))), axis=1)
    return dealt[:, :size], dealt[:, size:]
