"""Peak, level, offset and clips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import noise

from tritone.data.measure import Meter


def measure(audio: np.ndarray, *cuts: int):
    meter = Meter(audio.shape[0])
    for block in np.split(audio, cuts, axis=1):
        meter.add(block)
    return meter.result()


def test_a_sine():
    audio = 0.5 * np.sin(2 * np.pi * 10 * np.arange(10_000) / 10_000)[None].astype(np.float32)
    found = measure(audio)
    assert found.peak == pytest.approx(0.5) and found.rms_db == pytest.approx(20 * np.log10(0.5 / 2**0.5), abs=1e-3)
    assert found.dc == pytest.approx(0, abs=1e-6) and found.clips == 0 and not found.silent


def test_offset_of_the_worse_channel_and_silence():
    audio = noise(1, 0, channels=2)
    audio[1] += 0.25
    assert measure(audio).dc == pytest.approx(0.25, abs=0.02)
    assert measure(np.zeros((1, 100), np.float32)).silent
    assert measure(np.full((1, 100), 10 ** (-71 / 20), np.float32)).silent
    assert not measure(np.full((1, 100), 10 ** (-69 / 20), np.float32)).silent


@pytest.mark.parametrize("run", [1, 2, 3, 4, 50])
def test_only_runs_of_three_are_clips(run):
    audio = np.zeros((1, 200), np.float32)
    audio[0, 60 : 60 + run] = -1.0
    audio[0, 150 : 150 + run] = 1.0
    assert measure(audio).clips == (2 if run >= 3 else 0)


@given(st.lists(st.booleans(), min_size=1, max_size=80), st.lists(st.integers(0, 80), max_size=6))
def test_clips_do_not_depend_on_blocks(full, cuts):
    audio = np.array([full], np.float32)
    runs = "".join("x" if value else " " for value in full).split()
    assert measure(audio, *sorted(min(cut, len(full)) for cut in cuts)).clips == sum(len(run) >= 3 for run in runs)


def test_broken_samples_are_counted():
    meter = Meter(1)
    meter.add(np.array([[0.0, np.nan, np.inf, -np.inf, 0.1]], np.float32))
    assert meter.broken == 3
