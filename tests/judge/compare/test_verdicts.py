"""Who is better, who is nearest, and by what: on figures whose answer is known."""

import numpy as np
import pytest
from scipy import stats

from tritone.judge.compare.exchange import DRAWS, Exchange, _difference
from tritone.judge.compare.judged import Judged, leading
from tritone.judge.compare.scores import ranked
from tritone.judge.compare.verdicts import verdicts
from tritone.judge.embeddings import Embedded
from tritone.judge.figure import Figure, Metric


def metric(key, better, group="sound"):
    return Metric(key, key.title(), "What it is.", "dB", better, group)


def figure(key, better, values, real=None, group="sound", names="seed {}", **more):
    by_file = {names.format(n): float(value) for n, value in enumerate(values)}
    return Figure(metric(key, better, group), float(np.mean(values)), len(values), real=real, by_file=by_file, **more)


def judged(system, *figures, kind="generated", **more):
    return Judged(system, kind, tuple(figures), **more)


RNG = np.random.default_rng(0)
BASE = RNG.normal(0, 1, 30)


def test_pairs_are_tested_by_signed_ranks():
    one, two = BASE + 1.0 + RNG.normal(0, 0.2, 30), BASE
    (found,) = verdicts([judged("a", figure("error", "lower", one)), judged("b", figure("error", "lower", two))])
    assert (found.how, found.n, found.better) == ("signed ranks", 30, "b")
    assert found.p == found.adjusted == pytest.approx(stats.wilcoxon(one - two, method="exact").pvalue)
    assert found.difference == pytest.approx(float((one - two).mean()))


def test_higher_and_nearer():
    high = [judged("a", figure("score", "higher", BASE + 3)), judged("b", figure("score", "higher", BASE))]
    assert verdicts(high)[0].better == "a"
    near = [
        judged("a", figure("width", "nearer", BASE + 3, 2.5)),
        judged("b", figure("width", "nearer", BASE - 3, 2.5)),
    ]
    (found,) = verdicts(near)
    assert (found.better, found.how) == ("a", "exchange of pairs") and found.difference < 0
    assert verdicts([judged("a", figure("w", "nearer", BASE)), judged("b", figure("w", "nearer", BASE))]) == []
    assert verdicts([judged("a", figure("w", "", BASE)), judged("b", figure("w", "", BASE + 9))]) == []


def test_sounds_that_do_not_belong_together_are_dealt_anew():
    other = judged("b", figure("error", "lower", BASE[:20] + 2, names="file {}"))
    (found,) = verdicts([judged("a", figure("error", "lower", BASE)), other])
    assert (found.how, found.n, found.better) == ("exchange of files", 20, "a")


def test_sets_are_tested_by_exchange_or_by_intervals_of_equal_sizes():
    def pair(count, **more):
        first = Figure(metric("kd-x", "lower", "likeness"), 1.0, 30, 0.8, 1.2, by_file={"a": 1.0})
        second = Figure(metric("kd-x", "lower", "likeness"), 1.6, count, 1.2, 2.0, by_file={"a": 1.6})
        return verdicts([judged("a", first), judged("b", second)], **more)

    (found,) = pair(30)
    assert found.how == "intervals" and found.better == "a"
    error = np.hypot(0.4 / 3.92, 0.8 / 3.92)
    assert found.p == pytest.approx(2 * stats.norm.sf(0.6 / error))
    assert pair(20) == []
    (found,) = pair(20, exchange=lambda *_: 0.5)
    assert (found.how, found.p, found.better, found.n) == ("exchange of files", 0.5, "", 20)


def test_many_tests_are_corrected_together_and_kinds_and_speed_kept_apart():
    rows = [judged(name, figure("one", "lower", BASE + RNG.normal(0, 1, 30)), figure("two", "higher", BASE),
                   figure("time", "lower", BASE, group="speed")) for name in "abc"]  # fmt: skip
    rows.append(judged("a", figure("one", "lower", BASE), kind="reconstructed"))
    found = verdicts(rows)
    assert len(found) == 6 and {one.metric.key for one in found} == {"one", "two"}
    assert all(one.adjusted >= one.p for one in found)
    assert [one.better for one in found if one.metric.key == "two"] == ["", "", ""]


def embedded(system, rows, each=2):
    return Embedded(rows, tuple(f"{system} {n // each}" for n in range(len(rows))))


def test_exchange_finds_who_is_nearer_and_not_what_is_not_there():
    rng = np.random.default_rng(1)
    reference = embedded("r", rng.normal(0, 1, (60, 4)))
    near, far = embedded("n", rng.normal(0, 1, (40, 4))), embedded("f", rng.normal(0.9, 1, (40, 4)))
    tested = Exchange(reference, {"near": near, "far": far})
    assert tested.p("near", "far") == pytest.approx(1 / (DRAWS + 1)) == tested.p("far", "near")
    kernels = tested._kernels("near", "far")
    everything = np.arange(30)
    by_hand = kernels.distance(everything, np.arange(20)) - kernels.distance(everything, np.arange(20, 40))
    assert _difference(kernels, np.arange(40)[None] < 20)[0] == pytest.approx(by_hand)
    alarms = 0
    for seed in range(40):
        draws = np.random.default_rng(100 + seed).normal(0, 1, (2, 24, 4))
        both = {name: embedded("seed", rows) for name, rows in zip("ab", draws, strict=True)}
        alarms += Exchange(reference, both).p("a", "b") < 0.1
    assert alarms <= 10  # of 40, where 4 are expected


def test_the_best_come_first_and_half_is_best_at_most():
    order = ranked(figure("error", "lower", [3.0, 1.0, 2.0]))
    assert order.items == (("seed 1", 1.0), ("seed 2", 2.0), ("seed 0", 3.0))
    assert order.best(2) == (("seed 1", 1.0),) and order.worst(2) == (("seed 0", 3.0),)
    assert ranked(figure("s", "higher", [3.0, 1.0, 2.0])).items[0] == ("seed 0", 3.0)
    assert ranked(figure("s", "nearer", [3.0, 1.0, 2.0], 2.1)).items[0] == ("seed 2", 2.0)
    with pytest.raises(ValueError, match="no value"):
        ranked(figure("s", "nearer", [3.0, 1.0]))


def test_the_leading_figure_is_an_impartial_judges():
    def kernels(*names):
        return [figure(f"kd-{name}", "lower", BASE, group="likeness") for name in names]

    rows = [judged("a", *kernels("logmel", "aisfx", "musicnn-mtt")), judged("b", *kernels("logmel", "aisfx"))]
    assert leading(rows).key == "kd-aisfx"
    rows[1] = judged("b", *kernels("logmel", "aisfx"), seen=frozenset({"aisfx"}))
    assert leading(rows).key == "kd-logmel"
    fidelity = judged("c", figure("w", "nearer", BASE), figure("mel", "lower", BASE, group="fidelity"))
    assert leading([fidelity]).key == "mel"
    assert leading([judged("d")]) is None and leading([]) is None
