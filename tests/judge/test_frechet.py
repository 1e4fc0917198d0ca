"""The Fréchet distance against closed forms and scipy's general matrix root."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from tritone.judge.frechet import few, frechet_distance


def with_moments(rng, count, mean, covariance):
    """Rows whose sample mean and covariance are exactly these."""
    rows = rng.standard_normal((count, len(mean)))
    rows -= rows.mean(0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(rows.T @ rows / (count - 1))).T
    return rows @ np.linalg.cholesky(covariance).T + mean


def test_gaussians_with_commuting_covariances_have_a_closed_form():
    rng = np.random.default_rng(0)
    first = with_moments(rng, 50, np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    second = with_moments(rng, 80, np.array([1.0, -2.0, 0.5]), np.diag([4.0, 4.0, 0.25]))
    expected = (1 + 4 + 0.25) + (1 - 2) ** 2 + 0 + (3 - 0.5) ** 2
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-10)


def test_it_agrees_with_the_general_matrix_root():
    rng = np.random.default_rng(1)
    first = rng.standard_normal((90, 12)) @ rng.standard_normal((12, 12))
    second = rng.standard_normal((70, 12)) @ rng.standard_normal((12, 12)) + 0.3
    covariances = np.cov(first.T), np.cov(second.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    means = first.mean(0) - second.mean(0)
    expected = means @ means + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)


def test_fewer_rows_than_dimensions_still_work():
    rng = np.random.default_rng(2)
    first, second = rng.standard_normal((20, 64)), rng.standard_normal((15, 64))
    # of rank-deficient covariances A'A and B'B the root has the trace of the singular values of A B'
    halves = [(rows - rows.mean(0)) / np.sqrt(len(rows) - 1) for rows in (first, second)]
    nuclear = np.linalg.svd(halves[0] @ halves[1].T, compute_uv=False).sum()
    means = first.mean(0) - second.mean(0)
    expected = means @ means + sum((half**2).sum() for half in halves) - 2 * nuclear
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-5)


def test_a_set_and_itself_and_the_order_of_the_sets():
    rng = np.random.default_rng(3)
    first, second = rng.standard_normal((200, 8)), rng.standard_normal((150, 8)) * 2
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first), rel=1e-9)
    assert frechet_distance(torch.from_numpy(first).float(), second) == pytest.approx(
        frechet_distance(first, second), rel=1e-5
    )


def test_bias_falls_with_the_number_of_rows_and_few_says_so():
    rng = np.random.default_rng(4)
    found = [frechet_distance(*rng.standard_normal((2, count, 32))) for count in (50, 400, 3200)]
    assert found[0] > 4 * found[1] > 16 * found[2] / 1.5
    assert few(rng.standard_normal((319, 32)), rng.standard_normal((9000, 32)))
    assert not few(rng.standard_normal((320, 32)), rng.standard_normal((9000, 32)))


@pytest.mark.parametrize("bad", [np.zeros(5), np.zeros((1, 3)), np.full((4, 3), np.nan), np.zeros((4, 2))])
def test_what_is_no_set_of_the_same_dimensions_is_refused(bad):
    with pytest.raises(ValueError, match=r"embeddings|dimensions"):
        frechet_distance(np.random.default_rng(0).standard_normal((4, 3)), bad)
