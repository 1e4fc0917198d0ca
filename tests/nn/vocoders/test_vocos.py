import numpy as np
import pytest
import torch
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.vocos import Spread, Vocos, depthwise, neighbours
from tritone.signal.mel import mel_filters
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=20, window=256, hop=64)
CONFIG = VocoderConfig("vocos", channels=2, mel=MEL, width=16, layers=2)


def test_neighbours_and_a_linear_layer_are_a_convolution():
    x, weight = torch.randn(2, 9, 5, dtype=torch.float64), torch.randn(4, 7 * 5, dtype=torch.float64)
    kernel = weight.view(4, 7, 5).transpose(1, 2)
    wanted = functional.conv1d(x.transpose(1, 2), kernel, padding=3).transpose(1, 2)
    torch.testing.assert_close(neighbours(x) @ weight.T, wanted)


def test_depthwise_is_a_grouped_convolution():
    x, weight = torch.randn(2, 9, 5, dtype=torch.float64), torch.randn(7, 5, dtype=torch.float64)
    wanted = functional.conv1d(x.transpose(1, 2), weight.T[:, None], padding=3, groups=5).transpose(1, 2)
    torch.testing.assert_close(depthwise(x, weight), wanted)


@pytest.mark.parametrize("mel", [MEL, MelConfig(), MelConfig(rate=16_000, mels=64, window=1024, hop=256, low=80)])
def test_bands_spread_along_straight_lines_between_their_centres(mel):
    filters = mel_filters(mel.rate, mel.window, mel.mels, mel.low, mel.high, mel.scale).double().numpy()
    heard = filters.sum(1) > 0
    level = np.random.default_rng(0).normal(-4, 1, mel.mels)
    centres = filters[heard] @ np.arange(filters.shape[1]) / filters[heard].sum(1)
    wanted = np.interp(np.arange(filters.shape[1]), centres, level[heard] - np.log(filters[heard].sum(1)))
    ours = Spread(VocoderConfig(mel=mel)).double()(torch.from_numpy(level))
    np.testing.assert_allclose(ours, wanted, atol=1e-4)


def test_untrained_it_has_about_the_spectrum_already():
    """White noise through its bands: without the spread of the bands over the bins the distance is above 2."""
    audio = 0.1 * torch.randn(1, 2, 64 * 200)
    measure = MelFrames(MEL)
    mel = measure.at_hop(audio)
    with torch.no_grad():
        output = Vocos(CONFIG)(mel)
    assert (measure.at_hop(output) - mel).abs().mean() < 0.6


def test_untrained_a_frame_sounds_in_the_middle_of_its_window():
    mel = torch.full((1, 2, 20, 41), float(np.log(MEL.floor)))
    mel[..., 20] = 0.0
    with torch.no_grad():
        energy = Vocos(CONFIG)(mel).square().sum((0, 1))
    assert abs((energy * torch.arange(41 * 64)).sum() / energy.sum() - (20.5 * 64 - 0.5)) < 8


def test_stereo_channels_are_made_jointly_and_sounds_apart():
    vocoder = Vocos(CONFIG)
    for parameter in vocoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    mel = torch.randn(2, 2, 20, 30)
    other = mel.clone()
    other[1, 1] += 1
    with torch.no_grad():
        before, after = vocoder(mel), vocoder(other)
    assert torch.equal(before[0], after[0])
    assert (before[1, 0] - after[1, 0]).abs().max() > 1e-3


def test_bf16_is_near_and_keeps_the_silence():
    vocoder = Vocos(CONFIG).eval()
    mel = torch.randn(1, 2, 20, 30) * 2 - 4
    with torch.inference_mode():
        exact = vocoder(mel)
        vocoder.use_precision("bf16")
        rough = vocoder(mel)
    assert rough.dtype == torch.float32 and not torch.equal(rough, exact)
    assert (rough - exact).square().mean() < 1e-3 * exact.square().mean()


def test_a_window_that_hops_do_not_divide_is_refused():
    with pytest.raises(UserError, match=r"multiple of mel\.hop"):
        VocoderConfig("vocos", mel=MelConfig(window=1024, hop=160))
    assert build_vocoder(VocoderConfig("griffin-lim", mel=MelConfig(window=1024, hop=160))).hop == 160
