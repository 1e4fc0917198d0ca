import numpy as np
import pytest
import torch
from scipy.fft import dct, idct

from tritone.assets import LOOPS
from tritone.nn.diffusion.low_band import KEPT, Kept, as_resampled, fast_length, low_band
from tritone.signal.files import read_audio
from tritone.signal.resample import resample

RATE = 44_100


def loop(number: int = 0) -> np.ndarray:
    """A second of a recorded loop, `(1, RATE)`."""
    audio, _ = read_audio(sorted(LOOPS.glob("*.ogg"))[number])
    return np.ascontiguousarray(audio[:1, :RATE], np.float32)


def decibels(part: torch.Tensor, whole: torch.Tensor) -> float:
    return float(10 * torch.log10(part.square().mean() / whole.square().mean()))


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("samples", [1, 2, 999, 44_100])
def test_it_is_an_orthogonal_projection(circular, samples):
    signal, other = torch.randn(2, 1, samples), torch.randn(2, 1, samples)
    low = low_band(signal, 0.37, circular)
    assert (low_band(low, 0.37, circular) - low).abs().amax() <= 1e-6
    assert ((signal - low) * low_band(other, 0.37, circular)).sum().abs() < 1e-3
    torch.testing.assert_close(low_band(signal, 1.0, circular), signal)


def test_its_basis_is_that_of_the_cosine_transform():
    signal = torch.randn(1, 1001, dtype=torch.float64)
    partials = dct(signal.numpy(), type=2, norm="ortho")
    partials[:, np.arange(1001) / 1001 > 0.25] = 0
    np.testing.assert_allclose(low_band(signal, 0.25).numpy(), idct(partials, type=2, norm="ortho"), atol=1e-12)


def test_on_a_circle_its_basis_is_that_of_the_fourier_series():
    time = torch.arange(1000, dtype=torch.float64) * (2 * torch.pi / 1000)
    below, above = torch.sin(100 * time + 1), torch.cos(101 * time)
    torch.testing.assert_close(low_band(below + above, 0.2, circular=True), below)


def test_long_sound_has_no_other_band_than_short():
    tone = torch.sin(torch.arange(1 << 20, dtype=torch.float64) * 0.3).float()
    kept, gone = low_band(tone, 0.3 / torch.pi + 1e-3), low_band(tone, 0.3 / torch.pi - 1e-3)
    inner = slice(50_000, -50_000)
    assert decibels((kept - tone)[inner], tone) < -60
    assert decibels(gone[inner], tone) < -60


def test_lengths_with_small_factors_are_near():
    for samples in (1, 16, 17, 31, 32, 33, 999_983, 3_000_017):
        length = fast_length(samples)
        assert samples <= length <= samples * 17 / 16
        while length % 2 == 0:
            length //= 2
        assert length < 32


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050])
def test_what_training_is_told_is_what_resampled_files_sound_like(rate):
    audio = loop()
    there_and_back = torch.from_numpy(resample(resample(audio, RATE, rate), rate, RATE))
    made = as_resampled(torch.from_numpy(audio), rate / RATE)
    inner = slice(2000, min(there_and_back.shape[-1], RATE) - 2000)
    assert decibels((made[:, inner] - there_and_back[:, inner]), there_and_back[:, inner]) < -55


@pytest.mark.parametrize("rate", [8_000, 22_050])
def test_resampling_leaves_the_kept_band_as_it_was(rate):
    audio = loop(3)
    there_and_back = torch.from_numpy(resample(resample(audio, RATE, rate), rate, RATE))[:, :RATE]
    share = KEPT * rate / RATE
    before, after = low_band(torch.from_numpy(audio), share), low_band(there_and_back, share)
    assert decibels(after - before, before) < -45


def test_estimates_get_the_given_band_and_come_no_further_from_the_sound_that_has_it():
    sound, guess = torch.randn(2, 1, 3000), torch.randn(2, 1, 3000)
    held = Kept(lambda x, sigma: x + guess, sound, 0.4)(sound, torch.ones(2))
    assert (low_band(held, 0.4) - low_band(sound, 0.4)).abs().amax() <= 1e-5
    torch.testing.assert_close(held - low_band(held, 0.4), sound + guess - low_band(sound + guess, 0.4))
    wrong_before, wrong_after = guess.square().sum(), (held - sound).square().sum()
    assert wrong_after.item() == pytest.approx((wrong_before - low_band(guess, 0.4).square().sum()).item(), rel=1e-4)
