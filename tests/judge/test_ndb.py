"""Bins against scipy and against what is known of equal, missing and doubled kinds."""

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm

from tritone.judge.ndb import different_bins, k_means, nearest


def kinds(rng, counts, spread=0.1):
    """Rows around the corners of a cube, so many at each."""
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T[: len(counts)]
    return np.repeat(corners, counts, axis=0) + spread * rng.standard_normal((sum(counts), 3))


def test_k_means_finds_the_kinds_and_is_as_tight_as_scipys():
    rng = np.random.default_rng(0)
    rows = kinds(rng, [60] * 8)
    centres = k_means(rows, 8)
    assert sorted(np.bincount(nearest(rows, centres), minlength=8)) == [60] * 8
    blob = rng.standard_normal((400, 5))
    tightness = ((blob - (found := k_means(blob, 12))[nearest(blob, found)]) ** 2).sum(1).mean()
    theirs = min(_tightness(blob, seed) for seed in range(8))
    assert tightness < 1.03 * theirs


def _tightness(rows, seed):
    centres, labels = kmeans2(rows, 12, minit="++", seed=seed, iter=100)
    return ((rows - centres[labels]) ** 2).sum(1).mean()


def test_every_centre_is_the_mean_of_its_rows_and_a_seed_gives_the_same():
    rows = np.random.default_rng(1).standard_normal((300, 4))
    centres = k_means(rows, 10, seed=5)
    places = nearest(rows, centres)
    means = np.array([rows[places == place].mean(0) for place in range(10)])
    assert np.abs(means - centres).max() < 1e-10
    assert (k_means(rows, 10, seed=5) == centres).all()


def test_shares_z_test_and_divergence_against_scipy():
    rng = np.random.default_rng(2)
    found = different_bins(kinds(rng, [80, 40, 60, 20]), kinds(rng, [50, 50, 25, 25]), bins=4)
    assert sorted(found.reference) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    order = np.argsort(found.reference)
    first, second = found.reference[order], found.samples[order]
    assert second == pytest.approx([25 / 150, 50 / 150, 25 / 150, 50 / 150])
    pooled = (200 * first + 150 * second) / 350
    z = (first - second) / np.sqrt(pooled * (1 - pooled) * (1 / 200 + 1 / 150))
    assert found.p[order] == pytest.approx(2 * norm.sf(np.abs(z)), rel=1e-9)
    assert found.different == (2 * norm.sf(np.abs(z)) < 0.05).sum() and found.share == found.different / 4
    assert found.divergence == pytest.approx(jensenshannon(first, second, base=2) ** 2, rel=1e-9)


def test_equal_distributions_differ_in_about_as_many_bins_as_the_level_says():
    rng = np.random.default_rng(3)
    shares = [different_bins(*rng.standard_normal((2, 1500, 2)), bins=12, seed=round).share for round in range(40)]
    assert 0.02 < np.mean(shares) < 0.09
    strict = [
        different_bins(*rng.standard_normal((2, 1500, 2)), bins=12, seed=round, level=0.5).share for round in range(10)
    ]
    assert 0.35 < np.mean(strict) < 0.65


def test_a_missing_kind_and_a_doubled_kind_are_two_different_bins():
    rng = np.random.default_rng(4)
    found = different_bins(kinds(rng, [50] * 8), kinds(rng, [0, 100, 50, 50, 50, 50, 50, 50]), bins=8)
    assert found.different == 2
    assert different_bins(kinds(rng, [50] * 8), kinds(rng, [50] * 8), bins=8).different == 0


def test_identical_sets_do_not_differ_and_disjoint_ones_differ_by_one_bit():
    rows = kinds(np.random.default_rng(5), [50, 50])
    same = different_bins(rows, rows, bins=2)
    assert same.different == 0 and same.divergence == 0 and same.p == pytest.approx([1, 1])
    apart = different_bins(kinds(np.random.default_rng(6), [50, 50]), np.tile([[0.0, 0, 0]], (80, 1)), bins=2)
    assert apart.different == 2 and apart.divergence > 0.3


def test_rows_of_one_point_and_too_many_bins():
    assert np.isfinite(different_bins(np.ones((20, 2)), np.ones((10, 2)), bins=3).divergence)
    with pytest.raises(ValueError, match="21 bins of 20 rows"):
        different_bins(np.ones((20, 2)), np.ones((10, 2)), bins=21)
