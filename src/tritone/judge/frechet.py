"""Fréchet distance between two sets of embeddings, each taken as a Gaussian (Heusel et al. 2017, arXiv 1706.08500)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.points import Points, pair, rows_of_files

ENOUGH = 10
"""Rows for each dimension from which on the bias is small beside usual differences between models."""


def frechet_distance(reference: ArrayLike, samples: ArrayLike) -> float:
    """|m1 - m2|² + tr(S1 + S2 - 2 (S1^½ S2 S1^½)^½) of two sets `(count, dims)`, in squared units of the embedding.

    With centred rows A and B scaled so that S1 = A'A and S2 = B'B, the trace of the root is the sum of the singular
    values of A B'. That is taken where there are fewer rows than dimensions; else two symmetric eigendecompositions.
    Neither ever turns complex (a general matrix root may).

    It is biased upwards by about 1 / count, often by more than models differ: compare only sets of equal sizes, print
    them, and put `kernel_distance` beside it, above all where `few(...)`.
    """
    first, second = pair(reference, samples)
    means = first.mean(0) - second.mean(0)
    halves = _scaled(first), _scaled(second)
    trace = sum(float((half**2).sum()) for half in halves) - 2 * _trace_of_root(*halves)
    return float(means @ means + max(trace, 0.0))


def few(reference: ArrayLike, samples: ArrayLike) -> bool:
    """Whether the smaller set has too few rows for its dimensions, so that the Fréchet distance is mostly bias."""
    first, second = pair(reference, samples)
    return min(len(first), len(second)) < ENOUGH * first.shape[1]


def frechet_by_file(reference: ArrayLike, samples: ArrayLike, files: Sequence[str]) -> dict[str, float]:
    """Fréchet distance of each file's rows alone from the reference, by the names in `files`, one for each sample row.

    So fadtk ranks songs (Gui et al. 2024). A file of a single row has no covariance: it is a point, and its Fréchet
    distance, the squared cost of moving the reference's Gaussian onto that point, is |x - m|² + tr S. Files of one row
    are thus ranked by their distance from the reference's mean. Mahalanobis's distance would need the inverse of a
    covariance that a reference with fewer rows than dimensions does not have. The fewer rows a file has, the less of
    tr S it explains: compare files of about equal length.
    """
    first, second = pair(reference, samples)
    middle, spread = first.mean(0), float((_scaled(first) ** 2).sum())
    found = {}
    for group in rows_of_files(len(second), files):
        rows = second[group]
        alone = float(((rows[0] - middle) ** 2).sum()) + spread
        found[files[group[0]]] = frechet_distance(first, rows) if len(rows) > 1 else alone
    return found


def _scaled(rows: Points) -> Points:
    """Centred rows A of which A'A is the covariance."""
    return (rows - rows.mean(0)) / np.sqrt(len(rows) - 1)


def _trace_of_root(first: Points, second: Points) -> float:
    """Trace of (S1^½ S2 S1^½)^½ of covariances given as `_scaled` rows."""
    dims = first.shape[1]
    if min(len(first), len(second)) < dims:
        tall, wide = sorted((first, second), key=len, reverse=True)
        shared = wide @ (np.linalg.qr(tall).R if len(tall) > dims else tall).T
        return float(np.linalg.svd(shared, compute_uv=False).sum())
    values, vectors = np.linalg.eigh(first.T @ first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    squares = np.linalg.eigvalsh(root @ (second.T @ second) @ root)
    return float(np.sqrt(np.maximum(squares, 0)).sum())
