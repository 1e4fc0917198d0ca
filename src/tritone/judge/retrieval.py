"""Is generated sound what it was asked to be? A classifier that knows only real sound says what it hears."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tritone.judge.points import Points, points, squared_distances

Interval = tuple[float, float]
"""Lower and upper end."""


@dataclass(frozen=True)
class Classifier:
    """Nearest class mean, where distances are measured by the scatter within classes."""

    labels: tuple[str, ...]
    """What it can say, sorted."""
    whitening: Points
    """`(dims, dims)`: rows times this have the identity as covariance within classes."""
    means: Points
    """`(labels, dims)`, whitened."""

    def scores(self, embeddings: ArrayLike) -> Points:
        """How well each label fits each row of `embeddings (count, dims)`: `(count, labels)`, the highest fits best.

        Minus the squared Mahalanobis distance: twice the logarithm of the likelihood, but for a constant.
        """
        return -squared_distances(points(embeddings, least=1) @ self.whitening, self.means)


@dataclass(frozen=True)
class Retrieval:
    """How often, and how nearly, sounds were taken for what was wanted. Intervals are over sounds."""

    accuracy: float
    """Share of sounds of which the wanted label fits best."""
    accuracy_interval: Interval
    reciprocal_rank: float
    """Mean of 1 / rank of the wanted label."""
    reciprocal_interval: Interval
    count: int
    """Sounds."""
    labels: int
    """Labels among which there was to choose."""

    @property
    def chance(self) -> float:
        """Accuracy of guessing."""
        return 1 / self.labels

    @property
    def chance_rank(self) -> float:
        """Mean reciprocal rank of guessing."""
        return float(np.mean(1 / np.arange(1, self.labels + 1)))


def fit_classifier(embeddings: ArrayLike, labels: Sequence[str]) -> Classifier:
    """Fisher's linear discriminant, all labels equally likely, of real sounds `(count, dims)` and the label of each.

    Every dimension is brought to unit scatter within classes; the covariance within classes is then shrunk towards a
    multiple of the identity as far as Ledoit and Wolf (2004) say, so that few sounds in many dimensions do. ValueError
    for fewer than two labels, or a label with fewer than two sounds.
    """
    rows = points(embeddings)
    if len(labels) != len(rows):
        raise ValueError(f"{len(labels)} labels for {len(rows)} rows")
    names, places, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    if len(names) < 2 or counts.min() < 2:
        raise ValueError("a classifier needs at least two labels, with at least two rows each")
    means = np.stack([rows[places == place].mean(0) for place in range(len(names))])
    within = rows - means[places]
    scale = within.std(0)
    scale = np.where(scale > 1e-12 * max(float(scale.max()), 1e-300), scale, 1.0)
    values, vectors = np.linalg.eigh(shrunk_covariance(within / scale))
    if not values[0] > 0:
        raise ValueError("there are directions in which no row differs from its label's mean, so nothing to measure by")
    whitening = (vectors / np.sqrt(values)) @ vectors.T / scale[:, None]
    return Classifier(tuple(map(str, names)), whitening, means @ whitening)


def shrunk_covariance(rows: Points) -> Points:
    """Ledoit and Wolf's estimate `(dims, dims)` from `rows (count, dims)` of mean 0 (J. Multivariate Anal. 88, 2004).

    (1 − share) S + share · m I with m the mean variance, where `share` is the expected squared error of S over its
    squared distance from m I, at most 1 (their equations 9 to 14).
    """
    count, dims = rows.shape
    sample = rows.T @ rows / count
    identity = np.eye(dims) * (np.trace(sample) / dims)
    apart = float(((sample - identity) ** 2).sum())
    error = float(((rows**2).sum(1) ** 2).sum() - count * (sample**2).sum()) / count**2
    share = min(1.0, max(0.0, error) / apart) if apart > 0 else 1.0
    return (1 - share) * sample + share * identity


def ranks(scores: ArrayLike, wanted: Sequence[int]) -> NDArray[np.float64]:
    """Rank of column `wanted[i]` in row i of `scores (count, labels)`, 1 for the highest; ties have the middle rank."""
    table = np.asarray(scores, np.float64)
    own = table[np.arange(len(table)), list(wanted)][:, None]
    return 1 + (table > own).sum(1) + ((table == own).sum(1) - 1) / 2


def retrieval(classifier: Classifier, embeddings: ArrayLike, wanted: Sequence[str], level: float = 0.95) -> Retrieval:
    """How `classifier` hears sounds `(count, dims)` that were made for the labels `wanted`.

    The interval of the accuracy is Wilson's, that of the mean reciprocal rank a mean's. ValueError for a label that the
    classifier does not know.
    """
    unknown = sorted(set(wanted) - set(classifier.labels))
    if unknown:
        raise ValueError(f"the classifier does not know {', '.join(unknown)}")
    places = [classifier.labels.index(label) for label in wanted]
    found = ranks(classifier.scores(embeddings), places)
    right, reciprocal = int((found == 1).sum()), 1 / found
    return Retrieval(
        right / len(found), wilson(right, len(found), level), float(reciprocal.mean()),
        mean_interval(reciprocal, level), len(found), len(classifier.labels),
    )  # fmt: skip


def wilson(successes: float, count: int, level: float = 0.95) -> Interval:
    """Interval of a share of `successes` in `count` trials (Wilson 1927): honest for few trials, and near 0 and 1.

    A sum of values between 0 and 1 may stand for successes: the interval is then too wide, if anything.
    """
    if not 0 <= successes <= count or count < 1:
        raise ValueError(f"{successes:g} successes in {count} trials")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, weight = successes / count, z * z / count
    middle = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * (share * (1 - share) / count + weight / (4 * count)) ** 0.5
    return max(0.0, middle - reach), min(1.0, middle + reach)


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Normal interval of the mean of values between 0 and 1, cut off there; 0 to 1 of a single value."""
    numbers = np.asarray(values, np.float64)
    if len(numbers) < 2:
        return 0.0, 1.0
    reach = NormalDist().inv_cdf((1 + level) / 2) * float(numbers.std(ddof=1)) / len(numbers) ** 0.5
    return max(0.0, float(numbers.mean()) - reach), min(1.0, float(numbers.mean()) + reach)
