"""A comparison as data: report.json, which holds all that the page shows, and report.csv, one figure a line."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.judged import leading

SCHEMA = 1
"""Version of report.json."""
COLUMNS = (
    "system", "kind", "metric", "name", "group", "unit", "better", "value", "low", "high", "n", "real", "warnings",
)  # fmt: skip


def as_json(comparison: Comparison) -> str:
    """The text of report.json. Numbers that are not finite become null."""
    values = asdict(comparison)
    for one, judged in zip(values["judged"], comparison.judged, strict=True):
        one["figures"] = [_plain_figure(figure) for figure in one["figures"]]
        one["leading"] = getattr(leading(comparison.of(judged.kind)), "key", None)
    for one, verdict in zip(values["verdicts"], comparison.verdicts, strict=True):
        one["metric"], one["better"] = verdict.metric.key, verdict.better
    whole = {"schema": SCHEMA, **values}
    return json.dumps(_finite(whole), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(comparison: Comparison) -> str:
    """The text of report.csv: every figure of every system, with its interval."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in comparison.judged:
        for figure in one.figures:
            metric = figure.metric
            numbers = [_cell(value) for value in (figure.value, figure.low, figure.high)]
            lines.writerow(
                [
                    _safe(one.system), one.kind, metric.key, metric.name, metric.group, metric.unit, metric.better,
                    *numbers, figure.n, _cell(figure.real), " ".join(figure.warnings),
                ]
            )  # fmt: skip
    return text.getvalue()


def _plain_figure(figure: Mapping[str, Any]) -> dict[str, Any]:
    """A figure with its metric beside its value."""
    metric = figure["metric"]
    return {**metric, **{name: value for name, value in figure.items() if name != "metric"}}


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value


def _cell(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else repr(float(value))


def _safe(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
