"""Precision, recall, density and coverage against loops over all pairs, and known expectations."""

import numpy as np
import pytest

from tritone.judge.prdc import expected_coverage, precision_recall_density_coverage


def by_hand(reference, samples, k):
    """Every definition written out over pairs."""

    def radius(rows, i):
        return sorted(np.linalg.norm(rows[i] - rows[j]) for j in range(len(rows)) if j != i)[k - 1]

    real = [radius(reference, i) for i in range(len(reference))]
    made = [radius(samples, j) for j in range(len(samples))]
    far = np.array([[np.linalg.norm(a - b) for b in samples] for a in reference])
    precision = np.mean([any(far[i, j] <= real[i] for i in range(len(reference))) for j in range(len(samples))])
    recall = np.mean([any(far[i, j] <= made[j] for j in range(len(samples))) for i in range(len(reference))])
    density = sum(far[i, j] <= real[i] for i in range(len(reference)) for j in range(len(samples)))
    coverage = np.mean([any(far[i, j] <= real[i] for j in range(len(samples))) for i in range(len(reference))])
    return precision, recall, density / (k * len(samples)), coverage


@pytest.mark.parametrize("k", [1, 3, 5])
def test_against_all_pairs(k):
    rng = np.random.default_rng(k)
    reference, samples = rng.standard_normal((31, 4)), rng.standard_normal((23, 4)) * 0.8 + 0.4
    found = precision_recall_density_coverage(reference, samples, k)
    expected = by_hand(reference, samples, k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(expected)


@pytest.mark.parametrize(("real", "made", "k"), [(60, 60, 5), (80, 30, 3), (30, 90, 1)])
def test_sets_of_one_distribution_have_the_expected_coverage_and_density(real, made, k):
    rng = np.random.default_rng(7)
    found = [
        precision_recall_density_coverage(rng.standard_normal((real, 6)), rng.standard_normal((made, 6)), k)
        for _ in range(300)
    ]
    coverage, density = np.array([[one.coverage, one.density] for one in found]).T
    expected = expected_coverage(real, made, k)
    assert abs(coverage.mean() - expected) < 4 * coverage.std() / np.sqrt(len(found))
    assert abs(density.mean() - 1) < 4 * density.std() / np.sqrt(len(found))
    assert coverage.std() / np.sqrt(len(found)) < 0.02


def test_expected_coverage_of_many_equal_sets_tends_to_one_half_for_each_neighbour():
    # each of the k nearest is of the other set with probability one half
    assert expected_coverage(10**6, 10**6, 5) == pytest.approx(1 - 2**-5, abs=1e-5)


def test_collapse_keeps_precision_and_loses_recall_and_coverage():
    rng = np.random.default_rng(3)
    reference = rng.standard_normal((200, 5))
    collapsed = reference[:1] + 1e-3 * rng.standard_normal((200, 5))
    found = precision_recall_density_coverage(reference, collapsed)
    assert found.precision == 1 and found.recall < 0.05 and found.coverage < 0.2


def test_far_sets_share_nothing():
    rng = np.random.default_rng(4)
    found = precision_recall_density_coverage(rng.standard_normal((30, 3)), rng.standard_normal((30, 3)) + 1e4)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_sets_smaller_than_a_neighbourhood_are_refused():
    with pytest.raises(ValueError, match="at least 6"):
        precision_recall_density_coverage(np.eye(9), np.eye(9)[:5])


def test_against_the_package_prdc():
    """Of prdc 0.2 (with scikit-learn 1.9) on the same numbers; made once, outside of these tests."""
    rng = np.random.default_rng(12)
    reference, samples = rng.standard_normal((120, 6)), 1.2 * rng.standard_normal((90, 6)) + 0.5
    theirs = {3: (0.633333333, 0.916666667, 0.562962963, 0.641666667), 5: (0.811111111, 0.966666667, 0.5777778, 0.825)}
    for k, expected in theirs.items():
        found = precision_recall_density_coverage(reference, samples, k)
        assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(expected, rel=1e-6)
