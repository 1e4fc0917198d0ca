"""Other sample rates: exact lengths, no delay, the same sound."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tritone.signal.resample import resample, resample_blocks, resampled_frames

RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000]


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 30_000), st.sampled_from(RATES), st.sampled_from(RATES))
def test_length_is_exactly_the_rounded_ratio(frames, source, target):
    exact = floor(Fraction(frames * target, source) + Fraction(1, 2))
    assert resampled_frames(frames, source, target) == exact
    assert resample(np.zeros((1, frames), np.float32), source, target).shape == (1, exact)


@pytest.mark.parametrize(("source", "target"), [(48_000, 44_100), (44_100, 48_000), (96_000, 44_100), (44_100, 16_000)])
def test_a_sine_stays_the_same_sine_without_delay(source, target):
    hertz = 1_000.0
    sine = np.sin(2 * np.pi * hertz * np.arange(source) / source)[None].astype(np.float32)
    expected = np.sin(2 * np.pi * hertz * np.arange(target) / target)
    edge = target // 20
    assert np.abs(resample(sine, source, target)[0] - expected)[edge:-edge].max() < 1e-4


def test_what_does_not_fit_is_removed():
    high = np.sin(2 * np.pi * 15_000 * np.arange(48_000) / 48_000)[None].astype(np.float32)
    assert np.abs(resample(high, 48_000, 16_000)[0, 500:-500]).max() < 1e-4


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=6), st.sampled_from(RATES), st.sampled_from(RATES))
def test_blocks_give_what_the_whole_gives(sizes, source, target):
    audio = np.random.default_rng(sum(sizes)).uniform(-0.5, 0.5, (2, sum(sizes))).astype(np.float32)
    blocks = np.split(audio, np.cumsum(sizes)[:-1], axis=1)
    joined = np.concatenate(list(resample_blocks(blocks, 2, source, target)), axis=1)
    whole = resample(audio, source, target)
    assert joined.shape == whole.shape
    np.testing.assert_allclose(joined, whole, atol=1e-4)


def test_the_same_rate_changes_nothing():
    audio = np.random.default_rng(0).uniform(-1, 1, (2, 100)).astype(np.float32)
    np.testing.assert_array_equal(resample(audio, 44_100, 44_100), audio)
    np.testing.assert_array_equal(np.concatenate(list(resample_blocks([audio], 2, 8_000, 8_000))), audio)
