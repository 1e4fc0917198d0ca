"""On real sound each metric moves the right way under known damage; benchmarks/judge_sanity.py shows all of it."""

import pytest
from sets_of_sound import recorded

from tritone.judge import damage
from tritone.judge.clips import Clips
from tritone.judge.embeddings import load_embedding
from tritone.judge.likeness import likeness_figures
from tritone.judge.variety import variety_figures

DAMAGES = {
    "noise": lambda real, known: damage.noisy(real, 10),
    "low-pass": lambda real, known: damage.muffled(real, 2500),
    "clipping": lambda real, known: damage.overdriven(real, 24),
    "time shift": lambda real, known: damage.shifted(real, 0.3),
    "mode collapse": lambda real, known: damage.collapsed(real, 1),
    "copying": damage.copied,
}
RISES = {
    "noise": {"kd", "fd", "fd-inf"},
    "low-pass": {"kd", "fd", "fd-inf"},
    "clipping": {"kd", "fd", "fd-inf"},
    "mode collapse": {"js", "ndb"},
}
FALLS = {
    "noise": {"coverage", "recall", "diversity"},
    "low-pass": {"coverage", "precision", "density"},
    "clipping": {"coverage"},
    "mode collapse": {"coverage", "recall", "diversity"},
}
STAYS = {"time shift": {"kd", "fd", "precision", "coverage"}, "copying": {"precision"}}


@pytest.fixture(scope="module")
def sets():
    """Thirty sounds as reference, thirty that were held out, and a judge."""
    reference, real = (Clips(clips.name, clips.rate, clips.clips[::2]) for clips in recorded())
    return reference, real, load_embedding("logmel")


@pytest.fixture(scope="module")
def before(sets):
    return figures(sets, sets[1])


def figures(sets, samples):
    """By the kind of metric."""
    reference, _, judge = sets
    found = [*likeness_figures(reference, samples, embeddings=[judge]), *variety_figures(reference, samples)]
    return {figure.metric.key.removesuffix("-logmel"): figure for figure in found}


@pytest.mark.parametrize("kind", DAMAGES)
def test_metrics_notice_what_they_should_and_nothing_else(kind, sets, before):
    now = figures(sets, DAMAGES[kind](sets[1], sets[0]))
    for name in RISES.get(kind, ()):
        least = now[name].value if now[name].low is None else now[name].low
        assert least > before[name].value, name
    for name in FALLS.get(kind, ()):
        assert now[name].high < before[name].value, name
    for name in STAYS.get(kind, ()):
        assert now[name].low <= before[name].value <= now[name].high, name


def test_a_model_that_copies_its_data_looks_perfect_to_likeness(sets, before):
    """Which is why copies are looked for."""
    now = figures(sets, damage.copied(sets[1], sets[0]))
    assert now["kd"].value < before["kd"].value and now["fd"].value < before["fd"].value
    assert now["coverage"].value == now["recall"].value == 1


def test_a_network_moves_the_same_ways():
    judge = load_embedding("musicnn-mtt")
    reference, real = (Clips(clips.name, clips.rate, clips.clips[::4]) for clips in recorded())
    found = {}
    for name, samples in {"before": real, "noise": damage.noisy(real, 0)}.items():
        found[name] = {figure.metric.key: figure for figure in likeness_figures(reference, samples, embeddings=[judge])}
    for key in ("kd-musicnn-mtt", "fd-musicnn-mtt"):
        assert found["noise"][key].low > found["before"][key].value
    assert found["noise"]["recall-musicnn-mtt"].high < found["before"]["recall-musicnn-mtt"].value
    worst = max(found["noise"]["kd-musicnn-mtt"].by_file.values())
    assert worst > max(found["before"]["kd-musicnn-mtt"].by_file.values())
