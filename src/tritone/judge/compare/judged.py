"""What was found out about one kind of sound of a system."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tritone.judge.compare.manifest import Kind
from tritone.judge.copies import Copy
from tritone.judge.figure import Figure, Metric

FIRST = ("kd-aisfx", "kd-musicnn", "kd-logmel", "fd-aisfx", "fd-logmel")
"""Figures by which likeness to real sound is told in one number, the best one first: at a glance, in the chart of
quality against compute, and for best and worst examples. The kernel distance is unbiased at any number of sounds.
"""


@dataclass(frozen=True)
class Judged:
    """Figures of a system's new sounds, or of what it made of held-out ones."""

    system: str
    kind: Kind
    figures: tuple[Figure, ...]
    copies: tuple[Copy, ...] = ()
    """Each sound with the most like training sound, the most alike first."""
    warnings: tuple[str, ...] = ()

    def figure(self, key: str) -> Figure | None:
        """The figure of a metric, where there is one."""
        return next((figure for figure in self.figures if figure.metric.key == key), None)


def metrics_of(judged: Iterable[Judged]) -> list[Metric]:
    """All metrics that any of them has, each once, in their order."""
    return list({figure.metric.key: figure.metric for one in judged for figure in one.figures}.values())


def leading(judged: Sequence[Judged]) -> Metric | None:
    """The one metric that stands for likeness to real sound (of new sounds) or to what went in (of reconstructions).

    The first of `FIRST` that all have; else the first that all have by file, in which a direction is better.
    """
    metrics = [metric for metric in metrics_of(judged) if all(one.figure(metric.key) for one in judged)]
    named = {metric.key: metric for metric in metrics}
    for key in FIRST:
        if key in named:
            return named[key]
    groups = ("fidelity", "likeness", "sound", "loops")
    able = [m for m in metrics if m.better and all(_by_file(one, m.key) for one in judged)]
    return min(able, key=lambda m: groups.index(m.group) if m.group in groups else len(groups), default=None)


def _by_file(one: Judged, key: str) -> bool:
    figure = one.figure(key)
    return figure is not None and bool(figure.by_file)
