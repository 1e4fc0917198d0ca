import numpy as np
import pytest
import scipy.signal
import torch

from tritone.signal.stft import frames, frames_adjoint, magnitude


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(("window", "hop", "time"), [(256, 64, 4096), (128, 32, 1111), (64, 48, 640)])
def test_magnitude_agrees_with_scipy(window, hop, time):
    audio = noise(2, time)
    mirrored = np.pad(audio.numpy(), ((0, 0), (window // 2, window // 2)), mode="reflect")
    hann = scipy.signal.get_window("hann", window)
    transform = scipy.signal.ShortTimeFFT(hann, hop, fs=1.0)
    count = time // hop + 1
    middle = window // 2
    expected = np.abs(
        np.stack([np.fft.rfft(mirrored[:, i * hop : i * hop + window] * hann) for i in range(count)], axis=-1)
    )
    result = magnitude(audio, window, hop)
    assert result.shape == (2, window // 2 + 1, count)
    assert np.allclose(result.numpy(), expected)
    inner = transform.stft(audio.numpy())
    offset = -transform.p_min
    inside = range(-(-middle // hop), (time - middle) // hop)
    for index in inside:
        assert np.allclose(np.abs(inner[..., offset + index]), result[..., index].numpy())


def test_leading_dimensions_stay():
    audio = noise(2, 3, 512)
    result = magnitude(audio, 128, 32)
    assert result.shape == (2, 3, 65, 17)
    assert torch.allclose(result[1, 2], magnitude(audio[1, 2], 128, 32))


@pytest.mark.parametrize(
    ("window", "hop", "time"), [(32, 8, 128), (32, 8, 101), (32, 8, 17), (16, 8, 64), (16, 16, 50)]
)
def test_adjoint_is_the_transpose_of_framing(window, hop, time):
    """<frames(x), y> = <x, adjoint(y)> for every x and y."""
    audio = noise(2, time)
    cut = frames(audio, window, hop)
    other = noise(*cut.shape)
    left = (cut * other).sum()
    assert torch.allclose(left, (audio * frames_adjoint(other.clone(), time, hop)).sum())


def test_gradient_at_silence_is_zero():
    audio = torch.zeros(1, 512, requires_grad=True)
    magnitude(audio, 128, 32).sum().backward()
    assert torch.equal(audio.grad, torch.zeros(1, 512))


def test_too_short_a_sound_is_refused():
    with pytest.raises(ValueError, match="more than 64 samples, not 64"):
        magnitude(noise(1, 64), 128, 32)
