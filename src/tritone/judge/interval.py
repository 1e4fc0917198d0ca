"""Intervals of a distance between two sets, by resampling files."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.points import Points, pair

Distance = Callable[[Points, Points], float]


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
    first, second = pair(reference, samples, least=4)
    rng = np.random.default_rng(seed)
    groups = [_groups(len(first), reference_files), _groups(len(second), sample_files)]
    halves = np.array([distance(first[_half(groups[0], rng)], second[_half(groups[1], rng)]) for _ in range(resamples)])
    tail = 50 * (1 - level)
    low, high = np.percentile(halves - halves.mean(), [tail, 100 - tail])
    value = distance(first, second)
    return float(value + low), float(value + high)


def _groups(count: int, files: Sequence[object] | None) -> list[np.ndarray]:
    """Rows of each file."""
    if files is None:
        return [np.array([row]) for row in range(count)]
    if len(files) != count:
        raise ValueError(f"{len(files)} names of files for {count} rows")
    rows: dict[object, list[int]] = {}
    for row, file in enumerate(files):
        rows.setdefault(file, []).append(row)
    if len(rows) < 2:
        raise ValueError("an interval by files needs at least two files")
    return [np.array(group) for group in rows.values()]


def _half(groups: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    chosen = rng.permutation(len(groups))[: (len(groups) + 1) // 2]
    return np.concatenate([groups[index] for index in chosen])
