"""Do systems differ at all? The test before all pairs are compared."""

from math import erfc, exp, sqrt

import numpy as np
from numpy.typing import NDArray


def friedman(values: NDArray[np.float64]) -> float:
    """How likely `values` `(listeners, systems)` are where no system differs: p of Friedman's test (J. Am. Stat. Assoc.
    32, 1937).

    Values are ranked within each listener, equal ones sharing their rank, with the correction for ties; p is that of
    chi-squared. 1 where nobody tells anything apart, or with fewer than two of either.
    """
    count, systems = values.shape
    if min(count, systems) < 2:
        return 1.0
    larger = (values[:, :, None] > values[:, None, :]).sum(2)
    equal = (values[:, :, None] == values[:, None, :]).sum(2)
    ranks = larger + (equal + 1) / 2
    spread = float(((ranks - (systems + 1) / 2) ** 2).sum())
    if spread == 0:
        return 1.0
    between = float(((ranks.mean(0) - (systems + 1) / 2) ** 2).sum())
    return chi_squared_tail((systems - 1) * count**2 * between / spread, systems - 1)


def chi_squared_tail(value: float, degrees: int) -> float:
    """Probability that chi-squared with whole `degrees` of freedom is at least `value` (Abramowitz, Stegun 26.4.4)."""
    if degrees % 2 == 0:
        term = total = exp(-value / 2)
        for step in range(1, degrees // 2):
            term *= value / (2 * step)
            total += term
        return min(1.0, total)
    total, term = erfc(sqrt(value / 2)), sqrt(2 * value / np.pi) * exp(-value / 2)
    for step in range(1, degrees - 1, 2):
        total += term
        term *= value / (step + 2)
    return min(1.0, total)
