"""Bars, beats and the grid."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tritone.signal.loops import exact_loop_length, grid, loop_length, tempo_from_name, tempo_from_text

NAMES = [
    ("drums_120bpm.wav", 120), ("drums_120_bpm_dry.wav", 120), ("bpm120 kick.flac", 120), ("arp 97 BPM.wav", 97),
    ("LOOP_BPM-174_x.wav", 174), ("a.tempo 92.5.wav", 92.5), ("x 126.5bpm.ogg", 126.5),
    ("house_kita07_128bpm_00042.flac", 128), ("sub/90bpm/loop.wav", None), ("take 120.wav", None),
    ("kick808.wav", None), ("999bpm.wav", None), ("5bpm.wav", None),
    ("12bpms.wav", None), ("99_bpm_but_140bpm.wav", 99), ("440bpm_100bpm.wav", 100),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tempo"), NAMES)
def test_tempo_from_names(name, tempo):
    assert tempo_from_name(name) == tempo


def test_tempo_from_notes():
    assert tempo_from_text("my loop\nbpm: 133,5\nrecorded 2020") == 133.5
    assert tempo_from_text("Tempo = 84") == 84
    assert tempo_from_text("nothing here") is None


def test_lengths_are_those_of_the_formula():
    assert loop_length(1, 120, 44_100) == 88_200
    assert loop_length(4, 148, 44_100) == round(4 * 4 * 60 / 148 * 44_100) == 286_054
    assert loop_length(2, 90, 48_000, beats_per_bar=3) == 192_000
    assert loop_length(0.5, 100, 44_100) == 52_920
    assert exact_loop_length(1, 97, 44_100) == Fraction(240 * 44_100, 97)


@settings(deadline=None)
@given(st.floats(20, 400), st.integers(1, 8), st.sampled_from([16_000, 44_100, 48_000]))
def test_the_grid_never_drifts(bpm, bars, rate):
    length = exact_loop_length(bars, bpm, rate)
    cuts = list(grid(int(length * 500) + 1, length))
    assert len(cuts) >= 499
    for k, (start, size) in enumerate(cuts):
        assert abs(start - k * length) <= Fraction(1, 2)
        assert size == loop_length(bars, bpm, rate)


def test_the_last_loop_may_lack_a_little_and_no_more():
    length = Fraction(1_000)
    assert list(grid(2_990, length)) == [(0, 1_000), (1_000, 1_000)]
    assert list(grid(2_990, length, missing=10))[-1] == (2_000, 1_000)
    assert len(list(grid(2_989, length, missing=10))) == 2
    assert list(grid(989, length, missing=10)) == []
