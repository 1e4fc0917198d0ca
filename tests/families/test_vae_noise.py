import numpy as np
import pytest
import torch

from tritone.families.vae.noise_branch import NoiseBranch, filter_frames, impulse_responses, modified_sigmoid


@pytest.mark.parametrize(("hop", "taps"), [(64, 8), (8, 62), (16, 16)])
def test_filtering_is_the_direct_sum(hop: int, taps: int) -> None:
    generator = np.random.default_rng(0)
    noise, filters = generator.uniform(-1, 1, (2, 7, hop)), generator.normal(size=(2, 7, taps))
    expected = np.zeros((2, 7 * hop))
    for row in range(2):
        long = np.zeros(7 * hop + taps)
        for frame in range(7):
            long[frame * hop : frame * hop + hop + taps - 1] += np.convolve(noise[row, frame], filters[row, frame])
        expected[row] = long[taps // 2 :][: 7 * hop]
    result = filter_frames(torch.from_numpy(noise), torch.from_numpy(filters))
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_equal_amplitudes_leave_the_noise_as_it_is() -> None:
    noise = torch.randn(3, 5, 16)
    filtered = filter_frames(noise, impulse_responses(torch.ones(3, 5, 9)))
    torch.testing.assert_close(filtered, noise.flatten(1), rtol=0, atol=1e-5)


def test_impulse_responses_have_the_amplitudes_they_were_given() -> None:
    amplitudes = torch.linspace(1, 0, 33)
    response = impulse_responses(amplitudes)
    magnitude = torch.fft.rfft(response).abs()
    torch.testing.assert_close(magnitude[4:-4], amplitudes[4:-4], rtol=0, atol=0.01)


def test_modified_sigmoid() -> None:
    assert modified_sigmoid(torch.tensor(0.0)).item() == pytest.approx(2 * 0.5**2.3, rel=1e-5)
    assert modified_sigmoid(torch.tensor(-100.0)).item() == pytest.approx(1e-7)


def test_branch_starts_quiet_and_keeps_the_shape() -> None:
    branch = NoiseBranch(channels=4, hidden=6, bands=3, amplitudes=5, ratios=(4, 2), kernels=(8, 4), causal=True)
    noise = torch.rand(2, 3, 32) * 2 - 1
    output = branch(torch.randn(2, 4, 32), noise)
    assert output.shape == noise.shape
    assert 0 < output.abs().max() < 0.01
