"""How far a mean could be off, when other people had listened to other sounds: listeners and items drawn anew."""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


class Clusters:
    """Weights for listeners and items, as drawn with replacement from both (A. B. Owen, The pigeonhole bootstrap,
    Ann. Appl. Stat. 1, 2007).

    A value counts as often as its listener was drawn times its item was. Answers of one listener are alike, and so are
    those on one item, so that drawing single answers would make intervals too narrow. Where neither matters, these are
    too wide, and err on the careful side: the noise of single answers counts three times.
    """

    def __init__(self, listeners: int, items: int, resamples: int = RESAMPLES, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.listeners = _drawn(rng, resamples, listeners)
        self.items = _drawn(rng, resamples, items)

    def sums(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum of `values` `(listeners, items)` and number of those that are there, each `(resamples,)`."""
        there = ~np.isnan(values)
        return self._sum(np.where(there, values, 0.0)), self._sum(there.astype(float))

    def interval(self, values: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
        """An interval of the mean of `values` `(listeners, items)`, by percentiles; NaN is what nobody was asked."""
        total, count = self.sums(values)
        means = total[count > 0] / count[count > 0]
        return percentiles(means, level)

    def _sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(((self.listeners @ values) * self.items).sum(1))


def percentiles(draws: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """The middle `level` of what was drawn."""
    if not len(draws):
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(draws, [tail, 100 - tail])
    return float(low), float(high)


def _drawn(rng: np.random.Generator, resamples: int, count: int) -> NDArray[np.float64]:
    return rng.multinomial(count, np.full(count, 1 / count), size=resamples).astype(float)
