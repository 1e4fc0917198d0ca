"""Loudness against the compliance values of BS.1770 and EBU Tech 3341, and against pyloudnorm's numbers."""

import math

import numpy as np
import pytest

from tritone.signal.loudness import integrated_loudness, level, true_peak

RATES = (16_000, 22_050, 44_100, 48_000, 96_000)


def sine(hertz, decibels, seconds, rate=48_000, phase=0.0):
    time = np.arange(round(seconds * rate)) / rate
    return 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * time + phase)


def stereo(*parts):
    """The same 1 kHz sine on both sides, at levels in dBFS for so many seconds."""
    one = np.concatenate([sine(1000, decibels, seconds) for decibels, seconds in parts])
    return np.stack([one, one])


def test_a_full_scale_sine_of_997_hertz_in_one_channel_is_minus_3_01():
    assert integrated_loudness(sine(997, 0, 20)[None], 48_000) == pytest.approx(-3.01, abs=0.01)


CASES_3341 = {
    "1": (((-23, 20),), -23.0),
    "2": (((-33, 20),), -33.0),
    "3": (((-36, 10), (-23, 60), (-36, 10)), -23.0),
    "4": (((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23.0),
    "5": (((-26, 20), (-20, 20.1), (-26, 20)), -23.0),
}
"""EBU Tech 3341, table 1: parts of a stereo sine, and its integrated loudness within 0.1 LU."""


@pytest.mark.parametrize("case", CASES_3341)
def test_the_minimum_requirements_of_ebu_tech_3341(case):
    parts, wanted = CASES_3341[case]
    assert integrated_loudness(stereo(*parts), 48_000) == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_a_sound_is_as_loud_at_any_rate(rate):
    for hertz in (60, 300, 1000, 3000):
        here = integrated_loudness(sine(hertz, -20, 3, rate)[None], rate)
        assert here == pytest.approx(integrated_loudness(sine(hertz, -20, 3)[None], 48_000), abs=0.07), hertz


def test_the_weighting_is_the_standards_filters_run_over_the_samples():
    signal = pytest.importorskip("scipy.signal")
    noise = np.random.default_rng(0).standard_normal((2, 48_000))
    shelf = signal.lfilter([1.53512485958697, -2.69169618940638, 1.19839281085285],
                           [1.0, -1.69065929318241, 0.73248077421585], noise)  # fmt: skip
    both = signal.lfilter([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621], shelf)
    blocks = np.stack([both[:, start : start + 19_200] for start in range(0, 48_000 - 19_200 + 1, 4800)])
    power = np.square(blocks).mean(-1).sum(1).mean()  # all blocks pass the gates
    assert integrated_loudness(noise, 48_000) == pytest.approx(-0.691 + 10 * math.log10(power), abs=1e-6)


def noise(seconds, rate, seed, channels, fade):
    """Noise that dies away, in channels that are partly alike."""
    generator = np.random.default_rng(seed)
    time = round(seconds * rate)
    shape = generator.standard_normal((channels, time)) + generator.standard_normal(time)
    return 0.05 * shape * np.exp(-fade * np.arange(time) / rate)


PYLOUDNORM = {
    (3.0, 48_000, 0, 2, 0.3): -20.2758,
    (3.0, 44_100, 1, 1, 3.0): -29.6946,
    (2.0, 16_000, 2, 2, 1.0): -23.9032,
    (6.0, 96_000, 3, 1, 2.0): -28.8098,
    (1.0, 22_050, 4, 2, 0.0): -17.0317,
}
"""What pyloudnorm 0.2.0 (filter class "DeMan") gives for `noise(...)` of these arguments.

At other rates than 48 kHz its high-pass is up to 0.09 dB louder or softer than the standard's throughout.
"""


@pytest.mark.parametrize("case", PYLOUDNORM)
def test_it_agrees_with_pyloudnorm(case):
    near = 0.001 if case[1] == 48_000 else 0.1
    assert integrated_loudness(noise(*case), case[1]) == pytest.approx(PYLOUDNORM[case], abs=near)


def test_short_and_silent_sounds_are_told_apart():
    assert integrated_loudness(np.zeros((1, 48_000)), 48_000) == -math.inf
    assert integrated_loudness(sine(1000, -20, 0.399)[None], 48_000) is None
    assert integrated_loudness(sine(1000, -23, 0.4)[None], 48_000) == pytest.approx(-26, abs=0.1)
    assert level(np.zeros((2, 100)), 48_000) == -math.inf


def test_the_level_of_a_steady_sound_is_its_loudness_however_short():
    for seconds in (0.05, 0.3, 5):
        assert level(stereo((-23, seconds)), 48_000) == pytest.approx(-23, abs=0.15), seconds
    padded = np.pad(stereo((-23, 1)), ((0, 0), (0, 48_000)))
    assert level(padded, 48_000) == pytest.approx(-26, abs=0.1)


@pytest.mark.parametrize("shape", [(100,), (3, 100)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="channels"):
        integrated_loudness(np.zeros(shape), 48_000)


@pytest.mark.parametrize(("phase", "divisor"), [(0, 4), (45, 4), (60, 6), (67.5, 8)])
def test_true_peaks_of_ebu_tech_3341_between_the_samples(phase, divisor):
    tone = sine(48_000 / divisor, 20 * math.log10(0.5), 1, phase=math.radians(phase))
    fade = np.minimum(1, np.minimum(np.arange(48_000), np.arange(48_000)[::-1]) / 2400)
    assert -6.4 <= true_peak((tone * fade)[None]) <= -5.8


def test_the_peak_between_samples_is_higher_than_that_of_the_samples():
    tone = sine(12_000, 0, 1, phase=math.pi / 4)
    tone = tone * np.hanning(len(tone))
    assert 20 * math.log10(np.abs(tone).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak(tone[None]) == pytest.approx(0, abs=0.01)
    assert true_peak(np.zeros((2, 10))) == -math.inf
