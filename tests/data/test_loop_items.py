"""Loops cut on the grid."""

import numpy as np
import pytest
from sounds import RATE, noise, write

from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.signal.loops import exact_loop_length, loop_length


def cut(tmp_path, **options):
    report = prepare([tmp_path / "s"], tmp_path / "d", **{"sample_rate": RATE, "dtype": "float32"} | options)
    return Dataset.open(tmp_path / "d"), report


@pytest.mark.parametrize("lazy", [False, True])
def test_loops_lie_on_the_exact_grid(tmp_path, lazy):
    length = exact_loop_length(1, 97, RATE)
    sound = noise(float(9 * length) / RATE + 0.7, 0)
    write(tmp_path / "s" / "x_97bpm.wav", sound, subtype="FLOAT")
    data, _ = cut(tmp_path, bars=1, lazy=lazy)
    assert [item.name for item in data.items] == [f"x_97bpm.wav#{k}" for k in range(1, 10)]
    for k, item in enumerate(data.items):
        assert (item.loop, item.bpm, item.bars, item.frames) == (True, 97, 1, loop_length(1, 97, RATE))
        expected = sound[:, round(k * length) : round(k * length) + item.frames]
        np.testing.assert_array_equal(data.read(item, 0, item.frames), expected)


def test_where_the_tempo_comes_from(tmp_path):
    for index, name in enumerate(["named_100bpm", "noted_100bpm", "counted", "texted", "plain"]):
        write(tmp_path / "s" / f"{name}.wav", noise(4.8, index))
    (tmp_path / "s" / "noted_100bpm.json").write_text('{"bpm": 150}')
    (tmp_path / "s" / "counted.wav.json").write_text('{"bars": 3}')
    (tmp_path / "s" / "texted.txt").write_text("bpm: 200")
    data, report = cut(tmp_path, bars=1, bpm=50)
    tempos = {item.name.split(".")[0]: item.bpm for item in data.items}
    assert tempos == {"named_100bpm": 100, "noted_100bpm": 150, "counted": 150, "texted": 200, "plain": 50}
    assert not report.skipped


def test_files_without_tempo_or_too_short_are_listed(tmp_path):
    write(tmp_path / "s" / "good_120bpm.wav", noise(4, 0))
    write(tmp_path / "s" / "bad.wav", noise(4, 1))
    write(tmp_path / "s" / "short_120bpm.wav", noise(1.5, 2))
    data, report = cut(tmp_path, bars=1)
    assert {item.name.split("#")[0] for item in data.items} == {"good_120bpm.wav"}
    reasons = {skip.name: skip.reason for skip in report.skipped}
    assert "no tempo" in reasons["bad.wav"] and "--bpm" in reasons["bad.wav"]
    assert "shorter (1.50 s) than one loop of 1 bars at 120 BPM (2.00 s)" in reasons["short_120bpm.wav"]


def test_no_loop_at_all(tmp_path):
    write(tmp_path / "s" / "bad.wav", noise(4, 1))
    with pytest.raises(UserError, match="no tempo"):
        cut(tmp_path, bars=1)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_loop_that_lacks_a_few_milliseconds_is_filled_with_silence(tmp_path, lazy):
    for name, seconds in (("a_120bpm", 2.0), ("b_120bpm", 3.98)):
        write(tmp_path / "s" / f"{name}.wav", noise(seconds, len(name)) + 0.01, subtype="FLOAT")
    data, _ = cut(tmp_path, bars=1, lazy=lazy)
    last = next(item for item in data.items if item.name == "b_120bpm.wav#2")
    sound = data.read(last, 0, last.frames)[0]
    assert last.frames == 2 * RATE and (sound[: round(1.97 * RATE)] != 0).any()
    assert (sound[round(1.98 * RATE) :] == 0).all() and sound[round(1.98 * RATE) - 1] != 0


def test_bars_of_three_beats(tmp_path):
    write(tmp_path / "s" / "waltz_90bpm.wav", noise(8, 0))
    data, _ = cut(tmp_path, bars=2, beats_per_bar=3)
    assert {item.frames for item in data.items} == {4 * RATE}
