"""The analysis finds what was planted, not what was not, and its parts agree with scipy and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tritone.judge.listen import test as listening
from tritone.judge.listen.analysis import Comparison, Result, analyse, rank_biserial, result_of
from tritone.judge.listen.bootstrap import Clusters
from tritone.judge.listen.report import comparison_rows
from tritone.judge.listen.simulate import Variation, half_width, simulated
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, Answer
from tritone.judge.listen.votes import Votes, count_votes, pairs_of, systems_of

CALM = Variation()
SIZES = {"listeners": 24, "items": 18, "per_listener": 9}


def drawn(advantages, seed=0, variation=CALM, **sizes):
    return simulated(variation, advantages, np.random.default_rng(seed), **(SIZES | sizes))


def test_a_planted_difference_is_found_and_none_where_there_is_none():
    votes = drawn({"a": 0.0, "b": 0.0, "c": 0.7, REAL: 1.2, ANCHOR: -1.5})
    result = result_of(votes, "rating", votes.columns)
    found = {(one.first, one.second): one for one in result.comparisons}
    assert set(found) == set(pairs_of(("a", "b", "c", REAL)))
    assert found["a", "c"].holds == "other sounds" and found["a", "c"].high < 0
    assert found["a", "b"].holds != "other sounds" and found["a", "b"].low < 0 < found["a", "b"].high
    assert result.friedman < 1e-6
    means = {score.system: score.mean for score in result.scores}
    assert means[REAL] > means["c"] > means["a"] > means[ANCHOR]


def test_single_comparisons_against_scipy():
    votes = drawn({"a": 0.0, "b": 0.4, REAL: 0.5}, seed=3)
    result = result_of(votes, "rating", votes.columns)
    for one in result.comparisons:
        both = votes.of(one.first) - votes.of(one.second)
        assert one.difference == pytest.approx(np.nanmean(both))
        for p, axis in ((one.p_listeners, 1), (one.p_items, 0)):
            means = np.nanmean(both, axis=axis)
            kept = means[np.abs(means) > 1e-9]
            if len(np.unique(np.abs(kept).round(9))) == len(kept) <= 50:
                assert p == pytest.approx(stats.wilcoxon(kept, method="exact").pvalue)
            else:
                assert p == pytest.approx(stats.wilcoxon(kept.round(9), method="asymptotic").pvalue, abs=0.02)


def test_a_difference_by_luck_of_the_sounds_does_not_hold_for_others():
    """All listeners agree that two of two sounds are better; that says nothing of a third."""
    rng = np.random.default_rng(0)
    luck = np.zeros((20, 10, 2))
    luck[:, :5, 0] += 2
    luck[:, 5:, 0] -= 1
    votes = Votes(
        "q", tuple(map(str, range(20))), tuple(map(str, range(10))), ("a", "b"), luck + 0.1 * rng.random(luck.shape)
    )
    (one,) = result_of(votes, "rating", ("a", "b")).comparisons
    assert one.difference == pytest.approx(0.5, abs=0.05)
    assert one.holm_listeners < 1e-4 and one.holm_all > 0.05 and one.holds == "these sounds"
    assert one.low < 0 < one.high


def test_where_nothing_differs_nothing_is_said():
    votes = Votes("q", ("x", "y"), ("1", "2"), ("a", "b"), np.full((2, 2, 2), 4.0))
    result = result_of(votes, "rating", votes.columns)
    assert result.friedman == 1.0
    (one,) = result.comparisons
    assert (one.p_listeners, one.p_items, one.effect, one.holds) == (1.0, 1.0, 0.0, "")
    assert (result.scores[0].low, result.scores[0].mean, result.scores[0].high) == (4.0, 4.0, 4.0)


def test_intervals_have_the_width_of_theory():
    """Where listeners and items are what differs, and not the single answer, the bootstrap gives the known error."""
    variation = Variation(listener=0.5, item=0.4, taste=0.0, luck=0.0, answer=1e-6)
    rng = np.random.default_rng(1)
    ratios = []
    for seed in range(40):
        bias, item = 0.5 * rng.standard_normal((40, 1)), 0.4 * rng.standard_normal((1, 40))
        low, high = Clusters(40, 40, 1000, seed).interval(bias + item)
        ratios.append((high - low) / 2 / half_width(variation, 40, 40, 40))
    assert np.mean(ratios) == pytest.approx(1, abs=0.08)


def test_noise_of_answers_alone_counts_three_times():
    rng = np.random.default_rng(2)
    widths = [np.ptp(Clusters(30, 30, 800, seed).interval(rng.standard_normal((30, 30)))) / 2 for seed in range(30)]
    assert np.mean(widths) == pytest.approx(1.96 * np.sqrt(3) / 30, rel=0.1)


def test_missing_answers_do_not_count():
    values = np.full((4, 6), np.nan)
    values[:, :3] = 2.0
    assert Clusters(4, 6, 200).interval(values) == (2.0, 2.0)
    votes = drawn({"a": 0.0, "b": 0.0})
    assert np.isnan(votes.values).mean() == pytest.approx(0.5)
    assert result_of(votes, "rating", ("a", "b")).scores[0].votes == 24 * 9


def test_a_pair_that_nobody_heard_has_a_dash():
    never = Comparison("a", "b", *[float("nan")] * 3, 0.0, 0, 0, 1.0, 1.0, 1.0)
    heard = replace(never, difference=0.5, low=0.25, high=0.75)
    _, rows = comparison_rows(Result("drumness", (), (never, heard), 1.0), "rating")
    assert [row[1:3] for row in rows] == [["-", "-"], ["+0.50", "0.25 to 0.75"]]


def test_rank_biserial():
    assert rank_biserial(np.array([1.0, 2, 3])) == 1.0
    assert rank_biserial(np.array([-1.0, 0, -3])) == -1.0
    assert rank_biserial(np.array([1.0, -2, 3])) == pytest.approx((1 + 3 - 2) / 6)
    assert rank_biserial(np.zeros(3)) == 0.0


def make_test(kind, items=6, systems=("a", "b")):
    """A test without sound, with readable ids, and its key."""
    members = (*systems, REAL, ANCHOR, *((MID_ANCHOR,) if kind == "mushra" else ()))
    heard = {f"{item}:{name}": listening.Heard(name, str(item), "", 0) for item in range(items) for name in members}
    if kind == "rating":
        rows = [(name,) for name in heard]
    elif kind == "mushra":
        rows = [tuple(f"{item}:{name}" for name in members) for item in range(items)]
    else:
        pairs = [*pairs_of((*systems, REAL)), (REAL, ANCHOR)]
        rows = [(f"{item}:{two}", f"{item}:{one}") for item in range(items) for one, two in pairs]
    trials = tuple(
        listening.Trial(f"t{place}", row, "ref" if kind == "mushra" else "") for place, row in enumerate(rows)
    )
    trials = (listening.Trial("practice", rows[0], "ref" if kind == "mushra" else "", training=True), *trials)
    heard["ref"] = listening.Heard("reference", "0", "", 0)
    order = listening.Order(tuple((trial.id, trial.stimuli) for trial in trials))
    question = listening.Question("audio-quality", "?", ("Bad", "Poor", "Fair", "Good", "Excellent"))
    test = listening.Test("id", "t", kind, (question,), (), trials, (order,), 5.0)
    rule = {"rating": listening.Exclusion(3, 0.25, True), "mushra": listening.Exclusion(90, 0.15, True)}
    return test, listening.Key("id", heard, rule.get(kind, listening.Exclusion(0.5, 0.34)), "audio-quality")


def answers_of(test, key, listener, value):
    """All answers of a listener: `value(system, item)`; in pairs the system with the larger value is preferred."""
    for trial in test.trials:
        heard = [key.stimuli[name] for name in trial.stimuli]
        values = [value(one.system, int(one.item)) for one in heard]
        if test.kind == "preference":
            values = [0.5 + 0.5 * np.sign(values[0] - values[1]), 0.5 + 0.5 * np.sign(values[1] - values[0])]
        for name, given in zip(trial.stimuli, values, strict=True):
            yield Answer(listener, trial.id, "audio-quality", name, float(given), 3000, "2024-01-01T00:00:00+00:00")


GRADES = {"a": 3, "b": 4, REAL: 5, ANCHOR: 1}


def panel(test, key, count=10, **others):
    rows = [
        row
        for number in range(count)
        for row in answers_of(test, key, f"l{number}", lambda system, item: GRADES[system])
    ]
    for name, value in others.items():
        rows += answers_of(test, key, name, value)
    return rows


def test_training_does_not_count():
    test, key = make_test("rating")
    rows = list(answers_of(test, key, "x", lambda system, item: 4))
    rows = [replace(row, value=1.0) if row.trial == "practice" else row for row in rows]
    (votes,) = count_votes(test, key, rows)
    assert np.nanmin(votes.values) == 4 and votes.values.shape == (1, 6, 4)


def test_listeners_who_do_not_listen_are_left_out_by_the_rule():
    test, key = make_test("rating")
    rows = panel(
        test, key,
        deaf=lambda system, item: 2 if system == REAL and item < 2 else GRADES[system],
        once=lambda system, item: 2 if system == REAL and item < 1 else GRADES[system],
        same=lambda system, item: 4,
        short=lambda system, item: GRADES[system],
    )  # fmt: skip
    rows = [row for row in rows if row.listener != "short" or key.stimuli[row.stimulus].item == "0"]
    analysis = analyse(test, key, rows, resamples=200)
    assert analysis.excluded == {
        "deaf": "missed 2 of 6 real sounds",
        "same": "did not value real sound above the anchor",
        "short": "answered 4 of 24 screens",
    }
    assert analysis.counted == 11 and not analysis.pilot
    assert analysis.everyone[0].scores[0].votes == 6 * 13 + 1
    assert analysis.results[0].scores[0].votes == 6 * 11
    lenient = replace(key, exclusion=listening.Exclusion(3, 0.5, over_anchor=False))
    assert set(analyse(test, lenient, rows, resamples=200).excluded) == {"short"}


def test_few_listeners_are_a_pilot():
    test, key = make_test("rating")
    assert analyse(test, key, panel(test, key, count=7), resamples=200).pilot
    assert not analyse(test, key, panel(test, key, count=8), resamples=200).pilot


def test_preferences():
    test, key = make_test("preference")
    rows = panel(
        test, key, count=9,
        other=lambda system, item: {**GRADES, "a": 6}[system],
        anchored=lambda system, item: {**GRADES, ANCHOR: 9}[system],
        even=lambda system, item: GRADES[system] if system in (REAL, ANCHOR) else 2,
    )  # fmt: skip
    analysis = analyse(test, key, rows, resamples=300)
    assert set(analysis.excluded) == {"anchored"}
    (result,) = analysis.results
    found = {(one.first, one.second): one.difference + 0.5 for one in result.comparisons}
    assert found == pytest.approx({("a", "b"): (1 + 0.5) / 11, ("a", REAL): 1 / 11, ("b", REAL): 0.0})
    scores = {score.system: score for score in result.scores}
    assert set(scores) == {"a", "b", REAL}
    assert scores["b"].mean == pytest.approx((1 - (1 + 0.5) / 11 + 0) / 2)
    strong = [scores[name].strength for name in ("a", "b", REAL)]
    assert strong[0][0] < strong[1][0] < strong[2][0]
    assert all(low <= middle <= high for middle, low, high in strong)


def test_mushra_leaves_out_who_misses_the_reference_but_not_for_an_easy_anchor():
    test, key = make_test("mushra")
    fair = {"a": 40, "b": 60, REAL: 100, ANCHOR: 10, MID_ANCHOR: 50}
    rows = []
    for number in range(10):
        rows += answers_of(
            test, key, f"l{number}", lambda system, item: 95 if system == MID_ANCHOR and item == 0 else fair[system]
        )
    rows += answers_of(test, key, "miss", lambda system, item: 80 if system == REAL else fair[system])
    rows += answers_of(
        test, key, "dull", lambda system, item: 95 if system == MID_ANCHOR and item < 3 else fair[system]
    )
    analysis = analyse(test, key, rows, resamples=200)
    assert set(analysis.excluded) == {"miss", "dull"}
    assert analysis.excluded["dull"].startswith("took 2 of 5")
    score = {score.system: score for score in analysis.results[0].scores}
    assert score["a"].median == 40 and score[MID_ANCHOR].mean == pytest.approx(50 + 45 / 6)
    assert systems_of(key) == ("a", "b", REAL, MID_ANCHOR, ANCHOR)


def test_everybody_may_be_left_out():
    test, key = make_test("rating")
    analysis = analyse(test, key, list(answers_of(test, key, "same", lambda system, item: 1)), resamples=100)
    assert analysis.counted == 0 and analysis.results[0].scores == () and analysis.everyone[0].scores[0].mean == 1
