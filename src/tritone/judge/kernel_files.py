"""The kernel distance where a file gives several rows, which are alike and must not vouch for each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tritone.judge.kernel import SCALE, median_distance
from tritone.judge.points import Points, pair, rows_of_files, squared_distances

Index = NDArray[np.int64]
FILES = 64
"""Files whose kernels with all others are in memory at once."""


@dataclass(frozen=True)
class FileKernels:
    """Kernels summed over the rows of each pair of files, of which every distance between choices of files follows."""

    reference: Points
    """`(files, files)` within the reference."""
    samples: Points
    """`(files, files)` within the samples."""
    across: Points
    """`(files of the reference, files of the samples)`."""
    reference_rows: Points
    """Rows of each file of the reference."""
    sample_rows: Points
    """Rows of each file of the samples."""

    def distance(self, reference: Index, samples: Index) -> float:
        """`kernel_distance` of the rows of these files, but that pairs of rows of one file do not count.

        So it stays unbiased: 0 on average where both sets come from one population of files.
        """
        across = self.across[np.ix_(reference, samples)].sum()
        across /= self.reference_rows[reference].sum() * self.sample_rows[samples].sum()
        within = _mean_of_others(self.reference, self.reference_rows, reference)
        within += _mean_of_others(self.samples, self.sample_rows, samples)
        return float(SCALE * (within - 2 * across))

    def whole(self) -> float:
        """The distance of all files."""
        return self.distance(np.arange(len(self.reference_rows)), np.arange(len(self.sample_rows)))

    def shares(self) -> Points:
        """What each file of the samples adds to the distance, `(files,)`; lower is better.

        100 (E k(r, r') - E k(r, s) + E k(s', s) - E k(r, s)) for a file s, other files s' and the reference r, r'. The
        mean over files is the distance where they have equally many rows. The last two terms are the witness function
        of Gretton et al. 2012 (section 2.3), by which alone a sound that is like nothing at all would pass for good,
        since no samples gather there either; the first two say how much less it is like the reference than that is
        like itself.
        """
        rows, total = self.sample_rows, self.sample_rows.sum()
        likeness = self.across.sum(0) / (self.reference_rows.sum() * rows)
        others = (self.samples.sum(0) - np.diag(self.samples)) / (rows * (total - rows))
        everything = np.arange(len(self.reference_rows))
        own = _mean_of_others(self.reference, self.reference_rows, everything)
        return SCALE * (own - likeness + others - likeness)


def file_kernels(
    reference: ArrayLike,
    samples: ArrayLike,
    *,
    reference_files: Sequence[object] | None = None,
    sample_files: Sequence[object] | None = None,
    bandwidth: float | None = None,
) -> FileKernels:
    """The kernels of two sets `(count, dims)`; `…_files` names the file of each row, without it each row is its own.

    The bandwidth is by default the median distance between rows of the reference, as in `kernel_distance`. ValueError
    for sets of a single file, and where most of the reference is one point.
    """
    first, second = pair(reference, samples)
    width = median_distance(first) if bandwidth is None else bandwidth
    if not width > 0:
        raise ValueError(f"bandwidth must be above 0, not {width}: most of the reference is one point")
    groups = rows_of_files(len(first), reference_files), rows_of_files(len(second), sample_files)
    if min(map(len, groups)) < 2:
        raise ValueError("a kernel distance by files needs at least two files in each set")
    ours, theirs = ([rows[group] for group in chosen] for rows, chosen in zip((first, second), groups, strict=True))
    return FileKernels(
        _sums(ours, ours, width),
        _sums(theirs, theirs, width),
        _sums(ours, theirs, width),
        np.array([len(group) for group in groups[0]], np.float64),
        np.array([len(group) for group in groups[1]], np.float64),
    )


def _sums(first: list[Points], second: list[Points], width: float) -> Points:
    """Kernels summed over the rows of each file of `first` and each of `second`; some files of the first at a time."""
    columns, starts = np.concatenate(second), _starts(second)
    parts = []
    for place in range(0, len(first), FILES):
        block = first[place : place + FILES]
        kernels = np.exp(-squared_distances(np.concatenate(block), columns) / (2 * width**2))
        parts.append(np.add.reduceat(np.add.reduceat(kernels, starts, axis=1), _starts(block), axis=0))
    return np.concatenate(parts)


def _starts(files: list[Points]) -> Index:
    """Where each file's rows begin when they stand one after another."""
    return np.cumsum([0, *(len(rows) for rows in files[:-1])])


def _mean_of_others(sums: Points, rows: Points, chosen: Index) -> float:
    """Mean kernel over pairs of rows of two different files among those chosen."""
    part, count = sums[np.ix_(chosen, chosen)], rows[chosen]
    return float((part.sum() - np.trace(part)) / (count.sum() ** 2 - (count**2).sum()))
