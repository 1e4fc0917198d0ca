"""Bootstrap intervals against scipy's, and how often they hold the truth."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from tritone.judge.figure import Metric
from tritone.judge.means import mean_figure, mean_interval

METRIC = Metric("m", "M", "About.", "", "lower", "sound")


@pytest.mark.parametrize("count", [5, 40])
def test_the_interval_is_scipys_percentile_bootstrap(count):
    values = np.random.default_rng(count).exponential(size=count)
    wanted = bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    low, high = mean_interval(values, resamples=20_000)
    assert low == pytest.approx(wanted.low, abs=0.03 * values.std())
    assert high == pytest.approx(wanted.high, abs=0.03 * values.std())


def test_it_holds_the_mean_of_all_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(400):
        low, high = mean_interval(rng.normal(3, 2, size=30), resamples=300, seed=trial)
        held += low <= 3 <= high
    assert 0.91 <= held / 400 <= 0.97


def test_one_value_has_no_interval_and_none_no_figure():
    assert mean_interval([1.0]) == (None, None)
    assert mean_figure(METRIC, {}) == [] and mean_figure(METRIC, {"a": np.nan}) == []


def test_what_has_no_value_is_left_out_and_said():
    (figure,) = mean_figure(METRIC, {"a": 1.0, "b": np.nan, "c": 3.0}, {"d": np.inf}, warnings=["Look."])
    assert (figure.value, figure.n, figure.real) == (2, 2, None)
    assert figure.by_file == {"a": 1.0, "c": 3.0}
    assert figure.warnings == ("Look.", "1 of 3 sounds have none and are left out.")
