"""Strengths against the model's own equations and a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from tritone.judge.listen.bradley_terry import PRIOR, strengths


def test_two_systems_have_the_log_of_the_odds():
    one, two = strengths(np.array([[0.0, 30.0], [10.0, 0.0]]))
    assert one - two == pytest.approx(np.log((30 + PRIOR) / (10 + PRIOR)))
    assert one + two == pytest.approx(0)


def test_it_is_the_most_likely():
    wins = np.random.default_rng(0).integers(0, 20, (5, 5)) * (1.0 - np.eye(5))
    counted = wins + PRIOR * (1 - np.eye(5))

    def unlikely(strong):
        return (counted * np.logaddexp(0, strong[None, :] - strong[:, None])).sum()

    best = minimize(unlikely, np.zeros(5), method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(strengths(wins), best - best.mean(), atol=1e-4)


def test_many_at_once_are_each_alone():
    wins = np.random.default_rng(1).integers(0, 9, (7, 4, 4)).astype(float)
    wins *= 1 - np.eye(4)
    np.testing.assert_allclose(strengths(wins), np.stack([strengths(one) for one in wins]), atol=1e-6)


def test_one_that_never_lost_is_finite():
    strong = strengths(np.array([[0, 9, 9], [0, 0, 9], [0, 0, 0.0]]))
    assert np.isfinite(strong).all() and strong[0] > strong[1] > strong[2]
