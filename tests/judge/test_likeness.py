"""Figures of likeness: what each holds, that intervals hold the truth, and where they warn."""

from dataclasses import replace

import numpy as np
import pytest
from sets_of_sound import noise

from tritone.errors import UserError
from tritone.judge.clips import Clip, Clips
from tritone.judge.embeddings import Embedded, Embedding, load_embedding
from tritone.judge.frechet import frechet_distance
from tritone.judge.kernel import kernel_distance
from tritone.judge.likeness import FEWEST, likeness_figures
from tritone.judge.metrics_of_sets import HEARS, KINDS, metric_on
from tritone.judge.prdc import expected_coverage, precision_recall_density_coverage

DIMS = 4


class Told(Embedding):
    """A judge to whom a sound is the numbers that it holds, one row for each `DIMS` of them."""

    name = source = "told"
    dims, rate = DIMS, None

    def embed(self, clips):
        rows = [clip.audio.reshape(-1, DIMS) for clip in clips.clips]
        files = [clip.name for clip, several in zip(clips.clips, rows, strict=True) for _ in several]
        return Embedded(np.concatenate(rows).astype(np.float64), tuple(files))

    def windows(self, clip, rate):
        yield from ()

    def describe(self, windows, rate):
        raise AssertionError


def told(name, rng, count, shift=0.0, windows=1, alike=0.0):
    """Sounds that are Gaussian rows; `alike` is how much rows of one sound have in common."""
    clips = []
    for number in range(count):
        own, shared = rng.standard_normal((windows, DIMS)), rng.standard_normal((1, DIMS))
        rows = np.sqrt(1 - alike) * own + np.sqrt(alike) * shared + shift
        clips.append(Clip(f"{number}", rows.reshape(1, -1).astype(np.float32)))
    return Clips(name, 8_000, tuple(clips))


def by_key(figures):
    return {figure.metric.key: figure for figure in figures}


def test_every_figure_is_what_its_function_gives_with_real_sound_beside_it():
    rng = np.random.default_rng(0)
    reference, samples, real = told("reference", rng, 60), told("samples", rng, 60, 0.8), told("real", rng, 60)
    found = by_key(likeness_figures(reference, samples, embeddings=[Told()], real=real))
    rows = {clips.name: Told().embed(clips).rows for clips in (reference, samples, real)}
    assert list(found) == [f"{kind}-told" for kind in KINDS]
    for name, distance in (("kd-told", kernel_distance), ("fd-told", frechet_distance)):
        assert found[name].value == pytest.approx(distance(rows["reference"], rows["samples"]))
        assert found[name].real == pytest.approx(distance(rows["reference"], rows["real"]))
        assert found[name].low > found[name].real
    expected = precision_recall_density_coverage(rows["reference"], rows["samples"])
    assert found["coverage-told"].value == expected.coverage and found["recall-told"].value == expected.recall
    assert found["density-told"].value == expected.density and found["precision-told"].value == expected.precision
    assert found["fd-inf-told"].value == pytest.approx(DIMS * 0.64, abs=0.8)
    assert all(figure.n == 60 and figure.low <= figure.value <= figure.high for figure in found.values())
    assert np.mean(list(found["kd-told"].by_file.values())) == pytest.approx(found["kd-told"].value)
    assert set(found["fd-told"].by_file) == {clip.name for clip in samples.clips}
    assert not any(figure.warnings for figure in found.values())


@pytest.mark.parametrize(("windows", "alike"), [(1, 0.0), (5, 0.9)])
def test_intervals_hold_what_is_true_of_equal_distributions(windows, alike):
    """Kernel distance 0, coverage as expected and so on, nine times of ten; also with several rows a file."""
    rng, held = np.random.default_rng(1), {"kd-told": 0, "coverage-told": 0, "density-told": 0, "fd-inf-told": 0}
    rounds, count = 14, 24
    for number in range(rounds):
        sets = (told(name, rng, count, windows=windows, alike=alike) for name in ("reference", "samples"))
        found = by_key(likeness_figures(*sets, embeddings=[Told()], seed=number))
        coverage = expected_coverage(count, count)
        truth = {"kd-told": 0.0, "fd-inf-told": 0.0, "density-told": 1.0, "coverage-told": coverage}
        for key, value in truth.items():
            held[key] += found[key].low <= value <= found[key].high
    assert min(held.values()) >= 0.85 * rounds, held


