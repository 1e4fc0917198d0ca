"""Student's tails against scipy, and the test of two samples at once against the truth of many draws."""

import numpy as np
import pytest
from scipy import stats

from tritone.judge.listen.crossed import crossed_test, student_tails


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 10, 17, 60, 301])
def test_tails_of_student(degrees):
    for value in (0.0, 0.3, -1.0, 2.5, 7.0):
        assert student_tails(value, degrees) == pytest.approx(2 * stats.t.sf(abs(value), degrees), rel=1e-9, abs=1e-14)


def test_where_only_listeners_vary_it_is_their_t_test():
    listeners = np.random.default_rng(0).standard_normal(12) + 0.4
    values = np.repeat(listeners[:, None], 9, axis=1)
    assert crossed_test(values) == pytest.approx(stats.ttest_1samp(listeners, 0).pvalue)
    assert crossed_test(values.T) == pytest.approx(crossed_test(values))


def test_false_alarms_are_as_many_as_promised():
    rng = np.random.default_rng(1)
    alarms = [
        crossed_test(
            0.5 * rng.standard_normal((15, 1)) + 0.6 * rng.standard_normal((1, 12)) + rng.standard_normal((15, 12))
        )
        <= 0.05
        for _ in range(1500)
    ]
    assert 0.03 < np.mean(alarms) < 0.065


def test_a_test_by_listeners_alone_would_be_wrong_here():
    rng = np.random.default_rng(2)
    alone, both = [], []
    for _ in range(300):
        values = 0.6 * rng.standard_normal((1, 12)) + 0.5 * rng.standard_normal((30, 12))
        alone.append(stats.ttest_1samp(values.mean(1), 0).pvalue <= 0.05)
        both.append(crossed_test(values) <= 0.05)
    assert np.mean(alone) > 0.3 and np.mean(both) < 0.08


def test_answers_that_are_missing():
    rng = np.random.default_rng(3)
    values = 1 + 0.3 * rng.standard_normal((10, 10))
    values[::2, :5] = values[1::2, 5:] = np.nan
    assert crossed_test(values) < 1e-4
    wider = np.full((12, 11), np.nan)
    wider[:10, :10] = values
    assert crossed_test(wider) == pytest.approx(crossed_test(values))


def test_where_nothing_can_be_said():
    assert crossed_test(np.zeros((5, 5))) == 1.0
    assert crossed_test(np.ones((5, 5))) == 0.0
    assert crossed_test(np.ones((1, 5))) == 1.0
    assert crossed_test(np.full((3, 3), np.nan)) == 1.0
