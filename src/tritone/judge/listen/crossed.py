"""Is a mean difference more than chance when both the listeners and the sounds are a sample?"""

from math import atan2, cos, floor, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray

_FLAT = 1e-18
"""Variance below which nothing varies but the last digits."""


def crossed_test(values: NDArray[np.float64]) -> float:
    """Two-sided p that the mean of `values` `(listeners, items)` is 0; NaN is what nobody was asked.

    A t-test with an error clustered in two ways (Cameron, Gelbach and Miller, J. Bus. Econ. Stat. 29, 2011): the
    variance over listeners and that over items, less the noise of single answers, which is in both. Degrees of freedom
    are Satterthwaite's of the two, but no more than both have. 1 where there are fewer than two of either.
    """
    there = ~np.isnan(values)
    values, there = values[there.any(1)][:, there.any(0)], there[there.any(1)][:, there.any(0)]
    if min(values.shape) < 2:
        return 1.0
    answers, mean = int(there.sum()), float(values[there].mean())
    rows, columns = (np.nanmean(values, axis=axis) for axis in (1, 0))
    over_rows, over_columns = rows.var(ddof=1) / len(rows), columns.var(ddof=1) / len(columns)
    left = np.where(there, values - rows[:, None] - columns + mean, 0.0)
    free = max(1, answers - len(rows) - len(columns) + 1)
    noise = float((left**2).sum()) / free / answers
    variance = max(over_rows + over_columns - noise, over_rows, over_columns)
    if variance <= _FLAT:
        return 1.0 if abs(mean) <= sqrt(_FLAT) else 0.0
    known = over_rows**2 / (len(rows) - 1) + over_columns**2 / (len(columns) - 1)
    degrees = min(variance**2 / known, len(rows) + len(columns) - 2)
    return student_tails(mean / sqrt(variance), max(1, floor(degrees)))


def student_tails(value: float, degrees: int) -> float:
    """Probability that Student's t with whole `degrees` of freedom is at least as far from 0 as `value`.

    The series of Abramowitz and Stegun (26.7.3 and 26.7.4).
    """
    angle = atan2(abs(value), sqrt(degrees))
    square, odd = cos(angle) ** 2, degrees % 2
    term, total = (cos(angle) if odd else 1.0), 0.0
    for step in range(odd, degrees - 1, 2):
        total += term
        term *= square * (step + 1) / (step + 2)
    inside = 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
    return min(1.0, max(0.0, 1 - inside))
