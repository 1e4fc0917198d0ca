"""Named points with intervals, as inline SVG in the style of the line charts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tritone.report.axes import Frame, axis, number

_LETTER = 7.2
"""Pixels of a letter, about."""
_LINE = 24
"""Pixels from one name to the next, also in the larger letters of a phone."""


@dataclass(frozen=True)
class Point:
    """A point, and the interval that its height lies in."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Scatter:
    """Points on two axes, of which the horizontal one is logarithmic; those that are not finite are left out."""

    title: str
    points: Sequence[Point]
    x_label: str
    y_label: str
    text: str = ""
    marks: Sequence[tuple[float, str]] = ()
    """Places on the horizontal axis that have a name."""

    narrow = False

    def svg(self) -> Markup:
        """The chart as an SVG element; its colours come from the style of the page."""
        points = self._finite()
        ys = [value for p in points for value in (p.y, p.low, p.high) if value is not None and math.isfinite(value)]
        across = axis([p.x for p in points] + [place for place, _ in self.marks], log=True, room=0.15)
        frame = Frame(across, axis(ys, from_zero=True, room=0.08))
        parts = [frame.mark(place, name) for place, name in self.marks]
        parts += [_draw(frame, *each) for each in zip(points, _heights(frame, points), strict=True)]
        names = ", ".join(point.name for point in points)
        what = f"{self.title}. {names}: {self.y_label} over {self.x_label}."
        return frame.svg(Markup("").join(parts), self.x_label, self.y_label, what)

    def legend(self) -> list[str]:
        """Nothing: every point has its name beside it."""
        return []

    def table(self) -> list[tuple[str, str, str]]:
        """The points as text (name, x, y with its interval)."""
        return [(point.name, number(point.x), _height(point)) for point in self._finite()]

    def _finite(self) -> list[Point]:
        return [p for p in self.points if math.isfinite(p.x) and p.x > 0 and math.isfinite(p.y)]


def _height(point: Point) -> str:
    if point.low is None or point.high is None:
        return number(point.y)
    return f"{number(point.y)} ({number(point.low)} to {number(point.high)})"


def _heights(frame: Frame, points: Sequence[Point]) -> list[float]:
    """Where the names stand: beside their points, or a little lower where two would meet."""
    places = [frame.down(point.y) for point in points]
    lowest = -math.inf
    for index in sorted(range(len(points)), key=lambda each: places[each]):
        places[index] = lowest = max(places[index], lowest + _LINE)
    return places


def _draw(frame: Frame, point: Point, name_at: float) -> Markup:
    x, y = frame.across(point.x), frame.down(point.y)
    left = x + 12 + _LETTER * len(point.name) > frame.width
    name = Markup('<text class="label" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x - 12 if left else x + 12, name_at + 4, "end" if left else "start", point.name
    )
    dot = Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="6"/>').format(x, y)
    if point.low is None or point.high is None:
        return dot + name
    bar = Markup('<line class="bar" x1="{x:.1f}" x2="{x:.1f}" y1="{:.1f}" y2="{:.1f}"/>').format(
        frame.down(point.low), frame.down(point.high), x=x
    )
    return bar + dot + name
