"""Features against closed forms, and the Wasserstein distance against scipy."""

import numpy as np
import pytest
from acting import hit
from scipy.stats import wasserstein_distance

from tritone.judge.clips import Clip, Clips
from tritone.judge.feature_figures import feature_figures, wasserstein
from tritone.judge.features import features, onsets

RATE = 44_100


def noise(seconds=1.0, seed=0, rate=RATE):
    return np.random.default_rng(seed).standard_normal((1, round(seconds * rate))).astype(np.float32) / 10


def sine(hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)[None]


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_white_noise_has_its_middle_in_the_middle(rate):
    found = features(noise(3, rate=rate), rate)
    assert found.centroid == pytest.approx(rate / 4, rel=0.01)
    assert found.bandwidth == pytest.approx(rate / 2 / 12**0.5, rel=0.01)  # of a uniform distribution
    assert found.flatness == pytest.approx(np.exp(-np.euler_gamma), abs=0.01)  # of an exponential one


def test_a_tone_is_where_it_is_narrow_and_not_flat():
    found = features(sine(3000), RATE)
    assert found.centroid == pytest.approx(3000, rel=0.02)
    assert found.bandwidth < 300 and found.flatness < 1e-4


def test_pauses_do_not_count_but_for_the_onsets_a_second():
    sound = noise()
    padded = np.concatenate([sound, np.zeros_like(sound)], 1)
    once, twice = features(sound, RATE), features(padded, RATE)
    assert twice.centroid == pytest.approx(once.centroid, rel=0.02)
    assert twice.onset_rate == pytest.approx(once.onset_rate / 2)


def test_silence_has_no_features():
    found = features(np.zeros((1, 5000), np.float32), RATE)
    assert np.isnan(found.centroid) and np.isnan(found.flatness) and found.onset_rate == 0
    assert features(np.ones((1, 10), np.float32), RATE).centroid >= 0


@pytest.mark.parametrize("gap", [0.125, 0.25, 0.4])
def test_onsets_are_where_hits_are(gap):
    starts = np.arange(0, 3.5, gap)
    audio = np.zeros((1, 4 * RATE), np.float32)
    for number, start in enumerate(starts):
        at = round(start * RATE)
        audio[0, at : at + 4000] += hit(number % 4, 4000)[:, 0]
    found = onsets(audio, RATE)
    assert len(found) == len(starts)
    assert np.abs(found - starts).max() <= 0.02


def test_steady_sound_begins_once():
    assert len(onsets(sine(440, 2), RATE)) == 1
    assert len(onsets(noise(2), RATE)) == 1
    assert len(onsets(np.zeros((2, RATE), np.float32), RATE)) == 0


@pytest.mark.parametrize("sizes", [(1, 1), (5, 5), (30, 17), (200, 3)])
def test_wasserstein_is_scipys(sizes):
    rng = np.random.default_rng(sum(sizes))
    first, second = rng.normal(size=sizes[0]), rng.integers(0, 4, size=sizes[1])
    assert wasserstein(first, second) == pytest.approx(wasserstein_distance(first, second), abs=1e-12)
    assert wasserstein(first, first + 3) == pytest.approx(3)
    with pytest.raises(ValueError, match="at least one"):
        wasserstein([], [1])


def clips(name, sounds):
    return Clips(name, RATE, tuple(Clip(f"{name} {number}", sound) for number, sound in enumerate(sounds)))


def test_figures_show_what_a_low_pass_takes_away_and_nothing_else():
    kernel = np.ones(16) / 16
    sounds = [noise(0.5, seed) for seed in range(24)]
    known, real = clips("known", sounds[:12]), clips("real", sounds[12:18])
    dull = clips("dull", [np.convolve(sound[0], kernel, "same")[None].astype(np.float32) for sound in sounds[18:]])
    same = {figure.metric.key: figure for figure in feature_figures(known, clips("same", sounds[18:]), real)}
    less = {figure.metric.key: figure for figure in feature_figures(known, dull, real)}
    for key in ("w1-centroid", "w1-flatness"):
        assert less[key].value > 20 * same[key].value
        assert less[key].low > same[key].high
        assert less[key].real == same[key].real
        assert less[key].low <= less[key].value <= less[key].high and less[key].n == 6
    assert less["w1-onsets"].value < 1
    assert feature_figures(known, clips("few", sounds[:2]))[0].low is None
