"""Intervals against the known error of a mean, by rows and by files."""

import numpy as np
import pytest

from tritone.judge.frechet import frechet_distance
from tritone.judge.interval import interval, intervals


def difference(first, second):
    """A distance whose error is known."""
    return float(second.mean() - first.mean())


def test_the_width_is_that_of_a_normal_interval():
    rng = np.random.default_rng(0)
    widths = []
    for seed in range(10):
        low, high = interval(
            difference, rng.standard_normal((100, 1)), rng.standard_normal((60, 1)), seed=seed, resamples=400
        )
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.sqrt(1 / 100 + 1 / 60), rel=0.08)


def test_it_holds_the_truth_nineteen_times_of_twenty():
    rng = np.random.default_rng(1)
    held = []
    for seed in range(200):
        low, high = interval(difference, rng.standard_normal((40, 1)), 0.5 + rng.standard_normal((40, 1)), seed=seed)
        held.append(low <= 0.5 <= high)
    assert 0.88 < np.mean(held) < 0.99


def test_rows_of_one_file_are_not_independent():
    rng = np.random.default_rng(2)
    files = np.repeat(np.arange(30), 10)
    first, second = (rng.standard_normal((30, 1))[files] for _ in range(2))
    plain = interval(difference, first, second)
    by_file = interval(difference, first, second, reference_files=list(files), sample_files=list(files))
    ratio = (by_file[1] - by_file[0]) / (plain[1] - plain[0])
    assert ratio == pytest.approx(np.sqrt(10), rel=0.3)


def test_the_bias_of_small_sets_does_not_move_it():
    rng = np.random.default_rng(3)
    first, second = rng.standard_normal((2, 60, 16))
    low, high = interval(frechet_distance, first, second, resamples=50)
    assert low < frechet_distance(first, second) < high
    halves = frechet_distance(first[:30], second[:30])
    assert halves > high


def test_the_same_seed_gives_the_same_and_impossible_files_are_refused():
    first, second = np.random.default_rng(4).standard_normal((2, 12, 2))
    assert interval(difference, first, second, seed=3) == interval(difference, first, second, seed=3)
    with pytest.raises(ValueError, match="3 names of files for 12 rows"):
        interval(difference, first, second, reference_files=["a", "b", "c"])
    with pytest.raises(ValueError, match="two files"):
        interval(difference, first, second, sample_files=["a"] * 12)


def test_several_measures_at_once_have_the_intervals_that_each_has_alone():
    first, second = np.random.default_rng(5).standard_normal((2, 30, 3))
    values, low, high = intervals(lambda a, b: [difference(a, b), frechet_distance(a, b)], first, second, seed=2)
    for place, distance in enumerate((difference, frechet_distance)):
        assert values[place] == distance(first, second)
        assert interval(distance, first, second, seed=2) == pytest.approx((low[place], high[place]))
