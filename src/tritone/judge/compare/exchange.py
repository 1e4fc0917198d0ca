"""Is one system nearer to real sound than another? The kernel distance under exchange of their files."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tritone.judge.embeddings import Embedded
from tritone.judge.kernel import SCALE
from tritone.judge.kernel_files import FileKernels, file_kernels

DRAWS = 1999


class Exchange:
    """The reference and all systems in one embedding, for tests between any two of them."""

    def __init__(self, reference: Embedded, systems: Mapping[str, Embedded]) -> None:
        self.reference, self.systems = reference, dict(systems)

    def p(self, first: str, second: str, *, seed: int = 0) -> float:
        """Two-sided p that the files of two systems are alike in how far they lie from the reference.

        The difference of the two kernel distances is compared with that after exchanging files at random: within items
        that both have, where they have the same ones, else among all.
        """
        one, two = self.systems[first].names, self.systems[second].names
        kernels = self._kernels(first, second)
        own = np.arange(len(one) + len(two)) < len(one)
        observed = abs(float(_difference(kernels, own[None])[0]))
        rng = np.random.default_rng(seed)
        if set(one) == set(two):
            places = {name: place for place, name in enumerate(two)}
            drawn = _swapped(np.array([places[name] for name in one]), rng)
        else:
            drawn = rng.permuted(np.broadcast_to(own, (DRAWS, len(own))), axis=1)
        hits = int((np.abs(_difference(kernels, drawn)) >= observed * (1 - 1e-12)).sum())
        return (1 + hits) / (1 + DRAWS)

    def _kernels(self, first: str, second: str) -> FileKernels:
        """Kernels of the files of both, those of the first before those of the second."""
        one, two = self.systems[first], self.systems[second]
        files = [(first, file) for file in one.files] + [(second, file) for file in two.files]
        rows = np.concatenate([one.rows, two.rows])
        return file_kernels(self.reference.rows, rows, reference_files=self.reference.files, sample_files=files)


def _swapped(partners: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which files `(DRAWS, files)` are the first system's after pairs were exchanged at random.

    File i of the first and file `partners[i]` of the second are a pair.
    """
    kept = rng.random((DRAWS, len(partners))) < 0.5
    gained = np.empty_like(kept)
    gained[:, partners] = ~kept
    return np.concatenate([kept, gained], 1)


def _difference(kernels: FileKernels, first: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of the files that are the first system's less that of the others, for each row of `first`."""
    return _distance(kernels, first.astype(np.float64)) - _distance(kernels, (~first).astype(np.float64))


def _distance(kernels: FileKernels, chosen: NDArray[np.float64]) -> NDArray[np.float64]:
    """`kernels.distance` of the chosen files for each row of `chosen`, less what all rows have in common."""
    rows = kernels.sample_rows
    total = chosen @ rows
    across = chosen @ kernels.across.sum(0) / (kernels.reference_rows.sum() * total)
    within = ((chosen @ kernels.samples) * chosen).sum(1) - chosen @ np.diag(kernels.samples)
    within /= total**2 - chosen @ rows**2
    result: NDArray[np.float64] = SCALE * (within - 2 * across)
    return result
