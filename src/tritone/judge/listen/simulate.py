"""Listeners that are drawn: how much a test can find out, and how often it would find what is not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tritone.judge.listen.votes import Votes

MIDDLE = 3.5
"""Mean opinion of a system without advantage."""


@dataclass(frozen=True)
class Variation:
    """Standard deviations of what makes up an answer, in grades of 1 to 5.

    Together they make 1.1, about what single answers scatter by in published tests; how strict listeners are differs as
    much as there (Rosenberg and Ramabhadran, 2017: by 2 grades between the extremes).
    """

    listener: float = 0.5
    """How strict a listener is with everything."""
    item: float = 0.35
    """How good an item comes out in all systems."""
    taste: float = 0.25
    """What one listener thinks of one system."""
    luck: float = 0.3
    """How well one system does with one item."""
    answer: float = 0.8
    """What would be otherwise if the same listener heard the same sound again."""


def half_width(variation: Variation, listeners: int, items: int, per_listener: int, difference: bool = False) -> float:
    """Expected half of a 95 % interval of one system's mean opinion score, or of the difference between two systems."""
    noise = variation.answer**2 / (listeners * per_listener)
    own = variation.taste**2 / listeners + variation.luck**2 / items + noise
    if difference:
        return 1.96 * sqrt(2 * own)
    return 1.96 * sqrt(variation.listener**2 / listeners + variation.item**2 / items + own)


def simulated(
    variation: Variation,
    advantages: dict[str, float],
    rng: np.random.Generator,
    *,
    listeners: int,
    items: int,
    per_listener: int,
    careless: int = 0,
) -> Votes:
    """Votes of drawn listeners for systems that are `advantages` grades better than `MIDDLE`, in whole grades.

    Listeners get parts of the items in turn, as a plan gives them; the last `careless` of them press any key.
    """
    systems = len(advantages)
    shape = (listeners, items, systems)
    opinion = MIDDLE + np.array(list(advantages.values()))
    opinion = opinion + variation.listener * rng.standard_normal((listeners, 1, 1))
    opinion = opinion + variation.item * rng.standard_normal((1, items, 1))
    opinion = opinion + variation.taste * rng.standard_normal((listeners, 1, systems))
    opinion = opinion + variation.luck * rng.standard_normal((1, items, systems))
    values = np.clip(np.rint(opinion + variation.answer * rng.standard_normal(shape)), 1, 5)
    if careless:
        values[-careless:] = rng.integers(1, 6, (careless, items, systems))
    values[~_heard(listeners, items, per_listener)] = np.nan
    names = tuple(f"listener {number}" for number in range(listeners))
    return Votes("audio-quality", names, tuple(map(str, range(items))), tuple(advantages), values)


def _heard(listeners: int, items: int, per_listener: int) -> NDArray[np.bool_]:
    """Which listener hears which item: the items in parts, in turn."""
    parts = items // per_listener
    return np.arange(listeners)[:, None] % parts == np.arange(items)[None, :] // per_listener


def widths(
    variation: Variation, items: int, per_listener: int, panels: Sequence[int] = (8, 20, 40)
) -> dict[int, float]:
    """Half of the interval of a difference for panels of so many listeners."""
    return {count: half_width(variation, count, items, per_listener, difference=True) for count in panels}
