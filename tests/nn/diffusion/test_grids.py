from dataclasses import replace
from math import log, pi

import numpy as np
import pytest
import torch

from tritone.errors import UserError
from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.grids import noise_levels


@pytest.mark.parametrize("grid", ["log-sigma", "karras", "linear"])
@pytest.mark.parametrize("steps", [1, 2, 3, 16, 100])
def test_descend_from_the_first_level_to_none(grid, steps):
    levels = noise_levels(SamplingConfig(grid=grid, steps=steps))
    assert levels.shape == (steps + 1,)
    assert levels.dtype == torch.float64
    assert levels[-1] == 0
    assert (levels[:-1] > levels[1:]).all()
    if grid != "linear":
        assert float(levels[0]) == pytest.approx(25)
        assert steps == 1 or float(levels[-2]) == pytest.approx(0.03)


def test_log_sigma_falls_by_the_same_factor():
    levels = noise_levels(SamplingConfig(steps=4, sigma_max=8, sigma_min=1)).tolist()
    assert levels == pytest.approx([8, 4, 2, 1, 0])


def test_karras_by_their_formula():
    """Table 1 of arXiv 2206.00364, written with numpy."""
    steps, largest, smallest = 10, 80.0, 0.002
    i = np.arange(steps)
    expected = (largest ** (1 / 7) + i / (steps - 1) * (smallest ** (1 / 7) - largest ** (1 / 7))) ** 7
    config = SamplingConfig(grid="karras", steps=steps, sigma_max=largest, sigma_min=smallest)
    np.testing.assert_allclose(noise_levels(config)[:-1].numpy(), expected, rtol=1e-12)


def test_linear_is_the_peer_s_linear_schedule():
    """LinearSchedule(start=1, end=0) gives linspace(1, 0, steps + 1) as angles in units of π/2."""
    levels = noise_levels(SamplingConfig(grid="linear", steps=7))
    np.testing.assert_allclose(np.arctan(levels.numpy()) * 2 / pi, np.linspace(1, 0, 8), atol=1e-15)
    assert levels[0] > 1e16


@pytest.mark.parametrize("grid", ["log-sigma", "karras", "linear"])
def test_strength_names_the_first_level_whatever_the_steps(grid):
    config = SamplingConfig(grid=grid, steps=20)
    whole = noise_levels(config)
    assert torch.equal(noise_levels(config, 1.0), whole)
    half = noise_levels(config, 0.5)
    assert len(half) == 11
    assert half[0] == pytest.approx(float(noise_levels(replace(config, steps=60), 0.5)[0]))
    assert (half[:-1] > half[1:]).all() and half[-1] == 0
    assert len(noise_levels(config, 0.01)) == 2
    firsts = [float(noise_levels(config, strength)[0]) for strength in (0.05, 0.3, 0.7, 1.0)]
    assert firsts == sorted(firsts)


def test_strength_in_log_sigma_is_a_share_of_its_length():
    config = SamplingConfig(steps=10, sigma_max=8, sigma_min=0.5)
    assert log(float(noise_levels(config, 0.25)[0])) == pytest.approx(log(0.5) + 0.25 * log(16))


def test_strength_that_is_no_share_is_refused():
    for strength in (0.0, -0.1, 1.1):
        with pytest.raises(UserError, match="strength"):
            noise_levels(SamplingConfig(), strength)
