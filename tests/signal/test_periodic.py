import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample

from tritone.signal.periodic import resample_periodic


@settings(deadline=None, max_examples=60)
@given(time=st.integers(1, 60), samples=st.integers(1, 60))
def test_it_is_scipys_fourier_resampling(time, samples):
    audio = np.random.default_rng(time).standard_normal((2, 3, time))
    ours = resample_periodic(torch.from_numpy(audio), samples)
    np.testing.assert_allclose(ours, resample(audio, samples, axis=-1), atol=1e-12)


@pytest.mark.parametrize(("time", "samples"), [(1000, 1102), (1102, 1000), (999, 1000), (1000, 999)])
def test_partials_of_the_period_stay_what_they_are(time, samples):
    def sound(count: int) -> torch.Tensor:
        turns = torch.arange(count, dtype=torch.float64) / count
        return torch.stack([(2 * torch.pi * k * turns + k).cos() for k in (0, 1, 7, 250, 499)])

    torch.testing.assert_close(resample_periodic(sound(time), samples), sound(samples), rtol=0, atol=1e-11)


def test_turning_the_circle_before_or_after_is_the_same():
    audio = torch.randn(2, 600, dtype=torch.float64)
    turned = resample_periodic(audio.roll(6, -1), 500)
    torch.testing.assert_close(turned, resample_periodic(audio, 500).roll(5, -1), rtol=0, atol=1e-12)


def test_partials_above_half_the_new_rate_are_gone():
    high = (2 * torch.pi * 300 * torch.arange(1000, dtype=torch.float64) / 1000).cos()
    assert resample_periodic(high, 500).abs().max() < 1e-12


def test_the_same_length_changes_nothing_and_nothing_is_refused():
    audio = torch.randn(1, 17)
    assert torch.equal(resample_periodic(audio, 17), audio)
    with pytest.raises(ValueError, match="at least 1"):
        resample_periodic(audio, 0)
    with pytest.raises(ValueError, match="at least 1"):
        resample_periodic(torch.zeros(1, 0), 5)
