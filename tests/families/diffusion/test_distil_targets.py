"""Where the teacher's equation leads: against its closed form for Gaussian data, and scipy's solution for a mixture."""

import pytest
import torch
from exact_denoisers import gaussian, mixture, normal_quantiles, solved

from tritone.families.diffusion.distil_targets import consistent, distance, followed

MEAN, DEVIATION = 0.4, 0.7
LEVELS = torch.tensor([0.3, 1.0, 2.5, 8.0], dtype=torch.float64)
GRID = {"lowest": 0.01, "highest": 8.0}


def end_point(x, sigma):
    """The exact end of the equation for N(0.4, 0.7²): deviations from the mean shrink with that of the marginal."""
    return MEAN + (x - MEAN) * (DEVIATION / (DEVIATION**2 + sigma**2).sqrt())[:, None, None]


def noisy(rows=4):
    generator = torch.Generator().manual_seed(1)
    return MEAN + 3 * torch.randn(rows, 2, 9, generator=generator, dtype=torch.float64)


def test_end_point_of_gaussian_data_is_the_closed_form_for_every_rows_own_level():
    found = followed(gaussian(DEVIATION, MEAN), noisy(), LEVELS, lowest=1e-3, steps=400)
    torch.testing.assert_close(found, end_point(noisy(), LEVELS), rtol=0, atol=4e-4)


def test_error_falls_with_the_square_of_the_steps():
    exact, errors = end_point(noisy(), LEVELS), []
    for steps in (20, 40, 80):
        found = followed(gaussian(DEVIATION, MEAN), noisy(), LEVELS, lowest=1e-4, steps=steps)
        errors.append(float((found - exact).abs().max()))
    assert 3.2 < errors[0] / errors[1] < 5.5 and 3.2 < errors[1] / errors[2] < 5.5


def test_end_point_of_a_mixture_is_scipys():
    start = 8.0 * normal_quantiles(24)
    exact = solved(mixture, start, 8.0, 1e-4)
    found = followed(mixture, start, torch.tensor([8.0], dtype=torch.float64), lowest=1e-4, steps=300)
    assert float((found - exact).abs().max()) < 2e-3


def test_a_row_does_not_depend_on_its_neighbours():
    together = followed(gaussian(DEVIATION, MEAN), noisy(), LEVELS, lowest=0.01, steps=7)
    for row in range(4):
        alone = followed(gaussian(DEVIATION, MEAN), noisy()[row : row + 1], LEVELS[row : row + 1], lowest=0.01, steps=7)
        assert torch.equal(alone[0], together[row])


@pytest.mark.parametrize("steps", [1, 6])
def test_as_many_evaluations_as_steps_and_none_below_the_lowest_level(steps):
    asked = []

    def denoise(x, sigma):
        asked.append(sigma)
        return 0.5 * x

    low = torch.tensor([0.005, 3.0])
    followed(denoise, torch.ones(2, 1, 4), low, lowest=0.01, steps=steps)
    assert len(asked) == steps
    assert torch.equal(torch.stack(asked)[:, 0], torch.full((steps,), 0.005))
    assert float(asked[-1][1]) == pytest.approx(0.01 if steps > 1 else 3.0)


def test_the_exact_consistency_function_asks_nothing_of_itself():
    """Its target is itself but for the error of one step, which falls with the cube of the step."""
    exact, errors = end_point(noisy(), LEVELS), []
    for grid in (50, 100, 200):
        target = consistent(gaussian(DEVIATION, MEAN), end_point, noisy(), LEVELS, grid=grid, **GRID)
        errors.append(float((target - exact).abs().max()))
    assert errors[2] < 1e-4 and errors[0] / errors[1] > 6.5 and errors[1] / errors[2] > 6.5


def test_another_function_is_asked_to_change():
    wrong = gaussian(DEVIATION, MEAN)
    target = consistent(gaussian(DEVIATION, MEAN), wrong, noisy(), LEVELS, grid=200, **GRID)
    assert float((target - wrong(noisy(), LEVELS)).abs().mean()) > 3e-3


def test_below_the_lowest_level_the_teacher_itself_is_the_target():
    level, teacher = torch.full((4,), 0.01), gaussian(DEVIATION, MEAN)
    target = consistent(teacher, lambda x, sigma: x * torch.nan, noisy(), level, grid=32, **GRID)
    torch.testing.assert_close(target, teacher(noisy(), level))


def test_distance_is_the_squared_error_of_v():
    generator = torch.Generator().manual_seed(2)
    x, one, other = torch.randn(3, 3, 2, 5, generator=generator, dtype=torch.float64)
    sigma = torch.tensor([0.05, 0.8, 8.0], dtype=torch.float64)
    level = sigma[:, None, None]
    whole = (1 + level**2).sqrt()

    def v_of(clean):
        """c n − s x0 with c = 1 / whole, s = sigma / whole and the noise that this estimate takes to be there."""
        return (x - clean) / level / whole - level / whole * clean

    squared = (v_of(one) - v_of(other)).square().mean((1, 2))
    torch.testing.assert_close(distance(one, other, sigma), squared)
