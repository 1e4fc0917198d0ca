"""How like real sound a set of sounds is, to several judges: kernel and Fréchet distance, precision, recall and so on.

Every figure has the number of sounds, an interval by files, the value of real held-out sound against the same
reference, and warnings where it says little.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tritone.errors import UserError
from tritone.judge import extrapolate
from tritone.judge.clips import Clips
from tritone.judge.embeddings import LOGMEL, Embedded, Embedding
from tritone.judge.extrapolate import Extrapolation, frechet_infinity
from tritone.judge.figure import Figure
from tritone.judge.frechet import ENOUGH, frechet_by_file, frechet_distance
from tritone.judge.interval import intervals
from tritone.judge.kernel import median_distance
from tritone.judge.kernel_files import FileKernels, Index, file_kernels
from tritone.judge.metrics_of_sets import metric_on
from tritone.judge.points import Points
from tritone.judge.prdc import precision_recall_density_coverage
from tritone.judge.retrieval import wilson

NEIGHBOURS = 5
FEWEST = 2 * (NEIGHBOURS + 1)
"""Sounds in a set, under which nothing is measured: halves of fewer have no neighbourhoods."""
ENOUGH_SOUNDS = 50
"""Sounds from which on shares and neighbourhoods say something."""
RESAMPLES, FEW_RESAMPLES = 100, 40
LARGE = 1000
"""Rows from which on fewer halves are drawn."""


def likeness_figures(
    reference: Clips,
    samples: Clips,
    *,
    embeddings: Sequence[Embedding],
    seen: frozenset[str] = frozenset(),
    real: Clips | None = None,
    seed: int = 0,
) -> list[Figure]:
    """Figures of `samples` against `reference` by each of `embeddings`, in their order.

    `real` is held-out sound that the reference does not contain: what a perfect model would get. `seen` names the
    networks that trained the model, as "aisfx" or "vggish:PATH": they are no impartial judges of it. Judges remember
    what they embedded last, so one reference serves many calls. UserError for sets of fewer than twelve sounds, and
    for two judges of one name, and for a reference of which most sounds are the same.
    """
    check_sizes(reference, samples, real)
    names = [embedding.name for embedding in embeddings]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise UserError(f"There are two judges named {min(doubled)}; give one of them.")
    figures = []
    for embedding in embeddings:
        held_out, known = embedding.embed(real) if real else None, embedding.embed(reference)
        if not median_distance(known.rows) > 0:
            raise UserError(
                f"Most sounds of {reference.name} are one and the same to {embedding.name}, so there is nothing to "
                "compare with; give varied real sound."
            )
        sets = _Sets(embedding.name, known, embedding.embed(samples), held_out, seed)
        figures += sets.figures(_seen(embedding, seen))
    return figures


def check_sizes(*sets: Clips | None) -> None:
    """UserError where one of the sets is too small for any comparison."""
    for clips in sets:
        if clips is not None and len(clips) < FEWEST:
            raise UserError(f"{clips.name} has {len(clips)} sounds, but sets are compared from {FEWEST} on; add more.")


def _seen(embedding: Embedding, seen: frozenset[str]) -> tuple[str, ...]:
    if embedding.name == LOGMEL or embedding.name not in {source.partition(":")[0] for source in seen}:
        return ()
    return (f"{embedding.name} trained this model, so it is no impartial judge of it: trust another one more.",)


class _Sets:
    """Two sets of sounds as one judge has them, and held-out real sound in at most as many files as there are samples.

    What is counted in sounds, or by pairs, takes a row for each file or leaves pairs of one file out: windows of one
    file are alike, and would be each other's neighbours.
    """

    def __init__(self, name: str, reference: Embedded, samples: Embedded, real: Embedded | None, seed: int) -> None:
        self.name, self.reference, self.samples, self.seed = name, reference, samples, seed
        self.count = len(samples.names)
        self.rows = min(len(reference.rows), len(samples.rows))
        self.unequal = real is not None and len(real.names) < self.count
        self.real = real.some(self.count) if real else None
        self.resamples = RESAMPLES if max(len(reference.rows), len(samples.rows)) < LARGE else FEW_RESAMPLES

    def figures(self, warnings: tuple[str, ...]) -> list[Figure]:
        return [self._kernel(warnings), self._frechet(warnings), self._endless(warnings), *self._neighbours(warnings)]

    def _kernel(self, warnings: tuple[str, ...]) -> Figure:
        kernels = self._kernels(self.samples)
        by_file = dict(zip(self.samples.names, kernels.shares().tolist(), strict=True))
        low, high = self._interval(kernels.distance, RESAMPLES)
        real = self._kernels(self.real).whole() if self.real else None
        return Figure(metric_on("kd", self.name), kernels.whole(), self.count, low, high, real, warnings, by_file)

    def _kernels(self, samples: Embedded) -> FileKernels:
        reference = self.reference
        return file_kernels(
            reference.rows, samples.rows, reference_files=reference.files, sample_files=samples.files
        )  # fmt: skip

    def _frechet(self, warnings: tuple[str, ...]) -> Figure:
        def distance(first: Index, second: Index) -> float:
            return frechet_distance(self.reference.of(first).rows, self.samples.of(second).rows)

        low, high = self._interval(distance, self.resamples)
        value = frechet_distance(self.reference.rows, self.samples.rows)
        real = frechet_distance(self.reference.rows, self.real.rows) if self.real else None
        by_file = frechet_by_file(self.reference.rows, self.samples.rows, self.samples.files)
        notes = (*warnings, *self._few_rows(ENOUGH), *self._few_real())
        return Figure(metric_on("fd", self.name), value, self.count, low, high, real, notes, by_file)

    def _endless(self, warnings: tuple[str, ...]) -> Figure:
        def distance(first: Index, second: Index) -> float:
            return _line(self.reference.of(first), self.samples.of(second), self.seed, draws=2).value

        low, high = self._interval(distance, min(FEW_RESAMPLES, self.resamples // 2))
        found = _line(self.reference, self.samples, self.seed)
        real = _line(self.reference, self.real, self.seed).value if self.real else None
        notes = (*warnings, *self._few_rows(extrapolate.ENOUGH))
        return Figure(metric_on("fd-inf", self.name), found.value, self.count, low, high, real, notes)

    def _neighbours(self, warnings: tuple[str, ...]) -> list[Figure]:
        reference, samples = self.reference.each_file(), self.samples.each_file()
        values, low, high = intervals(_shares, reference, samples, resamples=self.resamples, seed=self.seed)
        real = _shares(reference, self.real.each_file()) if self.real else [None] * len(values)
        notes = (*warnings, *self._few_sounds(), *self._few_real())
        counts = {"precision": len(samples), "recall": len(reference), "density": 0, "coverage": len(reference)}
        figures = []
        for place, (kind, count) in enumerate(counts.items()):
            value, ends = float(values[place]), (max(0.0, float(low[place])), float(high[place]))
            if count:
                ends = _share_interval(value, count, *ends)
            figures.append(Figure(metric_on(kind, self.name), value, self.count, *ends, real[place], notes))
        return figures

    def _interval(self, distance: Callable[[Index, Index], float], resamples: int) -> tuple[float, float]:
        """The interval by files of a distance between some files of the reference and some of the samples."""
        _, low, high = intervals(
            lambda first, second: [distance(first[:, 0].astype(np.int64), second[:, 0].astype(np.int64))],
            np.arange(len(self.reference.names))[:, None],
            np.arange(self.count)[:, None],
            resamples=resamples,
            seed=self.seed,
        )
        return float(low[0]), float(high[0])

    def _few_rows(self, enough: int) -> tuple[str, ...]:
        dims = self.samples.rows.shape[1]
        if self.rows >= enough * dims:
            return ()
        return (
            f"Too few: {self.rows} windows of sound where {self.name} needs {enough * dims}, so that much of this is "
            "chance; go by the kernel distance.",
        )

    def _few_sounds(self) -> tuple[str, ...]:
        fewest = min(len(self.reference.names), self.count)
        return (
            () if fewest >= ENOUGH_SOUNDS else (f"Only {fewest} sounds: below {ENOUGH_SOUNDS} this is a rough guess.",)
        )

    def _few_real(self) -> tuple[str, ...]:
        if not self.unequal or self.real is None:
            return ()
        there = len(self.real.names)
        return (f"Real sound was measured on {there} sounds, these on {self.count}: the two are not quite comparable.",)


def _share_interval(share: float, count: int, low: float, high: float) -> tuple[float, float]:
    """The scatter of halves, but never narrower than Wilson's interval of a share of half so many independent sounds.

    Half, because both sets are drawn, which doubles the variance. Near 0 and 1 halves hardly scatter: of 24 Gaussian
    rows their interval alone holds the true coverage 6 times of 10.
    """
    least, most = wilson(share * (count // 2), count // 2)
    return min(max(0.0, low), least), max(min(1.0, high), most)


def _line(reference: Embedded, samples: Embedded, seed: int, draws: int = extrapolate.DRAWS) -> Extrapolation:
    return frechet_infinity(
        reference.rows,
        samples.rows,
        reference_files=reference.files,
        sample_files=samples.files,
        draws=draws,
        seed=seed,
    )


def _shares(reference: Points, samples: Points) -> list[float]:
    """Precision, recall, density and coverage."""
    found = precision_recall_density_coverage(reference, samples, NEIGHBOURS)
    return [found.precision, found.recall, found.density, found.coverage]
