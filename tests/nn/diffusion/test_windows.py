"""Long signals in windows."""

import pytest
import torch

from tritone.nn.diffusion.conditions import NOTHING, Conditions
from tritone.nn.diffusion.windows import Windowed


class Recorder:
    """Notes what it is asked, and answers with a function of each place alone."""

    def __init__(self, answer=None):
        self.asked, self.answer = [], answer or (lambda x, sigma, conditions: torch.tanh(x) * sigma[:, None, None])

    def __call__(self, x, sigma, conditions=NOTHING, circular=False):
        self.asked.append((x.shape[-1], circular))
        return self.answer(x, sigma, conditions)


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize(
    ("total", "size", "overlap"), [(9, 8, 2), (100, 8, 2), (101, 17, 16), (257, 64, 0), (31, 30, 29)]
)
def test_what_depends_on_each_place_alone_is_that_of_the_whole(total, size, overlap, circular):
    whole, x, sigma = Recorder(), torch.randn(3, 2, total), torch.tensor([0.1, 1.0, 3.0])
    made = Windowed(whole, size, overlap)(x, sigma, NOTHING, circular)
    torch.testing.assert_close(made, torch.tanh(x) * sigma[:, None, None], rtol=1e-5, atol=1e-6)
    assert len(whole.asked) > 1 and set(whole.asked) == {(size, False)}


@pytest.mark.parametrize("circular", [False, True])
def test_a_signal_that_fits_goes_through_whole(circular):
    whole = Recorder()
    Windowed(whole, 8, 2)(torch.randn(1, 1, 8), torch.ones(1), NOTHING, circular)
    assert whole.asked == [(8, circular)]


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize(("total", "size", "overlap"), [(9, 8, 2), (1000, 64, 16), (65, 64, 63), (997, 100, 25)])
def test_neighbours_share_at_least_the_overlap(total, size, overlap, circular):
    starts = list(Windowed(Recorder(), size, overlap).starts(total, circular))
    ends = [*starts[1:], starts[0] + total] if circular else [*starts[1:]]
    shared = [start + size - after for start, after in zip(starts, ends, strict=False)]
    assert min(shared) >= overlap and starts[0] == 0
    assert circular or starts[-1] + size == total
    assert len(starts) == len(set(starts)) <= -(-total // (size - overlap))


def test_estimates_fade_into_each_other():
    """Window n answers with n; what comes out rises from one to the next without a step."""
    numbers = iter(range(100))
    made = Windowed(Recorder(lambda x, *_: torch.full_like(x, next(numbers))), 40, 20)(
        torch.zeros(1, 1, 100), torch.ones(1)
    )
    assert made[0, 0, 0] == 0 and made[0, 0, -1] == 3 and bool((made.diff() >= -1e-6).all())
    assert float(made.diff().max()) < 0.1
    middle = made[0, 0, 20:40]
    torch.testing.assert_close(middle + middle.flip(0), torch.ones(20), rtol=0, atol=1e-5)


def test_a_circle_has_no_seam():
    numbers = iter([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    made = Windowed(Recorder(lambda x, *_: torch.full_like(x, next(numbers))), 40, 20)(
        torch.zeros(1, 1, 120), torch.ones(1), NOTHING, True
    )
    around = torch.cat([made, made[..., :1]], -1).diff()
    assert float(around.abs().max()) < 0.1 and made.std() > 0.2


def test_channels_beside_the_signal_are_cut_with_it():
    answer = Recorder(lambda x, sigma, conditions: x + conditions.channels)
    x, beside = torch.randn(2, 1, 90), torch.randn(2, 1, 90)
    told = Conditions(channels=beside, vector=torch.zeros(2, 3))
    torch.testing.assert_close(Windowed(answer, 32, 8)(x, torch.ones(2), told), x + beside, rtol=0, atol=1e-6)


def test_context_and_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match="context"):
        Windowed(Recorder(), 8, 2)(torch.zeros(1, 1, 9), torch.ones(1), Conditions(context=torch.zeros(1, 1, 3)))
    for size, overlap in ((8, 8), (8, -1), (0, 0)):
        with pytest.raises(ValueError, match="overlap"):
            Windowed(Recorder(), size, overlap)


def test_rows_do_not_depend_on_each_other():
    windowed, x = Windowed(Recorder(), 16, 4), torch.randn(3, 1, 50)
    torch.testing.assert_close(windowed(x, torch.ones(3))[1:2], windowed(x[1:2], torch.ones(1)), rtol=0, atol=0)
