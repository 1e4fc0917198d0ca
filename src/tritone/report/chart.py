"""Line charts as inline SVG, drawn by hand: no library, readable in light and dark, labelled for screen readers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 20, 34, 56


@dataclass(frozen=True)
class Curve:
    """A line: its name and its points (x, y). Points that are not finite are left out."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """Curves that share their axes. `x_label` and `y_label` say what is measured and in what unit."""

    title: str
    curves: Sequence[Curve]
    x_label: str = "step"
    y_label: str = ""
    text: str = ""

    def svg(self) -> Markup:
        """The chart as an SVG element; its colours come from the style of the page."""
        return _draw(self)

    def table(self, rows: int = 12) -> list[tuple[str, str, str]]:
        """At most `rows` points of each curve as text (curve, x, y), for those who cannot see the chart."""
        lines = []
        for curve in self.curves:
            points = _finite(curve)
            picked = sorted({round(i * (len(points) - 1) / max(1, rows - 1)) for i in range(rows)}) if points else []
            lines += [(curve.name, number(points[i][0]), number(points[i][1])) for i in picked]
        return lines


def number(value: float) -> str:
    """A number with three significant digits, or all of its digits where it is whole."""
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value):,}".replace(",", "\u202f")
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}" if digits < 7 else f"{value:.2e}"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within [low, high], about `count` of them."""
    rough = (high - low) / max(1, count)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _finite(curve: Curve) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in curve.points if math.isfinite(x) and math.isfinite(y)]


def _range(values: Sequence[float], from_zero: bool) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    if from_zero and low > 0:
        low = 0.0
    return (low, high) if high > low else (low, low + 1.0)


def _draw(chart: Chart) -> Markup:
    lines = [(curve.name, _finite(curve)) for curve in chart.curves]
    x_low, x_high = _range([x for _, points in lines for x, _ in points], from_zero=False)
    y_low, y_high = _range([y for _, points in lines for _, y in points], from_zero=True)
    y_high += 0.04 * (y_high - y_low)

    def across(x: float) -> float:
        return _LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - _LEFT - _RIGHT)

    def down(y: float) -> float:
        return HEIGHT - _BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - _TOP - _BOTTOM)

    parts = [_across_tick(down(y), y) for y in ticks(y_low, y_high)]
    parts += [_down_tick(across(x), x) for x in ticks(x_low, x_high, 7)]
    for index, (_, points) in enumerate(lines):
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        parts.append(Markup('<polyline class="curve curve-{}" points="{}"/>').format(index % 4, path))
    return _frame(chart, Markup("").join(parts))


def _across_tick(height: float, value: float) -> Markup:
    """A horizontal line of the grid with its number."""
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
        '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
    ).format(_LEFT, WIDTH - _RIGHT, height, height, _LEFT - 10, height + 4, number(value))


def _down_tick(place: float, value: float) -> Markup:
    """A number under the horizontal axis."""
    text = '<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
    return Markup(text).format(place, HEIGHT - _BOTTOM + 20, number(value))


def _frame(chart: Chart, inside: Markup) -> Markup:
    """The SVG element with its axis labels and description round what is drawn."""
    names = ", ".join(curve.name for curve in chart.curves)
    labels = Markup(
        '<text class="axis" x="{}" y="{}" text-anchor="end">{}</text><text class="axis" x="{}" y="16">{}</text>'
    ).format(WIDTH - _RIGHT, HEIGHT - 6, chart.x_label, 4, chart.y_label)
    what = f"Line chart of {names}: {chart.y_label or 'value'} over {chart.x_label}."
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, HEIGHT, f"{chart.title}. {what}", inside, labels
    )