def test_the_worst_sound_by_file_is_the_one_that_was_spoilt():
    reference, samples = noise("reference", 20), noise("samples", 20, first=100)
    spoilt = replace(samples.clips[7], audio=np.sign(np.sin(np.arange(8000) * 0.2, dtype=np.float32))[None])
    samples = replace(samples, clips=(*samples.clips[:7], spoilt, *samples.clips[8:]))
    found = by_key(likeness_figures(reference, samples, embeddings=[load_embedding("logmel")]))
    for key in ("kd-logmel", "fd-logmel"):
        values = found[key].by_file
        assert max(values, key=values.get) == spoilt.name


def test_too_few_sounds_and_unequal_sets_warn():
    rng = np.random.default_rng(2)
    reference, samples, real = told("reference", rng, 30), told("samples", rng, 25), told("real", rng, 20)
    found = by_key(likeness_figures(reference, samples, embeddings=[Told()], real=real))
    assert "25 windows of sound where told needs 40" in found["fd-told"].warnings[0]
    assert "20 sounds, these on 25" in found["fd-told"].warnings[1]
    assert not found["kd-told"].warnings and not found["fd-inf-told"].warnings
    assert "Only 25 sounds" in found["coverage-told"].warnings[0]
    more = told("real", rng, 80)
    equal = by_key(likeness_figures(reference, samples, embeddings=[Told()], real=more))
    chosen = Clips("some", 8_000, tuple(more.clips[place * 80 // 25] for place in range(25)))
    assert equal["fd-told"].real == by_key(
        likeness_figures(reference, samples, embeddings=[Told()], real=chosen)
    )["fd-told"].real  # fmt: skip


def test_a_network_that_trained_the_model_is_marked():
    rng = np.random.default_rng(3)
    reference, samples = told("reference", rng, 20), told("samples", rng, 20)
    for seen, marked in (({"told:/some/path"}, True), ({"told"}, True), ({"aisfx"}, False)):
        figures = likeness_figures(reference, samples, embeddings=[Told()], seen=frozenset(seen))
        assert all(any("trained this model" in note for note in figure.warnings) == marked for figure in figures)


def test_small_sets_and_two_judges_of_a_name_are_refused():
    rng = np.random.default_rng(4)
    reference, few = told("reference", rng, 20), told("new ones", rng, FEWEST - 1)
    with pytest.raises(UserError, match=f"new ones has {FEWEST - 1} sounds, but sets are compared from {FEWEST} on"):
        likeness_figures(reference, few, embeddings=[Told()])
    with pytest.raises(UserError, match="two judges named told"):
        likeness_figures(reference, reference, embeddings=[Told(), Told()])
    assert len(likeness_figures(reference, told("least", rng, FEWEST), embeddings=[Told()])) == len(KINDS)


def test_a_reference_of_one_sound_is_refused():
    rng = np.random.default_rng(5)
    samples = told("samples", rng, 15)
    same = Clips("copies", 8_000, tuple(replace(samples.clips[0], name=f"{number}") for number in range(15)))
    with pytest.raises(UserError, match="Most sounds of copies are one and the same to told"):
        likeness_figures(same, samples, embeddings=[Told()])
    assert len(likeness_figures(samples, same, embeddings=[Told()])) == len(KINDS)


def test_every_metric_says_what_it_hears_and_fad_is_vggishs_alone():
    for kind in KINDS:
        for embedding, hears in HEARS.items():
            metric = metric_on(kind, embedding)
            assert metric.key == f"{kind}-{embedding}" and hears in metric.about
            assert "{" not in metric.about + metric.name
            assert ("FAD" in metric.name) == (embedding == "vggish" and kind.startswith("fd"))
    assert metric_on("fd", "logmel").name == "Fréchet distance (logmel)"
    assert "the network own" in metric_on("kd", "own").about
