"""Intervals of a distance between two sets, by resampling files."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.points import Points, pair, rows_of_files

Distance = Callable[[Points, Points], float]
Measures = Callable[[Points, Points], Sequence[float]]


def interval(
    distance: Distance,
    reference: ArrayLike,
    samples: ArrayLike,
    *,
    reference_files: Sequence[object] | None = None,
    sample_files: Sequence[object] | None = None,
    resamples: int = 100,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """An interval that holds `distance(reference, samples)` of the whole populations with probability `level`.

    Random halves are drawn without replacement, whole files at a time (`…_files` names the file of each row; without
    it each row is its own), because rows of one file are alike. The scatter of halves drawn so is that of the full
    sets drawn anew (variance σ² (2/n - 1/n)). The bootstrap proper, which draws rows twice, is wrong for distances
    between pairs and neighbours: a row is no neighbour of itself. The interval is the value of the full sets with the
    halves' deviations from their mean, so that a bias that depends on the size of sets does not move it.
    """
    _, low, high = intervals(
        lambda first, second: [distance(first, second)],
        reference,
        samples,
        reference_files=reference_files,
        sample_files=sample_files,
        resamples=resamples,
        level=level,
        seed=seed,
    )
    return float(low[0]), float(high[0])


def intervals(
    measures: Measures,
    reference: ArrayLike,
    samples: ArrayLike,
    *,
    reference_files: Sequence[object] | None = None,
    sample_files: Sequence[object] | None = None,
    resamples: int = 100,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Points, Points, Points]:
    """Several measures of the same two sets at once: their values and the two ends of each one's `interval`."""
    first, second = pair(reference, samples, least=4)
    rng = np.random.default_rng(seed)
    groups = [rows_of_files(len(first), reference_files), rows_of_files(len(second), sample_files)]
    if min(map(len, groups)) < 2:
        raise ValueError("an interval by files needs at least two files")
    halves = np.array([measures(first[_half(groups[0], rng)], second[_half(groups[1], rng)]) for _ in range(resamples)])
    tail = 50 * (1 - level)
    low, high = np.percentile(halves - halves.mean(0), [tail, 100 - tail], axis=0)
    values = np.asarray(measures(first, second), np.float64)
    return values, values + low, values + high


def _half(groups: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    chosen = rng.permutation(len(groups))[: (len(groups) + 1) // 2]
    return np.concatenate([groups[index] for index in chosen])
