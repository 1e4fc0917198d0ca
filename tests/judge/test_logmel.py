"""The embedding without a network: what its numbers are, and that the rate of the sound does not matter."""

import math

import numpy as np
import pytest
import torch

from tritone.judge import logmel
from tritone.judge.frechet import frechet_distance
from tritone.signal.mel import hertz_to_mel
from tritone.signal.resample import resample


def sine(hertz, rate, seconds=1.0, gain=1.0):
    return gain * torch.sin(2 * math.pi * hertz * torch.arange(round(seconds * rate)) / rate)[None, None]


@pytest.mark.parametrize("hertz", [220, 1000, 6000])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_steady_sine_lies_in_its_band_at_full_scale_and_does_not_move(hertz, rate):
    mean, deviation, change = logmel.embed(sine(hertz, rate), rate)[0].split(logmel.BANDS)
    edges = hertz_to_mel([logmel.LOW, logmel.HIGH])
    place = (hertz_to_mel(hertz) - edges[0]) / (edges[1] - edges[0]) * (logmel.BANDS + 1) - 1
    band = int(mean.argmax())
    assert abs(band - place) <= 0.6
    assert -0.9 < mean[band] < 1.2
    assert change[band] < 0.06 and deviation[band] < 0.15


def test_gain_moves_only_the_mean_by_its_logarithm():
    rate = 44_100
    sound = 0.3 * torch.randn(2, 1, rate, generator=torch.Generator().manual_seed(0))
    plain, louder = logmel.embed(sound, rate), logmel.embed(2 * sound, rate)
    moved = (louder - plain).reshape(2, 3, logmel.BANDS)
    assert torch.allclose(moved[:, 0], torch.full((2, logmel.BANDS), math.log(2), dtype=torch.float64), atol=1e-6)
    assert moved[:, 1:].abs().max() < 1e-6


def test_the_same_sound_at_another_rate_is_the_same_and_missing_treble_shows():
    rng = np.random.default_rng(0)
    sound = 0.2 * rng.standard_normal((1, 44_100)).astype(np.float32)
    at = {rate: torch.from_numpy(resample(sound, 44_100, rate))[None] for rate in (44_100, 48_000, 16_000)}
    found = {rate: logmel.embed(audio, rate)[0] for rate, audio in at.items()}
    below = [band for band in range(logmel.BANDS - 2)]
    assert (found[48_000] - found[44_100])[below].abs().max() < 0.1
    assert found[16_000][logmel.BANDS - 1].item() == pytest.approx(math.log(logmel.FLOOR))


def test_silence_and_stereo():
    silent = logmel.embed(torch.zeros(1, 2, 20_000), 44_100)[0]
    assert silent[: logmel.BANDS].tolist() == pytest.approx([math.log(logmel.FLOOR)] * logmel.BANDS)
    assert silent[logmel.BANDS :].abs().max() < 1e-9
    mono = torch.randn(1, 1, 20_000, generator=torch.Generator().manual_seed(1))
    assert torch.equal(logmel.embed(mono.repeat(1, 2, 1), 44_100), logmel.embed(mono, 44_100))


def test_it_tells_noise_from_hits_by_the_frechet_distance():
    generator = torch.Generator().manual_seed(2)
    noise = 0.1 * torch.randn(24, 1, 22_050, generator=generator)
    decays = torch.exp(-torch.arange(22_050) % 5512 / 600)
    hits = noise * decays
    found = [logmel.embed(sound, 44_100) for sound in (noise[:12], noise[12:], hits[12:])]
    assert frechet_distance(found[0], found[2]) > 20 * frechet_distance(found[0], found[1])


def test_a_pattern_is_the_mean_of_each_cell():
    spectrogram = torch.randn(3, 2, 64, 128, generator=torch.Generator().manual_seed(3))
    found = logmel.pattern(spectrogram, bands=8, steps=16).reshape(3, 8, 16)
    assert found[1, 2, 5].item() == pytest.approx(spectrogram[1, :, 16:24, 40:48].double().mean().item(), rel=1e-9)
    turned = logmel.pattern(spectrogram.roll(32, -1), bands=8, steps=16).reshape(3, 8, 16)
    assert torch.allclose(turned, found.roll(4, -1))
