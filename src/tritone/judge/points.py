"""Embeddings as every distance here takes them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
"""Float64 `(count, dims)`: one embedding a row."""


def points(embeddings: ArrayLike, least: int = 2) -> Points:
    """Arrays, lists or CPU tensors `(count, dims)` as float64; ValueError for other shapes, too few rows, or nan."""
    rows = np.asarray(embeddings, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] < least or rows.shape[1] == 0:
        raise ValueError(f"embeddings must be (count, dims) with at least {least} rows, not {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("embeddings must be finite")
    return rows


def pair(reference: ArrayLike, samples: ArrayLike, least: int = 2) -> tuple[Points, Points]:
    """Both sets as `points`; ValueError where they have not the same dimensions."""
    first, second = points(reference, least), points(samples, least)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"the sets have {first.shape[1]} and {second.shape[1]} dimensions")
    return first, second


def rows_of_files(count: int, files: Sequence[object] | None) -> list[NDArray[np.int64]]:
    """Rows of each file, in the order of their first; `files` names the file of each of `count` rows.

    Without names each row is a file of its own. ValueError for another number of names.
    """
    if files is None:
        return [np.array([row]) for row in range(count)]
    if len(files) != count:
        raise ValueError(f"{len(files)} names of files for {count} rows")
    rows: dict[object, list[int]] = {}
    for row, file in enumerate(files):
        rows.setdefault(file, []).append(row)
    return [np.array(group) for group in rows.values()]


def evenly(rows: Points, count: int) -> Points:
    """At most `count` of the rows `(rows, …)`, spread evenly: sets are best compared in equal sizes."""
    return rows if len(rows) <= count else rows[np.arange(count) * len(rows) // count]


def squared_distances(first: Points, second: Points) -> Points:
    """Squared Euclidean distances `(rows of first, rows of second)`, never below 0."""
    middle = first.mean(0)
    first, second = first - middle, second - middle
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1)[None, :]
    return np.maximum(squares - 2 * first @ second.T, 0)
