"""Any number of channels to mono or stereo."""

import numpy as np
import pytest

from tritone.signal.channels import mix, mixing_matrix

H = 2**-0.5


def test_mono_is_the_mean_of_left_and_right():
    stereo = np.array([[1.0, 0.5], [0.0, -0.5]], np.float32)
    np.testing.assert_allclose(mix(stereo, 1), [[0.5, 0.0]])


def test_stereo_from_mono_is_the_same_on_both_sides():
    mono = np.array([[0.25, -1.0]], np.float32)
    np.testing.assert_array_equal(mix(mono, 2), [[0.25, -1.0], [0.25, -1.0]])


def test_surround_follows_itu_bs_775():
    total = 1 + H + H
    expected = np.array([[1, 0, H, 0, H, 0], [0, 1, H, 0, 0, H]]) / total
    np.testing.assert_allclose(mixing_matrix(6, 2), expected, rtol=1e-6)
    np.testing.assert_allclose(mixing_matrix(6, 1), expected.mean(axis=0, keepdims=True), rtol=1e-6)


@pytest.mark.parametrize("source", range(1, 13))
@pytest.mark.parametrize("target", [1, 2])
def test_nothing_clips_and_no_side_is_lost(source, target):
    matrix = mixing_matrix(source, target)
    assert matrix.shape == (target, source)
    assert (matrix.sum(axis=1) <= 1 + 1e-6).all() and (matrix.sum(axis=1) > 0.99).all()
    heard = matrix.sum(axis=0) > 0
    assert heard.sum() >= source - (source in (6, 7, 8))


@pytest.mark.parametrize("source", range(3, 9))
def test_left_and_right_mirror_each_other(source):
    matrix = mixing_matrix(source, 2)
    assert sorted(matrix[0].tolist()) == pytest.approx(sorted(matrix[1].tolist()))
