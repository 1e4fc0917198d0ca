"""Diversity, kinds and what a classifier hears: against closed forms, and on sets of which the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy
from sets_of_sound import noise, recorded

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.judge import damage, inception
from tritone.judge.clips import Clip, Clips
from tritone.judge.inception import inception_score
from tritone.judge.variety import mean_difference, variety_figures

RATE = 16_000


def by_key(figures):
    return {figure.metric.key: figure for figure in figures}


def test_the_mean_difference_of_pairs_is_that_of_all_pairs_written_out():
    grids = np.random.default_rng(0).standard_normal((7, 3, 5))
    pairs = [np.abs(grids[i] - grids[j]).mean() for i in range(7) for j in range(7) if i != j]
    assert mean_difference(grids) == pytest.approx(np.mean(pairs), rel=1e-9)


def test_gain_alone_differs_by_its_decibels():
    """Ten noises, and ten that are 20 dB louder: of all pairs, 100 of 190 differ by that, the others as noises do."""
    quiet, loud, real, plain = (
        noise(name, count, rate=44_100, gain=gain, first=first)
        for name, count, gain, first in (
            ("q", 10, 0.03, 0),
            ("l", 10, 0.3, 50),
            ("real", 30, 0.1, 0),
            ("p", 20, 0.03, 0),
        )
    )
    mixed = by_key(variety_figures(real, replace(quiet, clips=(*quiet.clips, *loud.clips)), real=real))["diversity"]
    same = by_key(variety_figures(real, plain))["diversity"]
    assert mixed.value == pytest.approx((100 * 20 + 90 * same.value) / 190, abs=0.2)
    assert same.low < same.value < same.high and same.real == pytest.approx(same.value, rel=0.05)


def test_kinds_that_are_missing_and_kinds_in_other_proportions():
    """Hits on the first half and on the second half of a bar, as two kinds."""

    def hits(name, early, late, first):
        clips = noise(name, early + late, first=first).clips
        half = clips[0].audio.shape[-1] // 2
        beats = [clip.audio * (np.arange(2 * half) // half == (place >= early)) for place, clip in enumerate(clips)]
        made = (replace(clip, audio=audio.astype(np.float32)) for clip, audio in zip(clips, beats, strict=True))
        return Clips(name, RATE, tuple(made))

    reference, real = hits("reference", 12, 12, 0), hits("real", 10, 10, 100)
    same = by_key(variety_figures(reference, hits("same", 10, 10, 200), real=real))
    assert (
        (same["ndb"].value, same["js"].value) == (0, pytest.approx(0, abs=1e-12)) == (same["ndb"].real, same["js"].real)
    )
    late = by_key(variety_figures(reference, hits("late", 0, 20, 200), real=real))
    assert late["ndb"].value == 1 and "of 2 (NDB)" in late["ndb"].metric.name and late["ndb"].low is None
    assert late["js"].value == pytest.approx(jensenshannon([0.5, 0.5], [0, 1], base=2) ** 2)
    assert late["js"].low <= late["js"].value <= late["js"].high and late["js"].low > same["js"].high


def test_real_sound_that_collapses_onto_a_few_loses_diversity_and_kinds():
    reference, held_out = recorded()
    whole = by_key(variety_figures(reference, held_out, real=held_out))
    few = by_key(variety_figures(reference, damage.collapsed(held_out, 3), real=held_out))
    assert whole["diversity"].value == whole["diversity"].real == few["diversity"].real
    assert few["diversity"].high < few["diversity"].real
    assert few["js"].low > few["js"].real and few["ndb"].value > few["ndb"].real


def test_the_inception_score_has_closed_forms_and_is_scipys():
    labels = np.eye(5)[np.repeat(np.arange(5), [8, 8, 8, 8, 8])]
    assert inception_score(labels)[0] == pytest.approx(5)
    assert inception_score(np.full((30, 5), 0.2)) == (pytest.approx(1), pytest.approx(0))
    uneven = np.eye(3)[np.repeat(np.arange(3), [10, 30, 60])]
    assert inception_score(uneven)[0] == pytest.approx(np.exp(entropy([0.1, 0.3, 0.6])))
    rows = np.random.default_rng(1).dirichlet(np.full(6, 0.4), 90)
    expected = np.exp(np.mean([entropy(row, rows.mean(0)) for row in rows]))
    assert inception_score(rows)[0] == pytest.approx(expected, rel=1e-9)
    parts = [np.exp(np.mean([entropy(row, rows[part::3].mean(0)) for row in rows[part::3]])) for part in range(3)]
    assert inception_score(rows, splits=3) == (pytest.approx(np.mean(parts)), pytest.approx(np.std(parts)))
    for bad in (rows * 2, rows - rows):
        with pytest.raises(ValueError, match="sum to 1"):
            inception_score(bad)


class Ear(Synthesizer):
    """Hears whether a sound is low, high or neither, quite certainly; at 8 kHz mono, as a tagger might."""

    sample_rate, channels = 8_000, 1

    def capabilities(self):
        return frozenset({"tag"})

    def tag(self, audio):
        assert audio.shape[:2] == (1, 1) and audio.shape[2] == 4_000
        power = torch.fft.rfft(audio[0, 0]).abs().square()
        place = int(power.argmax()) / len(power) if power.max() > 20 * power.mean() else 0.5
        label = 0 if place < 0.3 else 2 if place > 0.7 else 1
        return torch.full((1, 3), 0.01) + 0.97 * torch.eye(3)[label]


def tones(name, low, high, noises, first=0):
    """Half a second each, stereo, at 16 kHz."""
    others = noise("noise", noises, first=first).clips
    time = np.arange(RATE // 2) / RATE
    pitches = [200 + 9 * number for number in range(low)] + [3300 + 9 * number for number in range(high)]
    made = [0.3 * np.sin(2 * np.pi * (pitch + first) * time)[None] for pitch in pitches]
    sounds = [*made, *(clip.audio for clip in others)]
    clips = (Clip(f"{n}", np.repeat(audio, 2, axis=0).astype(np.float32)) for n, audio in enumerate(sounds))
    return Clips(name, RATE, tuple(clips))


def test_a_classifier_hears_missing_labels(monkeypatch, tmp_path):
    monkeypatch.setattr(inception, "load", lambda run: Ear())
    reference, real = tones("reference", 8, 8, 8), tones("real", 5, 5, 5, first=3)
    alike = by_key(variety_figures(reference, real, real=real, classifier=tmp_path))
    rows = np.full((3, 3), 0.01) + 0.97 * np.eye(3)
    certain = np.exp(entropy(rows[0], [1 / 3, 1 / 3, 1 / 3]))
    assert alike["inception"].value == alike["inception"].real == pytest.approx(certain, rel=1e-5)
    assert alike["js-labels"].value == pytest.approx(0, abs=1e-9)
    low = tones("low", 15, 0, 0, first=5)
    one_label = by_key(variety_figures(reference, low, real=real, classifier=tmp_path))
    assert one_label["inception"].value == pytest.approx(1) and one_label["inception"].real == pytest.approx(certain)
    expected = jensenshannon([0.98, 0.01, 0.01], [1 / 3, 1 / 3, 1 / 3], base=2) ** 2
    assert one_label["js-labels"].value == pytest.approx(expected, rel=1e-5)
    assert one_label["js-labels"].low > 0.2 and one_label["js-labels"].real == pytest.approx(0, abs=1e-9)
    without = by_key(variety_figures(reference, low, classifier=tmp_path))
    assert without["inception"].real == pytest.approx(certain) and without["js-labels"].real is None


def test_only_a_run_that_tags_is_a_classifier(monkeypatch, tmp_path):
    with pytest.raises(UserError, match="run"):
        variety_figures(noise("real", 12), noise("made", 12), classifier=tmp_path)
    monkeypatch.setattr(inception, "load", lambda run: Synthesizer())
    with pytest.raises(UserError, match="cannot tag"):
        variety_figures(noise("real", 12), noise("made", 12), classifier=tmp_path)


def test_small_sets_are_refused():
    with pytest.raises(UserError, match="few has 5 sounds"):
        variety_figures(noise("reference", 20), noise("few", 5))
