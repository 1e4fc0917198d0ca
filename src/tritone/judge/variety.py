"""Does a model make every kind of sound, and as often as it occurs? Diversity, bins, and what a classifier hears."""

from dataclasses import replace
from math import ceil, log
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch.nn import functional

from tritone.judge import logmel
from tritone.judge.clips import Clips
from tritone.judge.embeddings import filled
from tritone.judge.figure import Figure
from tritone.judge.inception import label_figures
from tritone.judge.interval import intervals
from tritone.judge.likeness import check_sizes
from tritone.judge.metrics_of_sets import DIVERSITY, JS, NDB
from tritone.judge.ndb import Bins, compare_bins, k_means, nearest
from tritone.judge.points import Points, evenly

FRAMES = 32
"""Places in time, of the whole sound, at which spectrograms are compared: thirty-seconds of a bar, for a bar."""
QUIETEST_DB = -80.0
"""Level of a band, of 0 for a full-scale sine, under which all is silence."""
MOST_BINS = 100
"""Kinds of sound, as LoopTest has them."""
ROWS_A_BIN = 10
"""Real sounds for each kind; LoopTest has 20."""


def variety_figures(
    reference: Clips, samples: Clips, *, real: Clips | None = None, classifier: Path | None = None, seed: int = 0
) -> list[Figure]:
    """How varied `samples` are, with real sound beside: `real`, which was held out, or else the reference.

    Kinds of sound are k-means bins of the reference by what sounds when (`logmel.pattern`): ten sounds a kind, at most
    a hundred kinds. `classifier` is a run of `tritone train tagger`, for the inception score. UserError for sets of
    fewer than twelve sounds, and for a run that is no tagger.
    """
    check_sizes(reference, samples, real)
    known, made = _grids(reference), _grids(samples)
    held_out = _grids(real) if real else None
    figures = [_diversity(made, known if held_out is None else held_out, seed), *_kinds(known, made, held_out, seed)]
    return figures + (label_figures(reference, samples, real, classifier, seed) if classifier else [])


def mean_difference(grids: ArrayLike) -> float:
    """Mean absolute difference of all pairs of different rows `(count, …)`."""
    return _mean_of_pairs(_differences(np.asarray(grids, np.float64)))


def _diversity(made: Points, real: Points, seed: int) -> Figure:
    differences, count = _differences(made), len(made)
    places = np.arange(count)[:, None]

    def measure(_: Points, chosen: Points) -> list[float]:
        rows = chosen[:, 0].astype(np.int64)
        return [_mean_of_pairs(differences[np.ix_(rows, rows)])]

    value, low, high = intervals(measure, places, places, seed=seed)
    return Figure(DIVERSITY, float(value[0]), count, max(0.0, float(low[0])), float(high[0]), mean_difference(real))


def _kinds(known: Points, made: Points, held_out: Points | None, seed: int) -> list[Figure]:
    bins = min(MOST_BINS, max(2, len(known) // ROWS_A_BIN))
    patterns = _patterns(known)
    centres = k_means(patterns, bins, seed)
    reference, samples = nearest(patterns, centres), nearest(_patterns(made), centres)
    found = compare_bins(reference, samples, bins)

    def divergence(first: Points, second: Points) -> list[float]:
        return [compare_bins(first[:, 0].astype(np.int64), second[:, 0].astype(np.int64), bins).divergence]

    _, low, high = intervals(divergence, reference[:, None], samples[:, None], seed=seed)
    real: Bins | None = None
    warnings: tuple[str, ...] = ()
    if held_out is not None:
        equal = evenly(held_out, len(made))
        real = compare_bins(reference, nearest(_patterns(equal), centres), bins)
    if len(known) < 2 * ROWS_A_BIN:
        warnings = (f"Only {len(known)} real sounds to make kinds of: this is a rough guess.",)
    counted = replace(NDB, name=f"Different kinds of {bins} (NDB)")
    ends = max(0.0, float(low[0])), min(1.0, float(high[0]))
    return [
        Figure(counted, found.share, len(made), real=real.share if real else None, warnings=warnings),
        Figure(JS, found.divergence, len(made), *ends, real.divergence if real else None, warnings),
    ]


def _grids(clips: Clips) -> Points:
    """Levels in decibels, `(count, 40 bands, FRAMES)`, over the whole of each sound."""
    least, grids = ceil(logmel.WINDOW_SECONDS * clips.rate), []
    for clip in clips.clips:
        mono = filled(torch.from_numpy(clip.audio), least).to(torch.float64).mean(0, keepdim=True)
        levels = (20 / log(10) * logmel.log_bands(mono, clips.rate)).clamp(min=QUIETEST_DB)
        grids.append(functional.adaptive_avg_pool2d(levels, (logmel.BANDS, FRAMES)))
    return torch.cat(grids).numpy()


def _patterns(grids: Points) -> Points:
    return logmel.pattern(torch.from_numpy(grids)[:, None]).numpy()


def _differences(grids: Points) -> Points:
    rows = torch.from_numpy(grids.reshape(len(grids), -1))
    return (torch.cdist(rows, rows, p=1) / rows.shape[1]).numpy()


def _mean_of_pairs(differences: Points) -> float:
    count = len(differences)
    return float(differences.sum() / (count * (count - 1)))
