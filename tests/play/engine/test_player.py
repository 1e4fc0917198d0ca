"""A step of a stream on an engine that only delays."""

from dataclasses import replace

import numpy as np
import pytest
from live_engines import player

SOUND = np.random.default_rng(1).standard_normal((1, 96)).astype(np.float32)


def played(subject, sound=SOUND):
    return np.concatenate([subject.process(block) for block in np.split(sound, sound.shape[1] // 8, axis=1)], 1)


@pytest.mark.parametrize("latency", [0, 3, 8, 21])
@pytest.mark.parametrize("words", [["wet", 1], ["wet", 0], ["bypass", "on"], ["wet", 0.4]])
def test_wet_and_dry_lie_one_upon_the_other(latency, words):
    subject = player(latency=latency)
    subject.desk.apply(words)
    subject.restart()
    late = np.concatenate((np.zeros((1, latency), np.float32), SOUND), 1)[:, : SOUND.shape[1]]
    assert np.allclose(played(subject), late, atol=1e-6)
    assert subject.latency_samples == latency


def test_untouched_controls_give_the_models_numbers_bit_by_bit():
    assert np.array_equal(played(player(latency=0)), SOUND)


def test_gain_is_in_decibels():
    subject = player()
    subject.desk.apply(["gain", -6])
    subject.restart()
    assert np.allclose(played(subject), SOUND * 10 ** (-6 / 20), rtol=1e-5)


@pytest.mark.parametrize("words", [["gain", -120], ["wet", 0], ["bypass", "on"], ["scale", 0], ["offset", 0, 3]])
def test_no_click_when_a_control_jumps(words):
    """Second differences of a slow sine stay small while a control goes from one end to the other."""
    step, rate = 512, 48_000
    subject = player(step=step, rate=rate, latency=40, ratio=1)
    if words[0] in ("wet", "bypass"):
        subject.desk.apply(["offset", 0, 3])  # or both sides were the same
        subject.restart()
    sine = np.sin(2 * np.pi * 100 * np.arange(step * 24) / rate).astype(np.float32)[None]
    heard = []
    for turn, block in enumerate(np.split(sine, 24, axis=1)):
        if turn == 8:
            subject.desk.apply(words)
        heard.append(subject.process(block)[0])
    before, after = np.concatenate(heard[2:8]), np.concatenate(heard[14:])
    assert np.abs(before[:100] - after[:100]).max() > 0.5  # it was heard
    glide = 0.02 * rate
    bound = np.abs(np.diff(before, 2)).max() + 2 * 4 / glide
    assert np.abs(np.diff(np.concatenate(heard[2:]), 2)).max() < bound < 0.02


def test_numbers_that_are_not_finite_become_silence_and_the_engine_begins_anew():
    subject = player()
    resets = subject.engine.resets
    bad = SOUND.copy()
    bad[0, 20] = np.nan
    heard = played(subject, bad)
    assert np.isfinite(heard).all() and subject.broken_blocks == 1 and subject.engine.resets == resets + 1
    assert not heard[:, 16:24].any() and np.array_equal(heard[:, 24:], SOUND[:, 24:])


def test_warming_up_measures_and_leaves_no_trace():
    subject = player(latency=5, seconds=0.002)
    measured = subject.warm_up()
    assert measured["p50_ms"] >= 2 and subject.times.count == 0
    fresh = player(latency=5)
    assert np.array_equal(played(subject), played(fresh))
    assert subject.times.count == 12 and subject.times.summary()["p50_share"] >= 2 / 8


def test_every_step_reads_the_controls_once():
    subject = player()
    subject.process(SOUND[:, :8])
    subject.desk.controls = replace(subject.desk.controls, gain_db=-20.0)
    heard = subject.process(np.ones((1, 8), np.float32))[0]
    assert (np.diff(heard) < 0).all() and heard[0] < 1
