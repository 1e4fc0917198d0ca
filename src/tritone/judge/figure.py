"""A number with all that makes it honest, and what is said of it in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Better = Literal["lower", "higher", "nearer", ""]
"""Which way is good: less, more, nearer to the value of real held-out sound, or neither."""


@dataclass(frozen=True)
class Metric:
    """What is measured. `key` names it in files and tables, such as "kd-aisfx"."""

    key: str
    name: str
    """As a table has it: "Kernel distance (aisfx)"."""
    about: str
    """One sentence for somebody who has never heard of it: what it hears, and what a good value means."""
    unit: str
    better: Better
    group: str
    """Where a report shows it: "likeness", "variety", "copies", "loops", "sound", "fidelity" or "speed"."""


@dataclass(frozen=True)
class Figure:
    """A metric of a set of sounds."""

    metric: Metric
    value: float
    n: int
    """Sounds (files) that it was measured on."""
    low: float | None = None
    high: float | None = None
    """A 95 % interval by files; None where there is none."""
    real: float | None = None
    """The same measured on real held-out sound, where that says something."""
    warnings: tuple[str, ...] = ()
    """Sentences that must stand beside the number: too few sounds, a network that trained the model."""
    by_file: Mapping[str, float] = field(default_factory=dict)
    """Value of each clip by its name, where every sound has one of its own."""
