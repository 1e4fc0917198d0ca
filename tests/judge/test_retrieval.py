"""The classifier against densities and error rates that are known, its intervals against scipy's."""

import numpy as np
import pytest
from scipy import stats

from tritone.judge.retrieval import fit_classifier, mean_interval, ranks, retrieval, shrunk_covariance, wilson


def mixture(rng, means, covariance, count):
    """`count` rows around each mean, and the label of each."""
    rows = np.concatenate([rng.multivariate_normal(mean, covariance, count) for mean in means])
    return rows, [f"label {place}" for place in range(len(means)) for _ in range(count)]


def shrunk_by_definition(rows):
    """Ledoit and Wolf 2004, lemma 3.2 to 3.5, sum by sum."""
    count, dims = rows.shape
    sample = sum(np.outer(row, row) for row in rows) / count
    mean = np.trace(sample) / dims
    apart = np.linalg.norm(sample - mean * np.eye(dims)) ** 2 / dims
    error = sum(np.linalg.norm(np.outer(row, row) - sample) ** 2 / dims for row in rows) / count**2
    share = min(error, apart) / apart
    return share * mean * np.eye(dims) + (1 - share) * sample


@pytest.mark.parametrize("count", [5, 40])
def test_the_covariance_is_shrunk_as_the_paper_says(count):
    rows = np.random.default_rng(count).standard_normal((count, 12)) * np.linspace(1, 3, 12)
    np.testing.assert_allclose(shrunk_covariance(rows), shrunk_by_definition(rows), rtol=1e-10, atol=1e-12)
    assert np.linalg.eigvalsh(shrunk_covariance(rows))[0] > 0


def test_scores_are_twice_the_logarithm_of_the_normal_likelihood():
    rng = np.random.default_rng(0)
    rows, labels = mixture(rng, [[0, 0, 5], [1, 2, 5], [0, -3, 4]], np.diag([1.0, 4.0, 0.01]), 30)
    own = np.stack([rows[30 * place : 30 * place + 30].mean(0) for place in range(3)])
    within = rows - np.repeat(own, 30, 0)
    scale = np.diag(within.std(0))
    covariance = scale @ shrunk_by_definition(within @ np.linalg.inv(scale)) @ scale
    heard = rng.standard_normal((20, 3)) + np.array([0, 0, 5])
    found = fit_classifier(rows, labels).scores(heard)
    wanted = np.stack([2 * stats.multivariate_normal(mean, covariance).logpdf(heard) for mean in own], 1)
    np.testing.assert_allclose(found - found[:, :1], wanted - wanted[:, :1], rtol=1e-6, atol=1e-6)


def test_two_normal_classes_are_told_apart_as_well_as_can_be_whatever_the_units():
    rng = np.random.default_rng(1)
    covariance = np.array([[25.0, 4.9], [4.9, 1.0]])
    means = np.array([[0.0, 0.0], [0.0, 0.5]])
    step = means[1] - means[0]
    best = stats.norm.cdf(np.sqrt(step @ np.linalg.inv(covariance) @ step) / 2)
    known, labels = mixture(rng, means, covariance, 4000)
    fresh, wanted = mixture(rng, means, covariance, 4000)
    units = np.array([1000.0, 1e-3])
    plain = retrieval(fit_classifier(known, labels), fresh, wanted)
    scaled = retrieval(fit_classifier(known * units, labels), fresh * units, wanted)
    assert plain.accuracy == pytest.approx(best, abs=0.015)
    assert plain.accuracy_interval[0] < best < plain.accuracy_interval[1]
    assert scaled == plain


def test_few_sounds_in_many_dimensions_do_and_noise_is_at_chance():
    rng = np.random.default_rng(2)
    centres = rng.standard_normal((8, 300))
    rows = np.concatenate([centre + 2 * rng.standard_normal((6, 300)) for centre in centres])
    labels = [f"{place}" for place in range(8) for _ in range(6)]
    classifier = fit_classifier(rows, labels)
    wanted = [f"{place}" for place in range(8) for _ in range(30)]
    alike = np.repeat(centres, 30, 0) + 2 * rng.standard_normal((240, 300))
    assert retrieval(classifier, alike, wanted).accuracy > 0.9
    guessed = retrieval(classifier, rng.standard_normal((240, 300)), wanted)
    assert guessed.accuracy_interval[0] < guessed.chance == 1 / 8 < guessed.accuracy_interval[1]
    assert guessed.reciprocal_interval[0] < guessed.chance_rank < guessed.reciprocal_interval[1]
    assert guessed.chance_rank == pytest.approx(sum(1 / rank for rank in range(1, 9)) / 8)


def test_ranks_and_their_ties():
    scores = [[3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [5.0, 5.0, 0.0], [1.0, 1.0, 1.0]]
    assert ranks(scores, [0, 0, 1, 2]).tolist() == [1, 3, 1.5, 2]


def test_the_figures_are_those_of_the_ranks():
    known = np.array([[0.0, 0.1], [0.1, 0.1], [10.0, 0.1], [10.1, 0.0], [20.0, 0.1], [20.1, 0.0]])
    classifier = fit_classifier(known, ["a", "a", "b", "b", "c", "c"])
    found = retrieval(classifier, [[0.0, 0.05], [10.0, 0.05], [19.0, 0.05], [1.0, 0.05]], ["a", "b", "b", "c"])
    assert found.accuracy == 0.5
    assert found.reciprocal_rank == pytest.approx((1 + 1 + 1 / 2 + 1 / 3) / 4)
    assert (found.count, found.labels) == (4, 3)
    assert found.accuracy_interval == wilson(2, 4)


@pytest.mark.parametrize(("successes", "count"), [(0, 12), (1, 12), (40, 192), (12, 12), (96, 100)])
def test_the_interval_of_a_share_is_scipys(successes, count):
    for level in (0.95, 0.8):
        wanted = stats.binomtest(successes, count).proportion_ci(level, "wilson")
        assert wilson(successes, count, level) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_its_ends_are_as_many_errors_away_as_the_level_says_also_of_parts_of_successes():
    for successes, count in ((2.5, 10), (30.25, 64)):
        share = successes / count
        for end in wilson(successes, count, 0.9):
            assert abs(end - share) / np.sqrt(end * (1 - end) / count) == pytest.approx(stats.norm.ppf(0.95))


def test_the_interval_of_a_mean():
    values = np.linspace(0.2, 0.6, 50)
    wanted = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert mean_interval(values) == pytest.approx(wanted)
    assert mean_interval([0.0, 1.0]) == (0.0, 1.0)
    assert mean_interval([0.4]) == (0.0, 1.0)


def test_what_cannot_be_judged_is_refused():
    rows = np.random.default_rng(3).standard_normal((4, 2))
    for labels, what in ((["a"] * 4, "two labels"), (["a", "a", "a", "b"], "two rows"), (["a", "b"], "for 4 rows")):
        with pytest.raises(ValueError, match=what):
            fit_classifier(rows, labels)
    with pytest.raises(ValueError, match="nothing to measure by"):
        fit_classifier(np.repeat(rows[:2], 2, 0), ["a", "a", "b", "b"])
    classifier = fit_classifier(rows, ["a", "a", "b", "b"])
    with pytest.raises(ValueError, match="does not know c"):
        retrieval(classifier, rows[:1], ["c"])
    with pytest.raises(ValueError, match="3 successes in 2"):
        wilson(3, 2)
