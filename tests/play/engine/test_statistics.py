import numpy as np

from tritone.play.engine import statistics
from tritone.play.engine.statistics import BlockTimes


def test_percentiles_are_those_of_numpy():
    times, seconds = BlockTimes(0.05), np.random.default_rng(0).gamma(2.0, 0.004, 777)
    assert times.summary() == {}
    for each in seconds:
        times.add(float(each))
    told = times.summary()
    for name, share in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)):
        expected = np.percentile(seconds, share)
        assert np.isclose(told[f"{name}_ms"], 1000 * expected) and np.isclose(told[f"{name}_share"], expected / 0.05)
    assert times.count == 777


def test_only_the_last_blocks_bear_on_percentiles_but_the_largest_is_kept(monkeypatch):
    monkeypatch.setattr(statistics, "KEPT", 10)
    times = BlockTimes(1.0)
    for seconds in [9.0, *[1.0] * 20]:
        times.add(seconds)
    assert times.count == 21 and times.summary()["p99_ms"] == 1000 and times.summary()["max_ms"] == 9000
