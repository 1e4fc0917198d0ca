"""Tests of difference against scipy, against their definitions, and against what chance does."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from tritone.judge.compare.tests import (
    DRAWS,
    MOST_EXACT,
    holm,
    least_p,
    mean_difference,
    nearer_to,
    normal,
    permutation,
    wilcoxon,
)  # fmt: skip


@pytest.mark.parametrize("pairs", [1, 2, 7, 20, 60])
def test_signed_ranks_are_those_of_scipy(pairs):
    rng = np.random.default_rng(pairs)
    for shift in (0.0, 0.3, 2.0):
        values = rng.normal(shift, 1, pairs)
        assert wilcoxon(values) == pytest.approx(stats.wilcoxon(values, method="exact").pvalue, abs=1e-12)


def test_many_pairs_are_those_of_scipy():
    values = np.round(np.random.default_rng(0).normal(0.1, 1, MOST_EXACT + 150), 1)
    expected = stats.wilcoxon(values, method="approx", correction=True, zero_method="wilcox").pvalue
    assert wilcoxon(values) == pytest.approx(expected, rel=1e-9)


def test_ties_are_counted_out():
    values = np.array([1, 1, -1, 2, 3, 3, 0, -2, 5], float)

    def positive(x):
        ranks = stats.rankdata(np.abs(x[x != 0]))
        return ranks[x[x != 0] > 0].sum() - ranks.sum() / 2

    expected = stats.permutation_test(
        (values,), positive, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    ).pvalue
    assert wilcoxon(values) == pytest.approx(expected, abs=1e-12)


def test_nothing_differs():
    assert wilcoxon(np.zeros(9)) == 1.0 == wilcoxon([])
    assert wilcoxon(np.ones(6)) == least_p(6) == 1 / 32
    with pytest.raises(ValueError, match="finite"):
        wilcoxon([1.0, np.nan])


@pytest.mark.parametrize("paired", [True, False])
def test_few_exchanges_are_all_tried_as_in_scipy(paired):
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.8, 1, 6), rng.normal(0, 1, 6)
    expected = stats.permutation_test(
        (first, second), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf,
        permutation_type="samples" if paired else "independent",
    ).pvalue  # fmt: skip
    assert permutation(first, second, mean_difference, paired=paired) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("paired", [True, False])
def test_many_exchanges_are_drawn(paired):
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.35, 1, 60), rng.normal(0, 1, 60)
    own = permutation(first, second, mean_difference, paired=paired)
    test = stats.ttest_rel if paired else stats.ttest_ind
    assert own == pytest.approx(test(first, second).pvalue, abs=0.02)
    assert permutation(first + 9, second, mean_difference, paired=paired) == pytest.approx(1 / (DRAWS + 1))


def test_false_alarms_come_as_often_as_said():
    rng = np.random.default_rng(3)
    sides = [(rng.exponential(1, 5), rng.exponential(1, 5)) for _ in range(1000)]
    shares = [
        np.mean([permutation(*both, statistic, paired=paired) <= 0.1 for both in sides])
        for statistic in (mean_difference, nearer_to(1.0))
        for paired in (False, True)
    ]
    assert 0.075 < shares[0] < 0.125  # 252 exchanges: p comes near to 0.1
    assert 0.04 < shares[1] < 0.09  # 32 exchanges: two of them, 1/16, are the most that is not above 0.1
    assert max(shares[2:]) < 0.1  # careful


def test_nearer_is_not_higher():
    first, second = np.array([9.0, 11.0, 10.2, 9.8] * 3), np.array([12.0, 14.0, 13.2, 12.8] * 3)
    assert nearer_to(10.0)(first, second) == pytest.approx(-3.0)
    assert nearer_to(11.5 + 1e-9)(first, second) == pytest.approx(0.0, abs=1e-6)
    assert permutation(first, second, nearer_to(10.0), paired=True) < 0.01
    assert permutation(first, second, nearer_to(11.625), paired=True) > 0.5


def test_normal_errors():
    assert normal(1.96, 1.0) == pytest.approx(2 * stats.norm.sf(1.96))
    assert normal(0.0, 0.0) == 1.0 and normal(0.1, 0.0) == 0.0


def closed(values):
    """Holm as the closed test whose parts are Bonferroni's: p of one is the largest of all sets that it is in."""
    places = range(len(values))
    sets = [chosen for size in range(1, len(values) + 1) for chosen in combinations(places, size)]
    return [max(min(1.0, len(s) * min(values[i] for i in s)) for s in sets if place in s) for place in places]


def test_holm_is_the_closed_test():
    rng = np.random.default_rng(4)
    for size in (1, 2, 5):
        values = list(rng.uniform(0, 0.2, size))
        assert holm(values) == pytest.approx(closed(values))
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_mistakes_are_refused():
    with pytest.raises(ValueError, match="pairs"):
        permutation([1.0], [1.0, 2.0], mean_difference, paired=True)
    with pytest.raises(ValueError, match="at least one"):
        permutation([], [1.0], mean_difference, paired=False)
