"""The end of the line: 0 for one distribution, the truth for two, at sizes where the distance itself is mostly bias."""

import numpy as np
import pytest

from tritone.judge.extrapolate import ENOUGH, frechet_infinity
from tritone.judge.frechet import frechet_distance

DIMS = 24


def drawn(rng, count, shift=0.0, scale=1.0):
    return shift / np.sqrt(DIMS) + scale * rng.standard_normal((count, DIMS))


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (2.0, 1.0), (1.0, 1.3)])
def test_it_finds_the_true_distance_with_as_few_rows_as_said(shift, scale):
    truth = shift**2 + DIMS * (scale - 1) ** 2
    rng, count = np.random.default_rng(0), ENOUGH * DIMS
    ends, plain = [], []
    for seed in range(20):
        first, second = drawn(rng, count), drawn(rng, 2 * count, shift, scale)
        ends.append(frechet_infinity(first, second, draws=4, seed=seed).value)
        plain.append(frechet_distance(first, second))
    bias, error = np.mean(plain) - truth, np.std(ends) / np.sqrt(len(ends))
    assert bias > 3
    assert abs(np.mean(ends) - truth) < 0.06 * bias + 3 * error < bias / 4


def test_published_case():
    """128 dimensions, reference of 5,000 and 2,000 samples of one distribution: fadtk's way, with replacement, gives
    1.75; without replacement it was 0.44 (fitted from 500 rows on), and the truth is 0.
    """
    rng = np.random.default_rng(1)
    found = frechet_infinity(rng.standard_normal((5000, 128)), rng.standard_normal((2000, 128)), draws=1, steps=4)
    assert abs(found.value) < 0.3 and found.r2 > 0.99


def test_the_line_is_fitted_over_inverse_sizes_that_end_with_the_whole_sets():
    rng = np.random.default_rng(2)
    first, second = drawn(rng, 100), drawn(rng, 60)
    found = frechet_infinity(first, second, steps=5, draws=3)
    assert found.inverse[0] == pytest.approx(1 / 100 + 1 / 60)
    assert found.distances[0] == pytest.approx(frechet_distance(first, second))
    assert found.inverse[-1] == pytest.approx(1 / 50 + 1 / 30)
    slope, value = np.polyfit(found.inverse, found.distances, 1)
    assert (found.slope, found.value) == pytest.approx((slope, value))
    assert found.r2 == pytest.approx(np.corrcoef(found.inverse, found.distances)[0, 1] ** 2)


def test_rows_of_a_file_stay_together():
    """With ten equal rows a file, bias goes by the number of files; whole files show it, single rows would not."""
    rng = np.random.default_rng(3)
    ends = {"files": [], "rows": []}
    for seed in range(6):
        first, second = (np.repeat(drawn(rng, 60), 10, axis=0) + 1e-3 * rng.standard_normal((600, DIMS)) for _ in "ab")
        files = [row // 10 for row in range(600)]
        found = frechet_infinity(first, second, reference_files=files, sample_files=files, seed=seed)
        ends["files"].append(found.value)
        ends["rows"].append(frechet_infinity(first, second, seed=seed).value)
    assert abs(np.mean(ends["files"])) < 1.0 < 3.0 < np.mean(ends["rows"])


def test_a_seed_gives_the_same_and_few_files_are_refused():
    rng = np.random.default_rng(4)
    first, second = drawn(rng, 30), drawn(rng, 30)
    assert frechet_infinity(first, second, seed=1) == frechet_infinity(first, second, seed=1)
    assert frechet_infinity(first, second, seed=1) != frechet_infinity(first, second, seed=2)
    with pytest.raises(ValueError, match="at least 6 files"):
        frechet_infinity(first, second, sample_files=[row % 5 for row in range(30)])
