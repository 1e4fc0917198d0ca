"""Line charts as inline SVG, drawn by hand: no library, readable in light and dark, labelled for screen readers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tritone.report.axes import Frame, axis, number

WIDE, NARROW = 760, 400


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
    log_y: bool = False
    """Whether the vertical axis is logarithmic; points that are not above 0 are left out then."""
    marks: Sequence[tuple[float, str]] = ()
    """Places on the horizontal axis that have a name."""
    narrow: bool = False
    """Whether it is made to stand beside others like it."""

    def svg(self) -> Markup:
        """The chart as an SVG element; its colours come from the style of the page."""
        lines = [(curve.name, self._points(curve)) for curve in self.curves]
        ys = [y for _, points in lines for _, y in points]
        xs = [x for _, points in lines for x, _ in points]
        across = axis(xs, from_zero=min(xs, default=0) < 0.1 * max(xs, default=0))
        down = axis(ys, log=self.log_y, from_zero=not self.log_y, room=0.04)
        frame = Frame(across, down, NARROW if self.narrow else WIDE, 240 if self.narrow else 300)
        parts = [frame.mark(place, name) for place, name in self.marks if across.low <= place <= across.high]
        for index, (_, points) in enumerate(lines):
            path = " ".join(f"{frame.across(x):.1f},{frame.down(y):.1f}" for x, y in points)
            parts.append(Markup('<polyline class="curve curve-{}" points="{}"/>').format(index % 4, path))
        names = ", ".join(curve.name for curve in self.curves)
        what = f"{self.title}. Line chart of {names}: {self.y_label or 'value'} over {self.x_label}."
        return frame.svg(Markup("").join(parts), self.x_label, self.y_label, what)

    def legend(self) -> list[str]:
        """Names of the curves, where there are several; the one in place i is drawn as curve i."""
        return [curve.name for curve in self.curves] if len(self.curves) > 1 else []

    def table(self, rows: int = 12) -> list[tuple[str, str, str]]:
        """At most `rows` points of each curve as text (curve, x, y), for those who cannot see the chart."""
        lines = []
        for curve in self.curves:
            points = self._points(curve)
            picked = sorted({round(i * (len(points) - 1) / max(1, rows - 1)) for i in range(rows)}) if points else []
            lines += [(curve.name, number(points[i][0]), number(points[i][1])) for i in picked]
        return lines

    def _points(self, curve: Curve) -> list[tuple[float, float]]:
        finite = [(float(x), float(y)) for x, y in curve.points if math.isfinite(x) and math.isfinite(y)]
        return [(x, y) for x, y in finite if y > 0 or not self.log_y]
