"""Curves of a log, loudness of files, and numbers in words."""

import numpy as np
import pytest

from tritone.judge.compare.curves import MOST_POINTS, curves_of
from tritone.judge.compare.sounds import MOST_GAIN, gain_to, loudness_of
from tritone.judge.compare.tables import markdown, p_words
from tritone.judge.compare.words import bytes_words, counted, duration, listed, value_words
from tritone.report.table import Cell, Row, Table


def test_curves_are_thinned_means_and_losses_that_have_logarithms():
    log = [{"step": 0, "validation/distance": 5.0, "seconds": 1.0}]
    log += [{"step": n, "g/loss": 10.0 + n % 2, "g/score": n - 500.0, "g/learning_rate": 1.0, "seconds": 60.0 * n}
            for n in range(1, 1601)]  # fmt: skip
    log += [{"step": 1600, "validation/distance": float("nan"), "seconds": 96_000.0},
            {"step": 1600, "validation/distance": 3.0, "seconds": 96_006.0}]  # fmt: skip
    found = curves_of("run", log, [800, None, 1600])
    assert found.held_out == ((1 / 60, 5.0), (1600.1, 3.0))
    assert list(found.losses) == ["g/loss"] and len(found.losses["g/loss"]) == MOST_POINTS
    assert all(value == 10.5 for _, value in found.losses["g/loss"])
    assert found.marks == ((800.0, "step 800"), (1600.1, "step 1,600"))
    assert curves_of("empty", []).held_out == ()


def test_gain_reaches_the_target_without_leaving_full_scale():
    rate = 48_000
    sine = np.sin(2 * np.pi * 997 * np.arange(rate) / rate)[None].astype(np.float32)
    loud, soft, short = 0.5 * sine, 1e-3 * sine, 0.5 * sine[:, :4800]
    for audio in (loud, short):
        gain = gain_to(-23.0, audio, loudness_of(audio, rate))
        assert loudness_of(audio * np.float32(10 ** (gain / 20)), rate) == pytest.approx(-23.0, abs=0.01)
    assert gain_to(-23.0, soft, loudness_of(soft, rate)) == MOST_GAIN
    assert gain_to(-1.0, loud, loudness_of(loud, rate)) == pytest.approx(20 * np.log10(2), abs=1e-3)
    silence = np.zeros((1, rate), np.float32)
    assert loudness_of(silence, rate) is None and gain_to(-23.0, silence, None) == 0.0


def test_words():
    assert [value_words(v) for v in (-1.234, 0.0, 12.0)] == ["−1.23", "0", "12"]
    assert [duration(s) for s in (0.5, 42, 900, 7200, 12_000)] == ["0.500 s", "42 s", "15 min", "2 h", "3 h 20 min"]
    assert [bytes_words(n) for n in (31_771_048, 900)] == ["31.8 MB", "0.900 kB"]
    assert [listed(n) for n in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [counted(n, "sound") for n in (1, 1234)] == ["1 sound", "1\u202f234 sounds"]
    assert [p_words(p) for p in (0.0, 0.0009, 0.05)] == ["< 0.001", "< 0.001", "0.050"]


def test_markdown_keeps_its_columns_whatever_the_names():
    rows = [Row("group"), Row("a|b", [Cell("1", "0 to 2", True, [1]), Cell("<i>")], "dB")]
    lines = markdown(Table("t", ["", "x|y", "z"], rows, notes=["few"])).splitlines()
    assert lines[:4] == [
        "|  | x\\|y | z |", "|---|---|---|", "| **group** | | |", "| a\\|b (dB) | **1** [1] (0 to 2) | &lt;i> |",
    ]  # fmt: skip
    assert lines[-1] == "1. few"
