"""Speed, size, memory and energy on models and machines whose answers are known."""

import time
from pathlib import Path

import pytest
import torch

from tritone.families.base import Synthesizer
from tritone.judge.energy import EnergyMeter
from tritone.judge.memory import own_peak_megabytes, peak_megabytes
from tritone.judge.speed import Played, play_once, speed_figures


class Slow(Synthesizer):
    """Takes a fixed time for a sound, and the first sound takes longer."""

    sample_rate, channels = 1000, 1

    def __init__(self, able, seconds=0.02):
        super().__init__()
        self.able, self.seconds, self.calls = frozenset(able), seconds, 0
        self.weight = torch.nn.Parameter(torch.zeros(1234))

    def capabilities(self):
        return self.able

    def facts(self):
        return {"delay_samples": 30}

    def generate(self, count, seconds, seeds, **controls):
        self.calls += 1
        time.sleep(self.seconds * (10 if self.calls == 1 else 1))
        return torch.zeros(count, 1, round((seconds or 2.0) * self.sample_rate))

    def reconstruct(self, audio, **controls):
        time.sleep(self.seconds)
        return audio


@pytest.fixture
def checkpoint(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"0" * 5_000_000)
    return tmp_path


def by_key(figures):
    return {figure.metric.key: figure for figure in figures}


@pytest.fixture
def alone(monkeypatch):
    """Without the process that measures memory."""
    monkeypatch.setattr("tritone.judge.speed.peak_megabytes", lambda *_: None)


def test_times_are_those_of_sounds_after_the_first(checkpoint, alone):
    found = by_key(speed_figures(Played(Slow({"generate", "reconstruct"}), checkpoint), seconds=1.0, repeats=3))
    for key in ("speed-generate", "speed-reconstruct"):
        assert 10 < found[key].value <= 50  # 1 s of sound in at least 0.02 s
        assert found[key].low <= found[key].value <= found[key].high <= 50 and found[key].n == 3
    assert found["latency"].value == 30
    assert found["parameters"].value == pytest.approx(0.001234) and found["file-size"].value == pytest.approx(5)
    assert "memory" not in found


def test_only_what_a_model_can_do_is_timed(checkpoint, alone):
    found = by_key(speed_figures(Played(Slow({"generate"}), checkpoint), seconds=1.0, repeats=1))
    assert "speed-reconstruct" not in found and "latency" not in found
    looping = Slow({"generate", "loop"})
    assert play_once(looping, 1.0).shape[-1] == 2000  # of its own length
    assert play_once(Slow({"reconstruct"}), 1.0).shape[-1] == 1000


def counters(folder: Path, **joules: int):
    for name, value in joules.items():
        counter = folder / name.replace("_", ":")
        counter.mkdir(parents=True, exist_ok=True)
        (counter / "energy_uj").write_text(f"{value * 10**6}\n")
        (counter / "max_energy_range_uj").write_text(f"{1000 * 10**6}\n")


def renamed(folder, **joules):
    counters(folder, **{f"intel-rapl_{name.removeprefix('package')}": value for name, value in joules.items()})


def test_energy_is_the_sum_over_processors_also_where_a_counter_begins_anew(tmp_path):
    renamed(tmp_path, package0=100, package1=990)
    renamed(tmp_path, **{"package0_0": 50})  # a part of the first one
    meter = EnergyMeter(tmp_path)
    renamed(tmp_path, package0=103, package1=4)
    renamed(tmp_path, **{"package0_0": 51})
    assert meter.joules() == pytest.approx(3 + 14)


def test_energy_that_the_machine_does_not_tell_is_left_out(tmp_path, monkeypatch, checkpoint, alone):
    assert EnergyMeter(tmp_path).joules() is None
    monkeypatch.setattr("tritone.judge.speed.EnergyMeter", lambda: EnergyMeter(tmp_path))
    assert "energy" not in by_key(speed_figures(Played(Slow({"generate"}), checkpoint), repeats=1))


def test_energy_for_a_second_of_sound(monkeypatch, checkpoint, alone):
    class Meter:
        def joules(self):
            return 6.0

    monkeypatch.setattr("tritone.judge.speed.EnergyMeter", Meter)
    found = by_key(speed_figures(Played(Slow({"generate"}), checkpoint), seconds=1.5, repeats=2))
    assert found["energy"].value == pytest.approx(2)


def test_memory_is_that_of_a_fresh_process_and_a_run_that_is_none_has_none(trained, tmp_path):
    found = peak_megabytes(trained, "latest", 1.0, 1)
    assert 100 < found < 2000
    assert own_peak_megabytes() > 100
    assert peak_megabytes(tmp_path, "latest", 1.0, 1) is None
