"""Distances of pairs against the papers' formulas written with scipy and numpy, and in their order."""

import numpy as np
import pytest
import torch
from acting import RATE, hit
from scipy.signal import get_window

from tritone.judge.clips import Clip
from tritone.judge.fidelity import fidelity_figures, log_spectral_distance, mel_distance, si_sdr, stft_distance
from tritone.signal.mel import mel_filters


def sounds(samples=12_000):
    rng = np.random.default_rng(0)
    one = hit(3, samples).T.astype(np.float64)
    return torch.from_numpy(one), torch.from_numpy(one + 0.01 * rng.standard_normal(one.shape))


def spectra(sound, window):
    """Magnitudes `(bins, frames)`, frames centred on whole hops and the ends mirrored, as in torch and librosa."""
    padded = np.pad(sound.numpy()[0], window // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[:: window // 4]
    return np.abs(np.fft.rfft(frames * get_window("hann", window), axis=1)).T


def test_mel_distance_is_the_codecs():
    one, other = sounds()
    total = 0.0
    for window, mels in zip((2048, 1024, 512, 256, 128, 64, 32), (320, 160, 80, 40, 20, 10, 5), strict=True):
        filters = mel_filters(RATE, window, mels).numpy().astype(np.float64)
        levels = [np.log10(np.maximum(filters @ spectra(sound, window), 1e-5)) for sound in (one, other)]
        total += np.abs(levels[0] - levels[1]).mean()
    assert mel_distance(one, other, RATE) == pytest.approx(total, rel=1e-6)


def test_stft_distance_is_raves():
    one, other = sounds()
    total = 0.0
    for window in (2048, 1024, 512, 256, 128):
        x, y = spectra(one, window), spectra(other, window)
        total += ((x - y) ** 2).mean() / (x**2).mean() + np.abs(np.log(x + 1e-7) - np.log(y + 1e-7)).mean()
    assert stft_distance(one, other) == pytest.approx(total, rel=1e-6)


def test_log_spectral_distance_is_its_formula_and_a_gain_is_its_decibels():
    one, other = sounds()
    scale = 2 / get_window("hann", 2048).sum()
    levels = [np.maximum(20 * np.log10(spectra(sound, 2048) * scale + 1e-300), -100) for sound in (one, other)]
    wanted = np.sqrt(((levels[0] - levels[1]) ** 2).mean(0)).mean()
    assert log_spectral_distance(one, other) == pytest.approx(wanted, rel=1e-6)
    noise = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 20_000)))
    assert log_spectral_distance(noise, noise / 2) == pytest.approx(20 * np.log10(2), abs=1e-6)


def test_si_sdr_is_the_level_of_added_noise_and_deaf_to_gain():
    rng = np.random.default_rng(2)
    one, added = (torch.from_numpy(rng.standard_normal((2, 40_000))) for _ in range(2))
    added -= (added.flatten() @ one.flatten()) / one.square().sum() * one
    added *= one.norm() / added.norm()
    assert si_sdr(one, one + 0.1 * added) == pytest.approx(20, abs=1e-6)
    assert si_sdr(one, 0.3 * (one + added)) == pytest.approx(0, abs=1e-6)
    assert si_sdr(one, one) == 100 and si_sdr(one, added) == pytest.approx(-100)
    assert np.isnan(si_sdr(one, 0 * one)) and np.isnan(si_sdr(0 * one, one))


def test_equal_sounds_have_no_distance_and_very_short_ones_have_one():
    one, other = sounds(60)
    assert (mel_distance(one, one, RATE), stft_distance(one, one), log_spectral_distance(one, one)) == (0, 0, 0)
    assert mel_distance(one, other, RATE) > 0 and stft_distance(one, other) > 0


def pairs(change):
    before = [Clip(f"{number}", hit(number, 8000).T.copy()) for number in range(5)]
    return [(clip, Clip(clip.name, change(clip.audio).astype(np.float32))) for clip in before]


def test_figures_have_a_value_for_every_file_and_rise_with_the_noise():
    rng = np.random.default_rng(3)
    little, much = (
        {
            figure.metric.key: figure
            for figure in fidelity_figures(pairs(lambda audio, a=a: audio + a * rng.standard_normal(audio.shape)), RATE)
        }
        for a in (0.001, 0.1)
    )  # fmt: skip
    for key in ("stft-distance", "mel-distance", "log-spectral-distance"):
        assert 0 < little[key].value < much[key].value
        assert list(little[key].by_file) == [f"{number}" for number in range(5)] and little[key].n == 5
        assert little[key].low <= little[key].value <= little[key].high
    assert little["si-sdr"].value > much["si-sdr"].value


def test_phase_is_heard_by_si_sdr_alone():
    turned = {figure.metric.key: figure.value for figure in fidelity_figures(pairs(lambda audio: -audio), RATE)}
    assert turned["mel-distance"] == turned["stft-distance"] == turned["log-spectral-distance"] == 0
    late = {
        figure.metric.key: figure.value
        for figure in fidelity_figures(pairs(lambda audio: np.roll(audio, 10, -1)), RATE)
    }
    assert late["si-sdr"] < 15


def test_other_lengths_are_refused():
    with pytest.raises(ValueError, match="went in"):
        fidelity_figures(pairs(lambda audio: audio[:, :-1]), RATE)
