"""Anchors are within the mask of ITU-R BS.1534, have no delay, and still loop."""

import numpy as np
import pytest

from tritone.judge.listen.anchor import low_pass


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("hertz", [3500.0, 7000.0])
def test_the_mask(rate, hertz):
    if 8 / 7 * hertz >= rate / 2:
        return
    impulse = np.zeros((1, rate))
    impulse[0, rate // 2] = 1
    response = np.abs(np.fft.rfft(low_pass(impulse, rate, hertz, loop=False)[0]))
    decibels = 20 * np.log10(np.maximum(response, 1e-9))
    edge = round(hertz)
    assert np.abs(decibels[: edge + 1]).max() <= 0.1
    assert decibels[round(8 / 7 * hertz)] <= -25
    assert decibels[round(9 / 7 * hertz) :].max() <= -50


def test_no_delay_and_the_same_length():
    time = np.arange(4410) / 44_100
    low = np.sin(2 * np.pi * 500 * time)
    mixed = np.stack([low + np.sin(2 * np.pi * 9000 * time), low])
    out = low_pass(mixed, 44_100, 3500.0, loop=False)
    assert out.shape == mixed.shape and out.dtype == np.float32
    np.testing.assert_allclose(out[:, 500:-500], np.stack([low, low])[:, 500:-500], atol=2e-3)


def test_a_loop_stays_a_loop():
    loop = np.random.default_rng(0).standard_normal((2, 5001))
    thrice = low_pass(np.tile(loop, 3), 44_100, 3500.0, loop=False)[:, 5001:10_002]
    np.testing.assert_allclose(low_pass(loop, 44_100, 3500.0, loop=True), thrice, atol=1e-5)


def test_a_loop_shorter_than_the_filter():
    loop = np.random.default_rng(1).standard_normal((1, 50))
    many = low_pass(np.tile(loop, 21), 44_100, 3500.0, loop=False)[:, 500:550]
    np.testing.assert_allclose(low_pass(loop, 44_100, 3500.0, loop=True), many, atol=1e-5)


def test_where_there_is_nothing_to_take_away():
    sound = np.random.default_rng(2).standard_normal((1, 800)).astype(np.float32)
    np.testing.assert_allclose(low_pass(sound, 8000, 3500.0, loop=False), sound, atol=1e-6)
