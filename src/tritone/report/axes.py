"""Axes of the charts: from values to places on the picture, and the numbers that stand at them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

LEFT, RIGHT, TOP, BOTTOM = 62, 20, 34, 56
HEIGHT = 300


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, evenly spaced, or (`log`) their logarithms."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies: 0 at `low`, 1 at `high`."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values within, about `count` of them; on a logarithmic axis powers of ten, with 2 and 5 where few."""
        if not self.log:
            return ticks(self.low, self.high, count)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in ((1,), (1, 3), (1, 2, 5)):
            values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
            values = [value for value in values if self.low * 0.999 <= value <= self.high * 1.001]
            if len(values) >= 3:
                return values[:: math.ceil(len(values) / (2 * count))]
        return values or [self.low, self.high]


@dataclass(frozen=True)
class Frame:
    """Two axes on a picture of so many pixels, and what surrounds the plot."""

    x: Axis
    y: Axis
    width: int = 760
    height: int = HEIGHT

    def across(self, x: float) -> float:
        """Place of a value on the horizontal axis."""
        return LEFT + self.x.share(x) * (self.width - LEFT - RIGHT)

    def down(self, y: float) -> float:
        """Place of a value on the vertical axis."""
        return self.height - BOTTOM - self.y.share(y) * (self.height - TOP - BOTTOM)

    def svg(self, inside: Markup, x_label: str, y_label: str, what: str) -> Markup:
        """The picture: the grid and its numbers, what is drawn `inside`, and `what` it shows for screen readers."""
        grid = [self._line(value) for value in self.y.ticks()]
        grid += [self._number(value) for value in self.x.ticks(self.width // 108)]
        labels = Markup(
            '<text class="axis" x="{}" y="{}" text-anchor="end">{}</text><text class="axis" x="{}" y="16">{}</text>'
        ).format(self.width - RIGHT, self.height - 6, x_label, 4, y_label)
        size = Markup('viewBox="0 0 {} {}"').format(self.width, self.height)
        return Markup('<svg {} role="img" aria-label="{}">{}{}{}</svg>').format(
            size, what, Markup("").join(grid), inside, labels
        )

    def mark(self, place: float, name: str) -> Markup:
        """A vertical line at a place of the horizontal axis, with its name above."""
        x = self.across(place)
        left = x > self.width / 2
        return Markup(
            '<line class="mark-line" x1="{x:.1f}" x2="{x:.1f}" y1="{}" y2="{}"/>'
            '<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}</text>'
        ).format(TOP, self.height - BOTTOM, x, TOP - 5, "end" if left else "start", name, x=x)

    def _line(self, value: float) -> Markup:
        """A horizontal line of the grid with its number."""
        height = self.down(value)
        return Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(LEFT, self.width - RIGHT, height, height, LEFT - 10, height + 4, number(value))

    def _number(self, value: float) -> Markup:
        """A number under the horizontal axis."""
        text = '<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
        return Markup(text).format(self.across(value), self.height - BOTTOM + 20, number(value))


def axis(values: Sequence[float], *, log: bool = False, from_zero: bool = False, room: float = 0.0) -> Axis:
    """The axis that holds finite `values` (above 0 where `log`), with `room` beyond them as a share of their range."""
    if log:
        low, high = min(values, default=0.1), max(values, default=10.0)
        beyond = (high / low) ** room if high > low else 3.0
        return Axis(low / beyond, high * beyond, True)
    low, high = min(values, default=0.0), max(values, default=1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high <= low:
        low, high = low, low + 1.0
    beyond = room * (high - low)
    return Axis(low if from_zero and low == 0 else low - beyond, high + beyond)


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
