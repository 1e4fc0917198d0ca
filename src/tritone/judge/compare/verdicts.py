"""Who is really better: every figure of every two systems, tested, and corrected for the number of tests."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tritone.judge.compare.judged import Judged, metrics_of
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.tests import holm, mean_difference, nearer_to, normal, permutation, wilcoxon
from tritone.judge.figure import Figure, Metric

SURE = 0.05
"""Chance of even one false "better" among all that is compared."""
SETS = ("likeness", "variety")
"""Groups of figures that belong to a set and not to its files, even where each file has a share in them."""
UNTESTED = ("speed",)
"""Groups that are measured once, and vary with the machine instead of the sounds."""

How = Literal["signed ranks", "exchange of pairs", "exchange of files", "intervals"]
ExchangeP = Callable[[Metric, str, str], float | None]
"""The p of a set's figure for two systems, by exchange of their files; None where that is not to be had."""


@dataclass(frozen=True)
class Verdict:
    """Two systems by one metric."""

    kind: Kind
    metric: Metric
    first: str
    second: str
    difference: float
    """Of the values, first less second; for "nearer" of their distances from real sound."""
    p: float
    how: How
    n: int
    """Pairs, or sounds of the smaller side."""
    adjusted: float = 1.0
    """The p with Holm's correction for all verdicts."""

    @property
    def better(self) -> str:
        """The one that is surely better; empty where chance will do."""
        if self.adjusted >= SURE or self.difference == 0:
            return ""
        first = (self.difference > 0) == (self.metric.better == "higher")
        return self.first if first else self.second


def verdicts(judged: Sequence[Judged], exchange: ExchangeP = lambda metric, first, second: None) -> list[Verdict]:
    """Every two systems with sounds of one kind, by every metric in which a direction is better.

    Means over sounds that belong together (of one seed, or of one held-out sound): signed ranks (Wilcoxon), or exchange
    within pairs where nearer to real sound is better. Means over other sounds: exchange of files. Figures of whole
    sets: `exchange`, else the normal approximation from their intervals.
    """
    found = list(_raw(judged, exchange))
    return [replace(one, adjusted=p) for one, p in zip(found, holm([one.p for one in found]), strict=True)]


def _raw(judged: Sequence[Judged], exchange: ExchangeP) -> Iterator[Verdict]:
    for one, two in combinations(judged, 2):
        if one.kind != two.kind:
            continue
        for metric in metrics_of([one]):
            first, second = one.figure(metric.key), two.figure(metric.key)
            if first is None or second is None or not metric.better or metric.group in UNTESTED:
                continue
            difference = _difference(first, second)
            tested = None if difference is None else _tested(first, second, one.system, two.system, exchange)
            if difference is not None and tested is not None:
                p, how, n = tested
                yield Verdict(one.kind, metric, one.system, two.system, difference, p, how, n)


def _difference(first: Figure, second: Figure) -> float | None:
    """First less second; None where nearer is better and there is no real sound to be near to."""
    if first.metric.better != "nearer":
        return first.value - second.value
    if first.real is None:
        return None
    return abs(first.value - first.real) - abs(second.value - first.real)


def _tested(first: Figure, second: Figure, one: str, two: str, exchange: ExchangeP) -> tuple[float, How, int] | None:
    """The p, how it was found, and of how many; None where nothing can be tested."""
    if first.metric.group in SETS or not first.by_file or not second.by_file:
        p = exchange(first.metric, one, two)
        if p is not None:
            return p, "exchange of files", min(first.n, second.n)
        return _by_intervals(first, second)
    a, b, paired = _aligned(first, second)
    if first.metric.better == "nearer":
        assert first.real is not None
        p = permutation(a, b, nearer_to(first.real), paired=paired)
        return p, "exchange of pairs" if paired else "exchange of files", min(len(a), len(b))
    if paired:
        return wilcoxon(a - b), "signed ranks", len(a)
    return permutation(a, b, mean_difference, paired=False), "exchange of files", min(len(a), len(b))


def _aligned(first: Figure, second: Figure) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Values of the files of both, in one order where most belong together; and whether they do."""
    shared = [name for name in first.by_file if name in second.by_file]
    paired = 2 * len(shared) > max(len(first.by_file), len(second.by_file))
    names = (shared, shared) if paired else (list(first.by_file), list(second.by_file))
    a, b = (
        np.array([figure.by_file[name] for name in each], np.float64)
        for figure, each in zip((first, second), names, strict=True)
    )
    return a, b, paired


def _by_intervals(first: Figure, second: Figure) -> tuple[float, How, int] | None:
    """The difference against a normal error, as wide as both intervals say; only between sets of one size, on which
    such figures depend.
    """
    if first.metric.better == "nearer" or first.n != second.n:
        return None
    errors = _error(first), _error(second)
    if errors[0] is None or errors[1] is None:
        return None
    return normal(first.value - second.value, hypot(errors[0], errors[1])), "intervals", min(first.n, second.n)


def _error(figure: Figure) -> float | None:
    """Standard error, as a 95 % interval tells it."""
    return None if figure.low is None or figure.high is None else (figure.high - figure.low) / 3.92
