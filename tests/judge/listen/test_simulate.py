"""Drawn listeners scatter as the formula for planning says, and the careless are found."""

import numpy as np
import pytest

from tritone.judge.listen.design import EXCLUSION
from tritone.judge.listen.exclusion import inattentive
from tritone.judge.listen.simulate import Variation, half_width, simulated, widths
from tritone.judge.listen.test import ANCHOR, REAL

SIZES = {"listeners": 12, "items": 12, "per_listener": 6}
MILD = Variation(listener=0.3, item=0.2, taste=0.15, luck=0.2, answer=0.5)
"""So little that the ends of the scale are hardly reached."""


def test_half_width_is_that_of_many_draws():
    rng = np.random.default_rng(0)
    means = []
    for _ in range(600):
        votes = simulated(MILD, {"a": -0.4, "b": -0.4}, rng, **SIZES)
        means.append([np.nanmean(votes.of("a")), np.nanmean(votes.of("a") - votes.of("b"))])
    single, both = 1.96 * np.std(means, axis=0)
    rounded = Variation(**(vars(MILD) | {"answer": np.sqrt(0.5**2 + 1 / 12)}))  # whole grades
    assert half_width(rounded, 12, 12, 6) == pytest.approx(single, rel=0.1)
    assert half_width(rounded, 12, 12, 6, difference=True) == pytest.approx(both, rel=0.1)


def test_more_listeners_help_and_then_only_more_sounds_do():
    few, some, many = widths(Variation(), 20, 10).values()
    assert few > some > many
    assert half_width(Variation(), 10**6, 20, 10, difference=True) == pytest.approx(
        1.96 * 0.3 * np.sqrt(2 / 20), rel=0.01
    )


def test_advantages_and_parts():
    votes = simulated(MILD, {"a": 0.0, "b": 0.5}, np.random.default_rng(1), listeners=200, items=40, per_listener=10)
    assert np.nanmean(votes.of("b") - votes.of("a")) == pytest.approx(0.5, abs=0.15)
    assert np.all((~np.isnan(votes.values)).sum(1) == 10)
    assert np.all((~np.isnan(votes.values)).sum(0) == 50)


def test_the_careless_are_left_out_and_nearly_all_others_are_not():
    rng = np.random.default_rng(2)
    wrong, right = [], []
    for _ in range(40):
        votes = simulated(
            Variation(), {"a": 0.0, REAL: 0.8, ANCHOR: -1.2}, rng, listeners=20, items=16, per_listener=8, careless=5
        )
        out = inattentive("rating", EXCLUSION["rating"], votes)
        careless = set(votes.listeners[-5:])
        wrong.append(len(set(out) - careless) / 15)
        right.append(len(set(out) & careless) / 5)
    assert np.mean(wrong) < 0.06 and np.mean(right) > 0.65
