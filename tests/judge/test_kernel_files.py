"""The kernel distance by files: against the plain one, the sum written out, and what it does with alike rows."""

import numpy as np
import pytest

from tritone.judge import kernel_files
from tritone.judge.kernel import kernel_distance, median_distance
from tritone.judge.kernel_files import file_kernels


def test_with_one_row_a_file_it_is_the_kernel_distance_of_any_choice():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((14, 3)), rng.standard_normal((11, 3)) + 0.4
    kernels = file_kernels(first, second)
    assert kernels.whole() == pytest.approx(kernel_distance(first, second), rel=1e-9)
    some, others = np.array([3, 0, 7, 9, 12]), np.array([10, 2, 5])
    expected = kernel_distance(first[some], second[others], bandwidth=median_distance(first))
    assert kernels.distance(some, others) == pytest.approx(expected, rel=1e-9)
    assert kernels.shares().mean() == pytest.approx(kernels.whole(), rel=1e-9)


def test_pairs_of_one_file_do_not_count():
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((9, 2)), rng.standard_normal((7, 2)) + 1
    ours, theirs = [0, 0, 0, 1, 1, 2, 3, 3, 3], ["a", "b", "b", "b", "c", "c", "d"]

    def k(a, b):
        return np.exp(-((a - b) ** 2).sum() / (2 * 0.8**2))

    def mean(rows, others, apart):
        return np.mean([k(a, b) for i, a in enumerate(rows) for j, b in enumerate(others) if apart(i, j)])

    expected = mean(first, first, lambda i, j: ours[i] != ours[j]) + mean(
        second, second, lambda i, j: theirs[i] != theirs[j]
    )
    expected -= 2 * mean(first, second, lambda i, j: True)
    kernels = file_kernels(first, second, reference_files=ours, sample_files=theirs, bandwidth=0.8)
    assert kernels.whole() == pytest.approx(100 * expected, rel=1e-9)
    assert kernels.sample_rows.tolist() == [1, 3, 2, 1]


def test_alike_rows_of_files_make_no_distance():
    """Eight rows a file, all nearly equal: counted as rows of their own, they look as if they kept together."""
    rng = np.random.default_rng(2)
    by_file, by_row = [], []
    for _ in range(60):
        first, second = (np.repeat(rng.standard_normal((25, 4)), 8, axis=0) for _ in "ab")
        files = [row // 8 for row in range(200)]
        by_file.append(file_kernels(first, second, reference_files=files, sample_files=files).whole())
        by_row.append(kernel_distance(first, second))
    assert abs(np.mean(by_file)) < 4 * np.std(by_file) / np.sqrt(60)
    assert np.mean(by_row) > 8 * np.std(by_file) / np.sqrt(60)


def test_shares_name_the_worst_and_see_what_the_witness_alone_does_not():
    rng = np.random.default_rng(3)
    reference, good = rng.standard_normal((80, 5)), rng.standard_normal((40, 5))
    lonely, doubled = np.full((1, 5), 30.0), np.repeat(reference[:1] + 2.0, 6, axis=0)
    kernels = file_kernels(reference, np.concatenate([good, lonely, doubled]))
    shares = kernels.shares()
    assert shares[40] > np.percentile(shares[:40], 95)
    assert shares[41:].min() > np.median(shares[:40])
    witness = kernels.samples.sum(0) - 1
    witness = witness / 46 - kernels.across.mean(0)
    assert witness[40] == pytest.approx(0, abs=1e-6) and (witness[:40] < 0).any()  # like nothing, and called ordinary


def test_blocks_of_files_change_nothing(monkeypatch):
    rng = np.random.default_rng(5)
    first, second = rng.standard_normal((40, 3)), rng.standard_normal((33, 3))
    files = [row // 3 for row in range(33)]
    whole = file_kernels(first, second, sample_files=files)
    monkeypatch.setattr(kernel_files, "FILES", 4)
    blocks = file_kernels(first, second, sample_files=files)
    for name in ("reference", "samples", "across"):
        assert getattr(blocks, name) == pytest.approx(getattr(whole, name), rel=1e-12)


def test_impossible_sets_are_refused():
    rows = np.random.default_rng(4).standard_normal((6, 2))
    with pytest.raises(ValueError, match="at least two files"):
        file_kernels(rows, rows, sample_files=["a"] * 6)
    with pytest.raises(ValueError, match="bandwidth"):
        file_kernels(np.ones((6, 2)), rows)
