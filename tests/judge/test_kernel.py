"""The kernel distance against the double sum, its expectation, and what it is to detect."""

import numpy as np
import pytest

from tritone.judge.kernel import kernel_distance, median_distance


def double_sum(reference, samples, width):
    """Gretton et al. 2012, eq. 3, as it is written there."""

    def k(a, b):
        return np.exp(-(np.linalg.norm(a - b) ** 2) / (2 * width**2))

    m, n = len(reference), len(samples)
    xx = sum(k(reference[i], reference[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    yy = sum(k(samples[i], samples[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    xy = sum(k(a, b) for a in reference for b in samples) / (m * n)
    return 100 * (xx + yy - 2 * xy)


def test_it_is_the_unbiased_double_sum_with_the_median_of_the_reference():
    rng = np.random.default_rng(0)
    reference, samples = rng.standard_normal((13, 4)) + 5, rng.standard_normal((9, 4)) * 1.5 + 5.2
    width = np.median([np.linalg.norm(a - b) for i, a in enumerate(reference) for b in reference[i + 1 :]])
    assert median_distance(reference) == pytest.approx(width, rel=1e-9)
    assert kernel_distance(reference, samples) == pytest.approx(double_sum(reference, samples, width), rel=1e-9)
    assert kernel_distance(reference, samples, bandwidth=0.7) == pytest.approx(
        double_sum(reference, samples, 0.7), rel=1e-9
    )


def test_its_mean_is_the_true_discrepancy_at_any_number_of_rows():
    # of N(0, 1) and N(m, 1) in d dimensions, with bandwidth s: (s²/(s²+2))^(d/2) (2 - 2 exp(-|m|² / (2 (s²+2))))
    rng = np.random.default_rng(1)
    dims, shift, width = 3, 1.0, 1.5
    factor = (width**2 / (width**2 + 2)) ** (dims / 2)
    truth = 100 * factor * 2 * (1 - np.exp(-dims * shift**2 / (2 * (width**2 + 2))))
    for count, rounds in ((4, 3000), (20, 600)):
        values = [
            kernel_distance(
                rng.standard_normal((count, dims)), rng.standard_normal((count, dims)) + shift, bandwidth=width
            )
            for _ in range(rounds)
        ]
        error = np.std(values) / np.sqrt(rounds)
        assert abs(np.mean(values) - truth) < 4 * error
        assert error < 0.05 * truth


def test_equal_distributions_give_nothing_on_average_and_a_shift_shows_in_few_rows():
    rng = np.random.default_rng(2)
    equal = [kernel_distance(*rng.standard_normal((2, 64, 32))) for _ in range(200)]
    assert abs(np.mean(equal)) < 4 * np.std(equal) / np.sqrt(len(equal))
    assert 0.3 < np.mean(np.array(equal) < 0) < 0.8
    shifted = [kernel_distance(rng.standard_normal((64, 32)), rng.standard_normal((64, 32)) + 0.3) for _ in range(50)]
    assert np.mean(shifted) > 5 * np.std(equal)


def test_a_reference_of_one_point_has_no_bandwidth():
    with pytest.raises(ValueError, match="bandwidth"):
        kernel_distance(np.ones((5, 2)), np.zeros((5, 2)))


def test_against_kernels_of_scikit_learn():
    """From its rbf_kernel and pairwise_distances on the same numbers; made once, outside of these tests."""
    rng = np.random.default_rng(12)
    reference, samples = rng.standard_normal((120, 6)), 1.2 * rng.standard_normal((90, 6)) + 0.5
    assert kernel_distance(reference, samples) == pytest.approx(6.332267462325913, rel=1e-9)
