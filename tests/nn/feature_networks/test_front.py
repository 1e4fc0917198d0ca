import numpy as np
import pytest
import scipy.signal
import torch

from tritone.nn.feature_networks.front import FrontEnd, mono, resample
from tritone.signal.resample import resampled_frames


def sine(hertz: float, rate: int, samples: int) -> torch.Tensor:
    return torch.sin(2 * torch.pi * hertz * torch.arange(samples, dtype=torch.float64) / rate)[None]


@pytest.mark.parametrize(
    ("from_rate", "to_rate"), [(44_100, 16_000), (16_000, 44_100), (48_000, 44_100), (44_099, 16_000)]
)
def test_a_sine_stays_that_sine_at_another_rate(from_rate: int, to_rate: int) -> None:
    found = resample(sine(3001.0, from_rate, 20_000), from_rate, to_rate)
    assert found.shape[-1] == resampled_frames(20_000, from_rate, to_rate)
    inner = slice(to_rate // 16, -to_rate // 16)
    expected = sine(3001.0, to_rate, found.shape[-1])
    assert (found - expected)[0, inner].abs().max() < 2e-4


def test_what_lies_above_the_new_nyquist_rate_is_gone() -> None:
    found = resample(sine(8100.0, 44_100, 44_100), 44_100, 16_000)
    assert found[0, 1000:-1000].abs().max() < 1e-4


def test_resampling_agrees_with_scipy_on_noise_in_the_passband() -> None:
    noise = np.random.default_rng(1).standard_normal(8192)
    low = scipy.signal.sosfiltfilt(scipy.signal.butter(12, 0.6, output="sos"), noise).copy()
    expected = scipy.signal.resample_poly(low, 160, 147, window=("kaiser", 14.0))
    found = resample(torch.from_numpy(low)[None], 44_100, 48_000)[0].numpy()
    assert np.abs(found - expected[: len(found)])[500:-500].max() < 2e-2 * np.abs(expected).max()


def test_resampling_has_the_gradient_of_a_linear_map() -> None:
    audio = torch.randn(1, 60, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda sound: resample(sound, 3, 2), audio)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("reflect", [True, False])
def test_the_front_end_measures_what_numpy_measures(power: int, reflect: bool) -> None:
    generator = np.random.default_rng(2)
    window, filters = generator.random(24), generator.random((5, 17))
    front = FrontEnd(
        rate=1000, window=torch.from_numpy(window), transform=32, hop=7, filters=torch.from_numpy(filters), power=power,
        left=12, right=9, reflect=reflect,
    )  # fmt: skip
    audio = generator.standard_normal(100)
    padded = np.pad(audio, (12, 9), mode="reflect" if reflect else "constant")
    starts = range(0, len(padded) - 23, 7)
    spectra = [np.abs(np.fft.rfft(padded[start : start + 24] * window, 32)) ** power for start in starts]
    found = front(torch.from_numpy(audio).float()[None])[0].numpy()
    np.testing.assert_allclose(found, filters @ np.stack(spectra, 1), rtol=2e-4, atol=1e-4)
    assert front.first_centre == 0.0


@pytest.mark.parametrize("samples", [1, 9, 23, 24, 25, 100, 101])
def test_the_number_of_frames_is_known_beforehand(samples: int) -> None:
    for left, right, reflect in ((0, 0, False), (12, 23, False), (12, 12, True)):
        front = FrontEnd(
            rate=1000, window=torch.ones(24), transform=24, hop=7, filters=torch.ones(1, 13), left=left, right=right,
            reflect=reflect,
        )  # fmt: skip
        if not reflect or samples > 12:
            assert front(torch.ones(1, samples)).shape[-1] == front.frames(samples)


def test_mono_is_the_mean_over_channels() -> None:
    assert torch.equal(mono(torch.tensor([[[1.0, 2.0], [3.0, -2.0]]])), torch.tensor([[2.0, 0.0]]))
