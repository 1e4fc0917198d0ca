"""Figures that are means over sounds, with an interval by bootstrap of the sounds."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.figure import Figure, Metric

RESAMPLES = 2000


def mean_figure(
    metric: Metric,
    values: Mapping[str, float],
    real: Mapping[str, float] | None = None,
    *,
    warnings: Sequence[str] = (),
    seed: int = 0,
) -> list[Figure]:
    """The mean of a measure that every sound has, by name, beside the mean over `real` sounds.

    Values that are no finite numbers are left out, and the warnings say of how many; nothing is given where none is
    left. The interval is `mean_interval`'s.
    """
    kept = {name: float(value) for name, value in values.items() if np.isfinite(value)}
    if not kept:
        return []
    missing = len(values) - len(kept)
    notes = [*warnings, f"{missing} of {len(values)} sounds have none and are left out."] if missing else list(warnings)
    others = [value for value in (real or {}).values() if np.isfinite(value)]
    low, high = mean_interval(list(kept.values()), seed=seed)
    return [
        Figure(
            metric, float(np.mean(list(kept.values()))), len(kept), low, high,
            float(np.mean(others)) if others else None, tuple(notes), kept,
        )
    ]  # fmt: skip


def mean_interval(
    values: ArrayLike, *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float | None, float | None]:
    """Percentile bootstrap of a mean (Efron 1979): between these lies the mean of all sounds with probability `level`.

    A little too narrow for under some 20 values. None for fewer than two, which say nothing about others.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 2:
        return None, None
    rng = np.random.default_rng(seed)
    means = numbers[rng.integers(len(numbers), size=(resamples, len(numbers)))].mean(1)
    tail = 50 * (1 - level)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)
