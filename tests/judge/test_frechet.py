"""The Fréchet distance against closed forms and scipy's general matrix root."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from tritone.judge.frechet import few, frechet_by_file, frechet_distance


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


def test_more_rows_than_dimensions_in_one_set_alone_agree_with_the_general_root():
    rng = np.random.default_rng(6)
    first, second = rng.standard_normal((400, 24)) @ rng.standard_normal((24, 24)), rng.standard_normal((9, 24))
    for pair in ((first, second), (second, first)):
        # rank 8: of the product of two covariances the roots of the eigenvalues are those of the symmetric form
        values = np.linalg.eigvals(np.cov(first.T) @ np.cov(second.T)).real
        trace = np.trace(np.cov(first.T)) + np.trace(np.cov(second.T)) - 2 * np.sqrt(np.maximum(values, 0)).sum()
        expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + trace
        assert frechet_distance(*pair) == pytest.approx(expected, rel=1e-5)


def test_each_file_alone_and_a_file_of_one_row_is_a_point():
    rng = np.random.default_rng(7)
    mean, covariance = np.array([1.0, -1.0, 2.0]), np.diag([1.0, 4.0, 0.25])
    reference = with_moments(rng, 200, mean, covariance)
    pair_of_rows, single = np.array([[2.0, -1.0, 2.0], [0.0, -1.0, 2.0]]), np.array([[1.0, -1.0, 5.0]])
    rows = np.concatenate([pair_of_rows, single, mean[None]])
    found = frechet_by_file(reference, rows, ["two", "two", "far", "middle"])
    assert list(found) == ["two", "far", "middle"]
    # the cost of moving all of the Gaussian onto a point: its distance from the mean, and the variance
    assert found["middle"] == pytest.approx(5.25) and found["far"] == pytest.approx(9 + 5.25)
    # two rows along the first axis have the variance 2 there and none elsewhere
    assert found["two"] == pytest.approx((np.sqrt(2) - 1) ** 2 + 4 + 0.25)
    with pytest.raises(ValueError, match="3 names of files for 4 rows"):
        frechet_by_file(reference, rows, ["a", "b", "c"])
