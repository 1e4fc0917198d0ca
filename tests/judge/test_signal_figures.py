"""Measures of plain sound on signals whose values are known."""

import math

import numpy as np
import pytest

from tritone.judge.clips import Clip, Clips
from tritone.judge.signal_figures import (
    clipped_share,
    dc_offset,
    mono_loss,
    signal_figures,
    silence_share,
    stereo_width,
)

RATE = 48_000


def sine(level, seconds=1.0, channels=1, hertz=997):
    tone = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.tile(tone, (channels, 1)).astype(np.float32)


def test_only_runs_at_full_scale_are_clipped():
    audio = np.zeros((1, 100), np.float32)
    audio[0, 10:12] = 1.0  # two are a peak
    assert clipped_share(audio) == 0
    audio[0, 20:25] = -1.0
    audio[0, 90:93] = 1.3
    assert clipped_share(audio) == pytest.approx(8 / 100)
    clipped = np.clip(sine(2.0), -1, 1)
    assert clipped_share(clipped) == pytest.approx(2 / 3, abs=0.01)  # |2 sin| is above 1 for two thirds of the time
    assert clipped_share(sine(0.99)) == 0


def test_offset_is_that_of_the_worse_channel():
    audio = sine(0.5, channels=2) + np.array([[0.01], [-0.03]], np.float32)
    assert dc_offset(audio) == pytest.approx(0.03, abs=1e-4)


def test_silence_is_counted_in_time_and_a_channel_that_sounds_breaks_it():
    audio = np.concatenate([sine(0.5), np.zeros((1, RATE), np.float32), sine(1e-4)], 1)
    assert silence_share(audio, RATE) == pytest.approx(2 / 3, abs=0.01)
    assert silence_share(np.concatenate([audio, sine(0.5, 3)]), RATE) == 0
    assert silence_share(np.zeros((1, 3), np.float32), RATE) == 1


def test_width_and_loss_in_mono_of_equal_independent_and_opposite_sides():
    rng = np.random.default_rng(0)
    apart = rng.standard_normal((2, 20_000)).astype(np.float32)
    assert (stereo_width(sine(0.5, channels=2)), mono_loss(sine(0.5, channels=2))) == pytest.approx((0, 0))
    assert stereo_width(apart) == pytest.approx(0.5, abs=0.02)
    assert mono_loss(apart) == pytest.approx(3.01, abs=0.15)
    opposite = np.concatenate([apart[:1], -apart[:1]])
    assert (stereo_width(opposite), mono_loss(opposite)) == (1, 60)
    one_side = np.concatenate([apart[:1], 0 * apart[:1]])
    assert stereo_width(one_side) == pytest.approx(0.5)
    assert math.isnan(stereo_width(np.zeros((2, 9), np.float32)))


def clips(*sounds):
    return Clips("some", RATE, tuple(Clip(f"{number}", sound) for number, sound in enumerate(sounds)))


def by_key(figures):
    return {figure.metric.key: figure for figure in figures}


def test_figures_are_means_over_sounds_beside_those_of_real_ones():
    made, real = clips(*(sine(level) for level in (0.1, 0.2, 0.4))), clips(sine(0.5), sine(0.25))
    found = by_key(signal_figures(made, real))
    levels = [20 * math.log10(level) - 3.01 for level in (0.1, 0.2, 0.4)]
    assert found["loudness"].value == pytest.approx(np.mean(levels), abs=0.02)
    assert list(found["loudness"].by_file.values()) == pytest.approx(levels, abs=0.02)
    assert found["loudness"].low < found["loudness"].value < found["loudness"].high
    assert found["true-peak"].real == pytest.approx(np.mean([20 * math.log10(level) for level in (0.5, 0.25)]), abs=0.1)
    assert found["clipping"].value == 0 and found["clipping"].n == 3
    assert "stereo-width" not in found


def test_stereo_is_judged_as_stereo_and_short_or_silent_sounds_are_said():
    made = clips(sine(0.5, channels=2), sine(0.5, 0.2, channels=2), np.zeros((2, RATE), np.float32))
    found = by_key(signal_figures(made))
    assert found["stereo-width"].n == 2
    assert found["loudness"].n == 1 and found["loudness"].low is None
    assert any("1 of 3" in note and "400 ms" in note for note in found["loudness"].warnings)
    assert any("2 of 3" in note for note in found["loudness"].warnings)
    assert found["silence"].value == pytest.approx(100 / 3)
