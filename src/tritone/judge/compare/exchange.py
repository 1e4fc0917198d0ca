"""Is one system nearer to real sound than another? The kernel distance under exchange of their files."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tritone.judge.embeddings import Embedded
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
        kernels, size = self._kernels(first, second)
        one, two = self.systems[first].names, self.systems[second].names
        places = {name: place for place, name in enumerate(two)}
        paired = set(one) == set(two)
        order = np.array([places[name] for name in one]) + size if paired else np.arange(len(two)) + size
        everything, here = np.arange(len(kernels.reference_rows)), np.arange(size)

        def difference(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
            return abs(kernels.distance(everything, a) - kernels.distance(everything, b))

        observed, rng = difference(here, order), np.random.default_rng(seed)
        hits = sum(difference(*_dealt(here, order, paired, rng)) >= observed * (1 - 1e-12) for _ in range(DRAWS))
        return (1 + hits) / (1 + DRAWS)

    def _kernels(self, first: str, second: str) -> tuple[FileKernels, int]:
        """Kernels of the files of both, those of the first before those of the second; and how many the first has."""
        one, two = self.systems[first], self.systems[second]
        files = [(first, file) for file in one.files] + [(second, file) for file in two.files]
        rows = np.concatenate([one.rows, two.rows])
        kernels = file_kernels(self.reference.rows, rows, reference_files=self.reference.files, sample_files=files)
        return kernels, len(one.names)


def _dealt(
    here: NDArray[np.int64], there: NDArray[np.int64], paired: bool, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if paired:
        swap = rng.random(len(here)) < 0.5
        return np.where(swap, there, here), np.where(swap, here, there)
    both = rng.permutation(np.concatenate([here, there]))
    return both[: len(here)], both[len(here) :]
