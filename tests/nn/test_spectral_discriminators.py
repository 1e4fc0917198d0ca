import numpy as np
import torch

from tritone.nn.discriminators import Discriminators
from tritone.nn.mid_side import with_mid_and_side
from tritone.nn.spectral_discriminators import LEAST, MultiResolution, SpectrumStack, compressed_spectrum


def test_size_is_univnets():
    """32 channels: 3 x 9 from one plane, three of 3 x 9, one of 3 x 3 and the score; a gain for each output."""
    wanted = (27 + 2) * 32 + 3 * (32 * 27 + 2) * 32 + (32 * 9 + 2) * 32 + (32 * 9 + 2)
    assert sum(parameter.numel() for parameter in SpectrumStack(1, 32, 1024).parameters()) == wanted


def test_the_spectrum_is_that_of_numpy():
    audio = torch.randn(1, 1, 400, dtype=torch.float64).float()
    ours = compressed_spectrum(audio, 64)[0, 0]
    padded = np.pad(audio[0, 0].double().numpy(), 32, mode="reflect")
    window = np.hanning(65)[:64]
    for index in (0, 7, 25):
        power = np.abs(np.fft.rfft(padded[16 * index : 16 * index + 64] * window)) ** 2 / np.sum(window**2)
        np.testing.assert_allclose(ours[index], (power + LEAST) ** 0.15, rtol=1e-4)


def test_white_noise_has_its_own_level():
    spectrum = compressed_spectrum(0.3 * torch.randn(1, 1, 200_000), 512)
    assert abs(spectrum.pow(2 / 0.3).mean().sqrt() - 0.3) < 0.01


def test_maps_are_taken_before_the_activation_and_end_in_the_score():
    net = SpectrumStack(2, 6, 128)
    maps = net(torch.randn(3, 2, 512))
    assert [tuple(each.shape) for each in maps] == [
        (3, 6, 17, 65), (3, 6, 17, 33), (3, 6, 17, 17), (3, 6, 17, 9), (3, 6, 17, 9), (3, 1, 17, 9),
    ]  # fmt: skip
    assert all((each < 0).any() for each in maps[:-1])


def test_stereo_is_seen_from_the_middle_too():
    """Swapping the sign of one channel changes no magnitude of left and right, but is judged differently."""
    net = MultiResolution(2, 4, (128,))
    audio = torch.randn(1, 2, 512)
    flipped = audio * torch.tensor([[[1.0], [-1.0]]])
    assert not torch.allclose(net(audio)[0][-1], net(flipped)[0][-1])
    torch.testing.assert_close(net(audio)[0][-1], net(-audio)[0][-1])


def test_mid_and_side_add_up():
    audio = torch.randn(2, 2, 10)
    left, right, mid, side = with_mid_and_side(audio).unbind(1)
    assert torch.equal(left, audio[:, 0]) and torch.equal(right, audio[:, 1])
    torch.testing.assert_close(mid + side, left)
    torch.testing.assert_close(mid - side, right)
    mono = torch.randn(2, 1, 10)
    assert with_mid_and_side(mono) is mono


def test_they_stand_beside_the_others_and_sounds_do_not_mix():
    net = Discriminators(1, 8, 1, (2,), (256, 128))
    audio = torch.randn(2, 1, 700)
    features = net(audio)
    assert len(features) == 4 and features[-1][0].shape[1] == 4
    for both, alone in zip(features[2:], net(audio[1:])[2:], strict=True):
        torch.testing.assert_close(both[-1][1:], alone[-1])


def test_gradients_reach_the_sound_and_silence_does_no_harm():
    net = MultiResolution(1, 4, (256, 128))
    audio = torch.zeros(1, 1, 600, requires_grad=True)
    sum(maps[-1].mean() for maps in net(audio)).backward()
    assert torch.isfinite(audio.grad).all()
    loud = torch.randn(1, 1, 600, requires_grad=True)
    sum(maps[-1].mean() for maps in net(loud)).backward()
    assert loud.grad.abs().max() > 0
