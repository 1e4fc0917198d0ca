"""The Fréchet distance of infinitely many sounds, from what it is of fewer (Chong & Forsyth 2020, arXiv 1911.07023)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.frechet import frechet_distance
from tritone.judge.points import pair, rows_of_files

STEPS = 8
"""Sizes of subsets, spread evenly over the inverse of their size."""
DRAWS = 8
"""Subsets of each size, of which the mean counts."""
SMALLEST = 0.5
"""Part of both sets in the smallest subsets. Smaller ones have too few rows for their dimensions: there the bias is no
straight line, though it fits one well (musicnn, 200 loops, no difference: 3.1 with a quarter, 1.3 with a half)."""
LEAST = 6
"""Files in each set."""
ENOUGH = 3
"""Rows for each dimension from which on the end is right to about a twentieth of the bias; with 2 it is a tenth."""


@dataclass(frozen=True)
class Extrapolation:
    """A straight line through Fréchet distances over the inverse number of rows."""

    value: float
    """Where it ends with infinitely many rows: free of the bias, and as often below 0 as above where sets are alike."""
    slope: float
    """Bias for each inverse row: what is left of the distance at 1 / count(reference) + 1 / count(samples) = 1."""
    r2: float
    """Share of the scatter between sizes that the line explains. It is low also where there is hardly any bias, and
    high on a bend: it says little of how right the end is, for which see `ENOUGH`.
    """
    inverse: tuple[float, ...]
    """1 / rows of the reference + 1 / rows of the samples, of each size."""
    distances: tuple[float, ...]
    """Mean distance of each size."""


def frechet_infinity(
    reference: ArrayLike,
    samples: ArrayLike,
    *,
    reference_files: Sequence[object] | None = None,
    sample_files: Sequence[object] | None = None,
    steps: int = STEPS,
    draws: int = DRAWS,
    seed: int = 0,
) -> Extrapolation:
    """Fréchet distance of two sets `(count, dims)`, extrapolated to infinitely many rows of both.

    Random parts of both sets are drawn without replacement, whole files at a time (rows of one file are alike), from a
    half up to the whole; a line is fitted to their distances over 1 / n1 + 1 / n2 and its value at 0 taken. With
    replacement, as fadtk draws, doubled rows make sets look narrower than they are, and the end is too high.
    ValueError for sets of fewer than six files.
    """
    first, second = pair(reference, samples)
    groups = rows_of_files(len(first), reference_files), rows_of_files(len(second), sample_files)
    if min(map(len, groups)) < LEAST:
        raise ValueError(f"an extrapolation needs at least {LEAST} files in each set")
    rng = np.random.default_rng(seed)
    inverse, distances = [], []
    for part in 1 / np.linspace(1, 1 / SMALLEST, steps):
        found = []
        for _ in range(1 if part == 1 else draws):
            rows = [_drawn(group, part, rng) for group in groups]
            found.append((1 / len(rows[0]) + 1 / len(rows[1]), frechet_distance(first[rows[0]], second[rows[1]])))
        inverse.append(float(np.mean([place for place, _ in found])))
        distances.append(float(np.mean([distance for _, distance in found])))
    slope, value = np.polyfit(inverse, distances, 1)
    rest = np.asarray(distances) - (value + slope * np.asarray(inverse))
    scatter = float(np.var(distances))
    r2 = 1 - float(np.var(rest)) / scatter if scatter > 0 else 1.0
    return Extrapolation(float(value), float(slope), r2, tuple(inverse), tuple(distances))


def _drawn(groups: list[np.ndarray], part: float, rng: np.random.Generator) -> np.ndarray:
    chosen = rng.permutation(len(groups))[: round(part * len(groups))]
    return np.concatenate([groups[index] for index in chosen])
