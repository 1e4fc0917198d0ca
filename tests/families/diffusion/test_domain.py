"""Waveforms and short-time spectra as what is diffused."""

import numpy as np
import pytest
import torch

from tritone.assets import LOOPS
from tritone.errors import UserError
from tritone.families.diffusion.config import Config, StftConfig
from tritone.families.diffusion.domain import build_domain
from tritone.signal.files import read_audio

RATE, CROP = 44_100, 32_768
SPECTRA = [(64, 16), (64, 32), (30, 15), (21, 7), (1024, 256)]


def spectra(window: int, hop: int, channels: int = 2):
    return build_domain(Config(channels=channels, stft=StftConfig(window, hop)))


@pytest.fixture(scope="module")
def shipped():
    """Crops `(1, 2, CROP)` of the sound that ships; the right channel is three times softer."""
    crops = []
    for path in sorted(LOOPS.iterdir())[:6]:
        audio, rate = read_audio(path)
        assert rate == RATE
        left = torch.from_numpy(audio[:1].astype(np.float32))
        crops += [torch.cat([part, part / 3])[None] for part in left.split(CROP, -1) if part.shape[-1] == CROP][:4]
    return crops


@pytest.mark.parametrize("domain", [build_domain(Config(channels=2)), spectra(1024, 256), spectra(256, 128)])
def test_shipped_sound_has_unit_variance_and_comes_back(domain, shipped):
    assert not domain.fitted
    domain.fit(domain.read(crop) for crop in shipped)
    assert domain.fitted
    scaled = torch.cat([domain.normalise(domain.read(crop)) for crop in shipped])
    assert scaled.square().mean().item() == pytest.approx(1, abs=0.01)
    torch.testing.assert_close(domain.leave(domain.restore(scaled), CROP), torch.cat(shipped), rtol=0, atol=2e-6)


def test_every_bin_has_unit_variance_and_both_channels_share_it(shipped):
    domain = spectra(1024, 256)
    domain.fit(domain.read(crop) for crop in shipped)
    scaled = torch.cat([domain.normalise(domain.read(crop)) for crop in shipped]).double()
    power = scaled.square().mean((0, 2)).view(2, 1024)
    of_bin = power.mean(0)[1:512] / 2 + power.mean(0)[513:] / 2
    assert of_bin.sub(1).abs().max() < 0.01, "real and imaginary parts of every inner bin together"
    torch.testing.assert_close(power[0], power[1] * 9, rtol=1e-3, atol=0)


def test_one_figure_scales_a_waveform(shipped):
    domain = build_domain(Config(channels=2))
    domain.fit(shipped)
    expected = torch.cat(shipped).double().square().mean().sqrt().item()
    assert domain.std.shape == (1, 1) and domain.std.item() == pytest.approx(expected, rel=1e-6)
    assert domain.mean.item() == 0


@pytest.mark.parametrize(("window", "hop"), SPECTRA)
def test_numbers_are_those_of_numpy(window, hop):
    domain, audio = spectra(window, hop), torch.randn(1, 2, 5 * hop)
    found = domain.enter(audio)
    assert found.shape == (1, domain.width, 5) and domain.width == 2 * window
    root = np.sin(np.pi * np.arange(window) / window)
    inner = slice(1, (window + 1) // 2)
    for frame in range(5):
        for channel in range(2):
            stretch = np.zeros(window)
            for place in range(window):
                time = frame * hop + place - (window - hop) // 2
                stretch[place] = audio[0, channel, time] if 0 <= time < 5 * hop else 0
            spectrum = np.fft.rfft(stretch * root) / np.sqrt(window)
            expected = np.concatenate([spectrum.real, spectrum.imag[inner]])
            rows = found[0, channel * window : (channel + 1) * window, frame]
            np.testing.assert_allclose(rows.numpy(), expected, atol=2e-5)


@pytest.mark.parametrize(("window", "hop"), SPECTRA)
@pytest.mark.parametrize("samples", [1, 5, 15, 16, 17, 333, 1025])
def test_any_length_comes_back(window, hop, samples):
    domain, audio = spectra(window, hop), torch.randn(3, 2, samples)
    signal = domain.enter(audio)
    assert signal.shape[-1] == domain.frames(samples) == -(-samples // hop)
    torch.testing.assert_close(domain.leave(signal, samples), audio, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("window", "hop"), SPECTRA)
@pytest.mark.parametrize("count", [1, 3, 9])
def test_a_period_comes_back_as_a_period(window, hop, count):
    """Frames from the middle of a repeating sound are one period of it, wherever the circle is cut open."""
    domain, period = spectra(window, hop), torch.randn(1, 2, count * hop)
    turns = 2 * window // (count * hop) + 2
    signal = domain.enter(period.repeat(1, 1, 2 * turns + 1))[..., turns * count : (turns + 1) * count]
    torch.testing.assert_close(domain.enter_loop(period), signal, rtol=0, atol=1e-5)
    torch.testing.assert_close(domain.leave_loop(signal, count * hop), period, rtol=0, atol=1e-5)
    rolled = domain.leave_loop(signal.roll(1, -1), count * hop)
    torch.testing.assert_close(rolled, period.roll(hop, -1), rtol=0, atol=1e-5)
    assert domain.leave_loop(signal, count * hop + 5).shape == (1, 2, count * hop + 5)


def test_a_period_of_waveform_at_another_length():
    domain, time = build_domain(Config(channels=1)), torch.arange(100) / 100
    sine = torch.sin(2 * torch.pi * 3 * time)[None, None]
    expected = torch.sin(2 * torch.pi * 3 * torch.arange(117) / 117)[None, None]
    torch.testing.assert_close(domain.leave_loop(sine, 117), expected, rtol=0, atol=1e-5)
    assert torch.equal(domain.leave_loop(sine, 100), sine)


def test_empty_bins_do_not_explode():
    """Bins without sound: what rounding leaves there stays small, and noise there stays unheard."""
    domain, level = spectra(64, 16, channels=1), torch.ones(64, 1)
    level[20:33] = level[52:] = 1e-7
    domain.fit([torch.randn(1, 64, 500) * level])
    assert domain.normalise(torch.randn(1, 64, 500) * level)[:, 20:33].std() < 0.01
    noise = domain.restore(torch.randn(1, 64, 500))
    assert noise[:, 20:33].std() < 1e-4 and noise[:, :20].std() == pytest.approx(1, abs=0.05)


def test_gradients_pass_through_spectra():
    domain, audio = spectra(64, 16, 1), torch.randn(1, 1, 200, requires_grad=True)
    domain.leave(domain.enter(audio), 200).square().sum().backward()
    torch.testing.assert_close(audio.grad, 2 * audio.detach(), rtol=0, atol=1e-4)


def test_nothing_to_measure_and_what_is_not_finite_are_refused():
    domain = build_domain(Config(channels=1))
    with pytest.raises(UserError, match="no sound"):
        domain.fit([])
    with pytest.raises(UserError, match="not finite"):
        domain.fit([torch.full((1, 1, 4), float("nan"))])
    domain.fit([torch.zeros(1, 1, 100)])
    assert domain.normalise(torch.zeros(1, 1, 4)).isfinite().all()


def test_scale_is_part_of_the_weights():
    domain, again = build_domain(Config(channels=1)), build_domain(Config(channels=1))
    domain.fit([torch.full((1, 1, 100), 0.25)])
    again.load_state_dict(domain.state_dict())
    assert again.fitted and again.std.item() == 0.25
