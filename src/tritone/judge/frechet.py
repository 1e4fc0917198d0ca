"""Fréchet distance between two sets of embeddings, each taken as a Gaussian (Heusel et al. 2017, arXiv 1706.08500)."""

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.points import Points, pair

ENOUGH = 10
"""Rows for each dimension from which on the bias is small beside usual differences between models."""


def frechet_distance(reference: ArrayLike, samples: ArrayLike) -> float:
    """|m1 - m2|² + tr(S1 + S2 - 2 (S1^½ S2 S1^½)^½) of two sets `(count, dims)`, in squared units of the embedding.

    The root is taken by two symmetric eigendecompositions, which never turn complex (a general matrix root may).

    It is biased upwards by about 1 / count, often by more than models differ: compare only sets of equal sizes, print
    them, and put `kernel_distance` beside it, above all where `few(...)`.
    """
    first, second = pair(reference, samples)
    means = first.mean(0) - second.mean(0)
    covariances = _covariance(first), _covariance(second)
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.linalg.eigvalsh(root @ covariances[1] @ root)
    trace = np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(means @ means + max(trace, 0.0))


def few(reference: ArrayLike, samples: ArrayLike) -> bool:
    """Whether the smaller set has too few rows for its dimensions, so that the Fréchet distance is mostly bias."""
    first, second = pair(reference, samples)
    return min(len(first), len(second)) < ENOUGH * first.shape[1]


def _covariance(rows: Points) -> Points:
    centred = rows - rows.mean(0)
    return centred.T @ centred / (len(rows) - 1)
