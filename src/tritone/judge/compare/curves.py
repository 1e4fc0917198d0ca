"""Training curves of a run, from its log."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HELD_OUT = "validation/distance"
"""What decides which checkpoint is best; each family has its own."""
MOST_POINTS = 160
SKIPPED = ("gradient_norm", "learning_rate")


@dataclass(frozen=True)
class Curves:
    """What the log of a run says, by name: points (minutes of training, value), thinned to means of stretches."""

    name: str
    """Of the run."""
    held_out: tuple[tuple[float, float], ...]
    """`HELD_OUT`, every value."""
    losses: Mapping[str, tuple[tuple[float, float], ...]]
    """Losses of training that stay above 0."""
    marks: tuple[tuple[float, str], ...] = ()
    """Minutes and steps of the checkpoints that are compared."""


def curves_of(name: str, log: Sequence[Mapping[str, Any]], steps: Sequence[int | None] = ()) -> Curves:
    """The curves of a log; `steps` are those of the checkpoints that are compared."""
    keys = dict.fromkeys(key for line in log for key in line if "/" in key)
    losses = [key for key in keys if not key.startswith("validation/") and not key.endswith(SKIPPED)]
    points = {key: _points(log, key) for key in losses}
    kept = {key: _thinned(each) for key, each in points.items() if each and min(value for _, value in each) > 0}
    marks = [(minutes, f"step {step:,}") for step in steps if (minutes := _when(log, step)) is not None and step]
    return Curves(name, tuple(_points(log, HELD_OUT)), kept, tuple(marks))


def _points(log: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    """Finite values with the minutes at which they were written."""
    lines = [line for line in log if key in line and "seconds" in line and line[key] is not None]
    pairs = [(float(line["seconds"]) / 60, float(line[key])) for line in lines]
    return [(minutes, value) for minutes, value in pairs if math.isfinite(value)]


def _thinned(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At most `MOST_POINTS`, each the mean of a stretch."""
    size = math.ceil(len(points) / MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return tuple((sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups)


def _when(log: Sequence[Mapping[str, Any]], step: int | None) -> float | None:
    before = [line["seconds"] for line in log if step is not None and line["step"] <= step and "seconds" in line]
    return float(before[-1]) / 60 if before else None
