"""Do generated sounds have the brightness, width, noisiness and busyness of real ones, as often?"""

import numpy as np
from numpy.typing import ArrayLike

from tritone.judge.clips import Clips
from tritone.judge.features import Features, features
from tritone.judge.figure import Figure, Metric
from tritone.judge.interval import interval
from tritone.judge.points import Points

FEWEST = 4
"""Sounds on each side under which there is no interval."""


def _metric(key: str, name: str, hears: str, unit: str) -> Metric:
    about = f"How far the sounds' {hears} would have to be moved, on average, to be spread as that of real sound is."
    return Metric(key, f"{name} (Wasserstein-1)", about, unit, "lower", "sound")


METRICS = {
    "centroid": _metric("w1-centroid", "Brightness", "brightness (spectral centroid)", "Hz"),
    "bandwidth": _metric("w1-bandwidth", "Bandwidth", "spectral width around the centroid", "Hz"),
    "flatness": _metric("w1-flatness", "Noisiness", "noisiness (spectral flatness, 0 for a tone)", ""),
    "onset_rate": _metric("w1-onsets", "Onsets", "number of onsets a second", "per second"),
}


def feature_figures(reference: Clips, samples: Clips, real: Clips | None = None, *, seed: int = 0) -> list[Figure]:
    """Wasserstein-1 between the features of the sounds and those of `reference`; for `real` sound likewise, beside it.

    It is above 0 even for sets of one origin, the more so the fewer they are: compare with `real`.
    """
    sets = [[features(clip.audio, clips.rate) for clip in clips.clips] for clips in (reference, samples)]
    held_out = [features(clip.audio, real.rate) for clip in real.clips] if real else []
    figures = []
    for name, metric in METRICS.items():
        known, made = (_column(each, name) for each in sets)
        if not len(known) or not len(made):
            continue
        low, high = None, None
        if min(len(known), len(made)) >= FEWEST:
            low, high = interval(_of_points, known[:, None], made[:, None], seed=seed)
        others = _column(held_out, name)
        beside = wasserstein(known, others) if len(others) else None
        value = wasserstein(known, made)
        figures.append(Figure(metric, value, len(made), None if low is None else max(0.0, low), high, beside))
    return figures


def wasserstein(first: ArrayLike, second: ArrayLike) -> float:
    """The area between two distributions' cumulative curves: how far values move on average from one to the other."""
    one, other = (np.sort(np.asarray(side, dtype=np.float64)) for side in (first, second))
    if not len(one) or not len(other):
        raise ValueError("each side needs at least one value")
    places = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(side, places[:-1], side="right") / len(side) for side in (one, other)]
    return float((np.abs(shares[0] - shares[1]) * np.diff(places)).sum())


def _of_points(first: Points, second: Points) -> float:
    return wasserstein(first[:, 0], second[:, 0])


def _column(rows: list[Features], name: str) -> np.ndarray:
    """A feature of every sound that has it."""
    values = np.array([getattr(row, name) for row in rows], dtype=np.float64)
    return values[np.isfinite(values)]
