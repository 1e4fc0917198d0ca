"""What was found out about one kind of sound of a system."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tritone.judge.compare.manifest import Kind
from tritone.judge.copies import Copy
from tritone.judge.figure import Figure, Metric

FIRST = ("aisfx", "musicnn-mtt", "musicnn-msd", "logmel")
"""Judges by whose kernel distance likeness to real sound is told in one number, the first choice first: at a glance, in
the chart of quality against compute, and for best and worst examples. It is unbiased at any number of sounds.
"""

GROUPS = ("fidelity", "likeness")
"""Groups of figures that may stand for all others."""


@dataclass(frozen=True)
class Judged:
    """Figures of a system's new sounds, or of what it made of held-out ones."""

    system: str
    kind: Kind
    figures: tuple[Figure, ...]
    copies: tuple[Copy, ...] = ()
    """Each sound with the most like training sound, the most alike first."""
    warnings: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()
    """Networks that trained the system, which are no impartial judges."""

    def figure(self, key: str) -> Figure | None:
        """The figure of a metric, where there is one."""
        return next((figure for figure in self.figures if figure.metric.key == key), None)


def metrics_of(judged: Iterable[Judged]) -> list[Metric]:
    """All metrics that any of them has, each once, in their order."""
    return list({figure.metric.key: figure.metric for one in judged for figure in one.figures}.values())


def leading(judged: Sequence[Judged]) -> Metric | None:
    """The one metric that stands for likeness to real sound (of new sounds) or to what went in (of reconstructions).

    The kernel distance on the first of `FIRST` that trained none of the systems (see `Judged.seen`); else the first
    figure of `GROUPS` that all have by file. None where there is no such figure.
    """
    metrics = [metric for metric in metrics_of(judged) if all(one.figure(metric.key) for one in judged)]
    named = {metric.key: metric for metric in metrics}
    seen = {name.partition(":")[0] for one in judged for name in one.seen}
    for judge in FIRST:
        if f"kd-{judge}" in named and judge not in seen:
            return named[f"kd-{judge}"]
    able = [metric for metric in metrics if metric.group in GROUPS and metric.better in ("lower", "higher")]
    return next((metric for metric in able if all(_by_file(one, metric.key) for one in judged)), None)


def said_once(judged: Sequence[Judged]) -> list[str]:
    """All warnings, each once, with the systems that it is of where it is not of all."""
    makers = [one.system for one in judged if one.kind == "generated"]
    found: dict[str, list[str]] = {}
    for one in judged:
        for warning in one.warnings:
            found.setdefault(warning, []).append(one.system)
    return [
        warning if set(systems) >= set(makers) else f"{', '.join(systems)}: {warning}"
        for warning, systems in found.items()
    ]


def _by_file(one: Judged, key: str) -> bool:
    figure = one.figure(key)
    return figure is not None and bool(figure.by_file)
