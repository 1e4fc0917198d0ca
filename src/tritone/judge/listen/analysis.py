"""What listeners said: scores with intervals, and which differences are more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tritone.judge.compare.tests import holm, wilcoxon
from tritone.judge.listen.bootstrap import RESAMPLES, Clusters, percentiles
from tritone.judge.listen.bradley_terry import strengths
from tritone.judge.listen.crossed import crossed_test
from tritone.judge.listen.exclusion import excluded
from tritone.judge.listen.friedman import friedman
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, Answer, Key, Kind, Test
from tritone.judge.listen.votes import Votes, count_votes, pairs_of, systems_of

ALPHA = 0.05
PILOT = 8
"""Fewer listeners than this are a pilot: the smallest number of which a signed-rank test over six pairs can speak."""


@dataclass(frozen=True)
class Score:
    """What one system got for one question."""

    system: str
    mean: float
    """Mean opinion score; in a preference test the share of pairs in which it was preferred."""
    low: float
    high: float
    """95 % interval over listeners and items."""
    median: float
    quartiles: tuple[float, float]
    spread: float
    """Standard deviation of single answers."""
    votes: int
    strength: tuple[float, float, float] | None = None
    """Of Bradley and Terry, with its interval, in a preference test."""


@dataclass(frozen=True)
class Comparison:
    """Two systems beside each other."""

    first: str
    second: str
    difference: float
    """Mean of first less second; in a preference test the share that prefers the first, less a half."""
    low: float
    high: float
    effect: float
    """Matched-pairs rank-biserial correlation over listeners: 1 where all of them put the first above."""
    listeners: int
    items: int
    p_listeners: float
    """Of the signed-rank test on the means of listeners: it speaks of other listeners, but of these sounds."""
    p_items: float
    """Of the same on the means of items: it speaks of other sounds, but of these listeners."""
    p_crossed: float
    """Of a t-test whose error counts listeners and sounds together."""
    holm_listeners: float = 1.0
    """The first, corrected for all pairs (Holm)."""
    holm_all: float = 1.0
    """The largest of the three, corrected for all pairs."""

    @property
    def holds(self) -> str:
        """For what the difference is more than chance: "other sounds" of the systems, by all three tests, "these
        sounds", by that on the means of listeners alone, or "".
        """
        if self.holm_all <= ALPHA:
            return "other sounds"
        return "these sounds" if self.holm_listeners <= ALPHA else ""


@dataclass(frozen=True)
class Result:
    """All about one question."""

    question: str
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    friedman: float
    """p that no system differs from another (listeners who heard all of them)."""


@dataclass(frozen=True)
class Analysis:
    """All about a test."""

    test: Test
    key: Key
    listeners: tuple[str, ...]
    excluded: dict[str, str]
    """Listeners who do not count, with the reason."""
    results: tuple[Result, ...]
    """Of those who count, a result for each question."""
    everyone: tuple[Result, ...]
    """The same with all of them."""

    @property
    def counted(self) -> int:
        """How many listeners count."""
        return len(self.listeners) - len(self.excluded)

    @property
    def pilot(self) -> bool:
        """Whether they are too few to speak of."""
        return self.counted < PILOT


def analyse(test: Test, key: Key, answers: Sequence[Answer], *, resamples: int = RESAMPLES, seed: int = 0) -> Analysis:
    """Scores, comparisons and exclusions of all `answers`. ValueError where there are none."""
    if not answers:
        raise ValueError("there are no answers")
    tables = count_votes(test, key, answers)
    primary = next(votes for votes in tables if votes.question == key.primary)
    out = excluded(test, key, answers, primary)
    systems = systems_of(key)
    results = [
        tuple(result_of(votes.without(names), test.kind, systems, resamples, seed) for votes in tables)
        for names in (tuple(out), ())
    ]
    return Analysis(test, key, primary.listeners, out, results[0], results[1])


def result_of(votes: Votes, kind: Kind, systems: Sequence[str], resamples: int = RESAMPLES, seed: int = 0) -> Result:
    """Scores and comparisons of one question."""
    clusters = Clusters(max(1, len(votes.listeners)), len(votes.items), resamples, seed)
    if not votes.listeners:
        return Result(votes.question, (), (), 1.0)
    pairs = pairs_of(systems)
    if kind == "preference":
        names = [name for name in systems if name not in (ANCHOR, MID_ANCHOR)]
        differences = {pair: votes.of(pair) - 0.5 for pair in pairs}
        scores = _preferences(names, votes, clusters)
        columns = np.stack([_means(_preferring(votes, name), 1) for name in names], 1)
    else:
        names = list(systems)
        differences = {(one, two): votes.of(one) - votes.of(two) for one, two in pairs}
        scores = [_score(name, votes.of(name), clusters) for name in names]
        compared = [name for name in names if name not in (ANCHOR, MID_ANCHOR)]
        columns = np.stack([_means(votes.of(name), 1) for name in compared], 1)
    found = _corrected([_comparison(pair, values, clusters) for pair, values in differences.items()])
    return Result(votes.question, tuple(scores), found, friedman(columns[~np.isnan(columns).any(1)]))


def _score(name: str, values: NDArray[np.float64], clusters: Clusters) -> Score:
    heard = values[~np.isnan(values)]
    if not len(heard):
        none = float("nan")
        return Score(name, none, none, none, none, (none, none), none, 0)
    low, high = clusters.interval(values)
    first, middle, third = np.percentile(heard, [25, 50, 75])
    spread = float(heard.std(ddof=1)) if len(heard) > 1 else 0.0
    quartiles = (float(first), float(third))
    return Score(name, float(heard.mean()), low, high, float(middle), quartiles, spread, len(heard))


def _preferring(votes: Votes, name: str) -> NDArray[np.float64]:
    """How far `name` was preferred, on the mean of its pairs with the others, `(listeners, items)`."""
    rows = [
        votes.of(pair) if pair[0] == name else 1 - votes.of(pair)
        for pair in votes.columns
        if name in pair and ANCHOR not in pair
    ]
    return _means(np.stack(rows, 2), 2)


def _preferences(names: Sequence[str], votes: Votes, clusters: Clusters) -> list[Score]:
    """Shares of preference with intervals, and strengths in one model."""
    drawn = np.zeros((len(clusters.listeners) + 1, len(names), len(names)))
    for pair in pairs_of(names):
        one, two = (names.index(name) for name in pair)
        values = votes.of(pair)
        total, count = clusters.sums(values)
        drawn[1:, one, two], drawn[1:, two, one] = total, count - total
        drawn[0, one, two], drawn[0, two, one] = np.nansum(values), np.nansum(1 - values)
    strong = strengths(drawn)
    scores = []
    for place, name in enumerate(names):
        score = _score(name, _preferring(votes, name), clusters)
        low, high = percentiles(strong[1:, place])
        scores.append(replace(score, strength=(float(strong[0, place]), low, high)))
    return scores


def _comparison(pair: tuple[str, str], values: NDArray[np.float64], clusters: Clusters) -> Comparison:
    """`values` are differences `(listeners, items)`, NaN where one of both was not heard."""
    by_listener, by_item = (_rounded(_means(values, axis)) for axis in (1, 0))
    low, high = clusters.interval(values)
    mean = float(np.nanmean(values)) if len(by_listener) else float("nan")
    return Comparison(
        *pair, mean, low, high, rank_biserial(by_listener), len(by_listener), len(by_item),
        wilcoxon(by_listener), wilcoxon(by_item), crossed_test(values),
    )  # fmt: skip


def rank_biserial(differences: NDArray[np.float64]) -> float:
    """Matched-pairs rank-biserial correlation (D. S. Kerby, Compr. Psychol. 3, 2014): the share of the ranks of
    `differences` that is positive less the share that is negative; 0 where nothing differs.
    """
    values = differences[differences != 0]
    if not len(values):
        return 0.0
    size = np.abs(values)
    ranks = (size[:, None] > size).sum(1) + ((size[:, None] == size).sum(1) + 1) / 2
    return float((ranks * np.sign(values)).sum() / ranks.sum())


def _corrected(found: list[Comparison]) -> tuple[Comparison, ...]:
    alone = holm([one.p_listeners for one in found])
    largest = holm([max(one.p_listeners, one.p_items, one.p_crossed) for one in found])
    return tuple(
        replace(one, holm_listeners=first, holm_all=second)
        for one, first, second in zip(found, alone, largest, strict=True)
    )


def _means(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Means of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis)
    total = np.where(there, values, 0.0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without what is not there, and with means that should be equal made equal."""
    return np.asarray(np.round(values[~np.isnan(values)], 9))
