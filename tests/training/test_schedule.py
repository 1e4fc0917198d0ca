import math

import pytest

from tritone.training.schedule import constant, cosine, geometric, linear, warmup


@pytest.mark.parametrize("schedule", [linear, cosine, geometric])
def test_ends_are_exact_and_flat_outside(schedule):
    assert [schedule(step, 10, 20, 2.0, 0.5) for step in (0, 10)] == [2.0, 2.0]
    assert [schedule(step, 10, 20, 2.0, 0.5) for step in (20, 99)] == [0.5, 0.5]
    falling = [schedule(step, 10, 20, 2.0, 0.5) for step in range(10, 21)]
    assert falling == sorted(falling, reverse=True) and len(set(falling)) == 11


def test_middles_are_the_closed_forms():
    assert linear(15, 10, 20, 2.0, 0.5) == pytest.approx(1.25)
    assert cosine(15, 10, 20, 2.0, 0.5) == pytest.approx(1.25)
    assert cosine(12, 10, 20, 1.0, 0.0) == pytest.approx(0.5 * (1 + math.cos(math.pi * 0.2)))
    assert geometric(15, 10, 20, 1e-6, 1e-2) == pytest.approx(1e-4)


def test_constant_warmup_and_empty_spans():
    assert constant(7, 0.1) == 0.1
    assert [warmup(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0] and warmup(0, 0) == 1.0
    assert linear(5, 5, 5, 1.0, 2.0) == 2.0 and linear(4, 5, 5, 1.0, 2.0) == 1.0
