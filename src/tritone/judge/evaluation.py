"""What was found out about a set of sounds, as data: JSON with a version, and CSV with a figure a line."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tritone.judge.copies import Copy
from tritone.judge.figure import Figure

SCHEMA = 1
"""Version of what `as_json` writes."""
COLUMNS = ("metric", "name", "group", "unit", "better", "value", "low", "high", "n", "real", "warnings")


@dataclass(frozen=True)
class Evaluation:
    """All figures of a set of sounds against a reference."""

    samples: str
    """What was judged."""
    reference: str
    """The real sound that it was held against."""
    count: int
    """Sounds that were judged."""
    figures: tuple[Figure, ...]
    copies: tuple[Copy, ...] = ()
    """Each sound with the training sound that is most like it, the most alike first."""
    warnings: tuple[str, ...] = ()
    """Sentences that stand before all figures."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """How it was measured: version, machine, threads, seed, embeddings, how much real sound."""

    def figure(self, key: str) -> Figure | None:
        """The figure of a metric, such as "kd-aisfx", where there is one."""
        return next((figure for figure in self.figures if figure.metric.key == key), None)


def as_json(evaluation: Evaluation) -> str:
    """The text of a JSON file. Numbers that are not finite become null."""
    values = asdict(evaluation)
    values["figures"] = [
        {**figure.pop("metric"), **figure} for figure in values["figures"]
    ]  # a metric and its value side by side
    return json.dumps(_finite({"schema": SCHEMA, **values}), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(evaluation: Evaluation) -> str:
    """The text of a CSV file."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for figure in evaluation.figures:
        metric = figure.metric
        numbers = [_cell(value) for value in (figure.value, figure.low, figure.high)]
        lines.writerow(
            [
                metric.key, metric.name, metric.group, metric.unit, metric.better, *numbers, figure.n,
                _cell(figure.real), " ".join(figure.warnings),
            ]
        )  # fmt: skip
    return text.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else repr(float(value))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(name): _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value
