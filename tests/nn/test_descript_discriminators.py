import numpy as np
import torch
from torch import nn

from tritone.nn.descript_discriminators import BandStack, DescriptDiscriminators, PeriodStack, complex_spectrum


def test_the_spectrum_is_that_of_numpy():
    audio = torch.randn(1, 1, 400)
    ours = complex_spectrum(audio, 64)[0]
    padded = np.pad(audio[0, 0].double().numpy(), 32, mode="reflect")
    window = np.hanning(65)[:64]
    for index in (0, 7, 25):
        spectrum = np.fft.rfft(padded[16 * index : 16 * index + 64] * window) / np.sqrt(np.sum(window**2))
        np.testing.assert_allclose(ours[0, index], spectrum.real, atol=1e-5)
        np.testing.assert_allclose(ours[1, index], spectrum.imag, atol=1e-5)


def test_bands_cover_every_bin_once():
    net = BandStack(1, 4, 256)
    assert net.edges == [0, 12, 32, 64, 96, 129]
    maps = net(torch.randn(2, 1, 2000))
    assert [each.shape[-1] for each in maps[::5][:5]] == [12, 20, 32, 32, 33]
    assert maps[-1].shape[:2] == (2, 1) and len(maps) == 26


def test_a_period_is_a_convolution_of_the_folded_image():
    """The published networks convolve an image (time / period, period) with kernels (5, 1)."""
    net = PeriodStack(1, 2)
    audio = torch.randn(1, 1, 7 * 30)
    image = audio.reshape(1, 1, 30, 7)
    layer = net.layers[0]
    expected = nn.functional.conv2d(image, layer.weight[..., None], layer.bias, (3, 1), (2, 0))
    folded = image[0, 0].T[:, None]
    torch.testing.assert_close(net(folded)[0].permute(1, 2, 0)[None], expected, rtol=0, atol=1e-5)


def test_sounds_do_not_mix_and_stereo_is_taken():
    net = DescriptDiscriminators(2, 2, (2, 3), (256, 128))
    audio = torch.randn(2, 2, 1000)
    both, alone = net(audio), net(audio[:1])
    assert len(both) == 4
    for maps, own in zip(both, alone, strict=True):
        for one, other in zip(maps, own, strict=True):
            torch.testing.assert_close(one[: len(other)], other, rtol=0, atol=1e-5)


def test_everything_learns():
    net = DescriptDiscriminators(1, 2, (2,), (128,))
    sum(maps[-1].square().mean() for maps in net(torch.randn(1, 1, 700))).backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in net.parameters())
