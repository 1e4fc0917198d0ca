"""Each augmentation against what it should do, scipy and closed forms."""

import numpy as np
import pytest
from scipy.signal import lfilter
from sounds import RATE, noise

from tritone.data.augment import (
    augment,
    change_speed,
    compress,
    dequantise,
    draw_speed,
    rotate_phase,
    samples_for_speed,
)
from tritone.data.config import AugmentConfig
from tritone.data.draw import generator
from tritone.errors import UserError

OFF = {"phase_rotation": 0.0, "dequantise": False}


def only(**options) -> AugmentConfig:
    return AugmentConfig(**OFF | options)


def decibels(audio: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(audio, dtype=np.float64)))


@pytest.mark.parametrize("frequency", [20.0, 60.0, 333.0, 2_000.0])
@pytest.mark.parametrize("length", [100, 6_144, 6_145, 40_000])
def test_phase_rotation_is_the_all_pass(frequency, length):
    audio = noise(length / RATE, 0, channels=2)
    middle = 2 * 0.99 * np.cos(2 * np.pi * frequency / RATE)
    expected = lfilter([0.99**2, -middle, 1], [1, -middle, 0.99**2], audio.astype(np.float64))
    np.testing.assert_allclose(rotate_phase(audio, frequency, RATE), expected, atol=2e-6)


def test_phase_rotation_keeps_the_spectrum_and_changes_the_wave():
    impulse = np.zeros((1, 16_384), np.float32)
    impulse[0, 100] = 1
    turned = rotate_phase(impulse, 200.0, RATE)
    np.testing.assert_allclose(np.abs(np.fft.rfft(turned)), 1, atol=1e-4)
    assert np.abs(turned - impulse).max() > 0.01
    assert not turned[0, :100].any() or np.abs(turned[0, :100]).max() < 1e-6


def test_gain_really_applies():
    audio = noise(1, 0) * 0.3
    levels = []
    for seed in range(200):
        out = augment(audio, only(gain=1.0, gain_db=(-12.0, 6.0)), generator(seed), RATE)
        factor = out[0, 500] / audio[0, 500]
        np.testing.assert_allclose(out, audio * factor, rtol=1e-5, atol=1e-7)
        levels.append(20 * np.log10(factor))
    assert min(levels) == pytest.approx(-12, abs=0.5) and max(levels) == pytest.approx(6, abs=0.5)
    assert np.mean(levels) == pytest.approx(-3, abs=1.2)


def test_a_gain_beyond_full_scale_is_held_at_full_scale():
    audio = noise(1, 0)
    audio /= np.abs(audio).max()
    out = augment(audio, only(gain=1.0, gain_db=(6.0, 6.0)), generator(0), RATE)
    assert np.abs(out).max() <= 1
    np.testing.assert_allclose(out, audio, atol=1e-6)


def test_mute_silences_as_often_as_asked():
    audio = noise(0.1, 0)
    muted = [not augment(audio, only(mute=0.3), generator(seed), RATE).any() for seed in range(500)]
    assert np.mean(muted) == pytest.approx(0.3, abs=0.06)


def test_compression_follows_its_curve_on_a_steady_tone():
    """A sine of -10 dB over a threshold of -30 dB at ratio 4 is turned down by 15 dB; make-up restores its peak."""
    time = np.arange(RATE) / RATE
    tone = (np.sqrt(2) * 10 ** (-10 / 20) * np.sin(2 * np.pi * 1_000 * time))[None].astype(np.float32)
    quiet = tone * 10 ** (-25 / 20)
    both = np.concatenate([tone, quiet], axis=1)
    out = compress(both, RATE, threshold_db=-30, ratio=4)
    loud, soft = out[:, 2_000 : RATE - 2_000], out[:, RATE + 2_000 : -2_000]
    assert decibels(loud) - decibels(soft) == pytest.approx(25 - 15, abs=0.2)
    assert np.abs(out).max() == pytest.approx(np.abs(both).max(), rel=1e-5)


def test_compression_lowers_the_crest_and_leaves_quiet_sound_alone():
    audio = noise(2, 1) * np.exp(-np.arange(2 * RATE) / RATE * 4).astype(np.float32)
    out = compress(audio, RATE, threshold_db=-40, ratio=8)
    assert np.abs(out).max() == pytest.approx(np.abs(audio).max(), rel=1e-5)
    assert decibels(out) > decibels(audio) + 2
    np.testing.assert_allclose(compress(audio, RATE, threshold_db=0, ratio=8), audio, atol=1e-6)
    assert not compress(np.zeros((1, 1_000), np.float32), RATE, -30, 4).any()


@pytest.mark.parametrize("speed", [0.5, 0.7, 1.3, 2.0])
def test_pitch_moves_by_the_factor_and_length_stays(speed):
    samples = 16_000
    source = samples_for_speed(samples, speed)
    tone = np.sin(2 * np.pi * 440 * np.arange(source) / RATE)[None].astype(np.float32)
    out = change_speed(tone, speed, samples)
    assert out.shape == (1, samples)
    expected = np.sin(2 * np.pi * 440 * speed * np.arange(samples) / RATE)
    assert np.abs(out[0] - expected)[500:-500].max() < 1e-3


def test_speeds_are_drawn_as_often_and_as_far_as_asked():
    speeds = np.array([draw_speed(only(pitch=0.5, pitch_range=(0.5, 2.0)), generator(seed)) for seed in range(1_000)])
    moved = speeds[speeds != 1]
    assert len(moved) == pytest.approx(500, abs=60)
    assert 0.5 <= moved.min() < 0.55 and 1.9 < moved.max() <= 2.0
    assert np.mean(moved < 1) == pytest.approx(0.5, abs=0.08)


def test_dequantise_noise_is_triangular_and_one_step_wide():
    out = dequantise(np.zeros((2, 200_000), np.float32), generator(0)) * 32_768
    assert out.shape == (2, 200_000) and np.count_nonzero(out) > 390_000
    assert np.abs(out).max() <= 1 and np.abs(out).max() > 0.98
    assert out.mean() == pytest.approx(0, abs=0.005) and out.var() == pytest.approx(1 / 6, rel=0.02)
    assert np.mean(np.abs(out) < 0.5) == pytest.approx(0.75, abs=0.005)
    assert abs(np.corrcoef(out)[0, 1]) < 0.01


def test_nothing_switched_on_changes_nothing():
    audio = noise(1, 0)
    np.testing.assert_array_equal(augment(audio, only(), generator(0), RATE), audio)


def test_switching_one_change_does_not_alter_the_others():
    audio = noise(1, 0)
    plain = augment(audio, only(gain=1.0), generator(3), RATE)
    muted = augment(audio, only(gain=1.0, dequantise=True), generator(3), RATE)
    assert np.abs(plain - muted).max() < 1.1 / 32_768


def test_the_same_generator_gives_the_same_sound():
    config = AugmentConfig(1.0, True, 1.0, (-6.0, 3.0), 0.1, 1.0)
    audio = noise(1, 0, channels=2)
    np.testing.assert_array_equal(
        augment(audio, config, generator(1, 2), RATE), augment(audio, config, generator(1, 2), RATE)
    )
    assert not np.array_equal(
        augment(audio, config, generator(1, 2), RATE), augment(audio, config, generator(1, 3), RATE)
    )


@pytest.mark.parametrize("options", [{"gain": 1.5}, {"gain_db": (3.0, -3.0)}, {"pitch_range": (0.0, 1.0)}])
def test_settings_that_make_no_sense(options):
    with pytest.raises(UserError, match=next(iter(options))):
        AugmentConfig(**options)
