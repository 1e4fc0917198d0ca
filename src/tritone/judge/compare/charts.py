"""The charts of a comparison: quality against compute, and how each model learned."""

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.curves import Curves
from tritone.judge.compare.judged import leading
from tritone.judge.compare.manifest import Kind
from tritone.report.chart import Chart, Curve
from tritone.report.scatter import Point, Scatter

MOST_CURVES = 4


def compute_chart(comparison: Comparison) -> Scatter | None:
    """The leading figure of new sound (else of reconstructed) against work; None where fewer than two were timed."""
    kind: Kind = "generated" if comparison.of("generated") else "reconstructed"
    judged = comparison.of(kind)
    metric = leading(judged)
    points = []
    for one in judged if metric is not None else ():
        figure, work = one.figure(metric.key) if metric else None, comparison.system(one.system).compute.get(kind)
        if figure is not None and work is not None:
            points.append(Point(one.system, work, figure.value, figure.low, figure.high))
    if metric is None or len(points) < 2:
        return None
    return Scatter(
        "Quality against compute", points, "seconds of work for a second of sound", metric.name,
        marks=[(1.0, "as fast as it plays")],
    )  # fmt: skip


def training_charts(comparison: Comparison) -> list[Chart]:
    """For each run its held-out distance and its losses."""
    return [chart for curves in comparison.curves for chart in _charts(curves)]


def _charts(curves: Curves) -> list[Chart]:
    charts = []
    if curves.held_out:
        charts.append(
            Chart(
                f"{curves.name}: held-out distance", [Curve("held-out distance", curves.held_out)],
                "minutes of training", "distance", marks=curves.marks, narrow=True,
            )
        )  # fmt: skip
    if curves.losses:
        lines = [Curve(name, points) for name, points in list(curves.losses.items())[:MOST_CURVES]]
        charts.append(
            Chart(f"{curves.name}: losses", lines, "minutes of training", "loss", log_y=True, narrow=True)
        )  # fmt: skip
    return charts
