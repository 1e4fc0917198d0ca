"""Friedman's test and the tail of chi-squared against scipy."""

import numpy as np
import pytest
from scipy import stats

from tritone.judge.listen.friedman import chi_squared_tail, friedman


@pytest.mark.parametrize("degrees", range(1, 13))
def test_the_tail_of_chi_squared(degrees):
    for value in (0.0, 0.1, 1.0, 3.84, 10.0, 40.0):
        assert chi_squared_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=1e-10)


@pytest.mark.parametrize(("listeners", "systems", "steps"), [(8, 3, 1000), (20, 5, 5), (40, 6, 3)])
def test_friedman_with_and_without_ties(listeners, systems, steps):
    rng = np.random.default_rng(systems)
    values = rng.integers(0, steps, (listeners, systems)) + 0.5 * np.arange(systems) * (steps > 3)
    assert friedman(values) == pytest.approx(stats.friedmanchisquare(*values.T).pvalue, rel=1e-9)


def test_where_nothing_can_be_told():
    assert friedman(np.ones((10, 4))) == 1.0
    assert friedman(np.ones((1, 4))) == 1.0
    assert friedman(np.arange(5.0)[:, None]) == 1.0
