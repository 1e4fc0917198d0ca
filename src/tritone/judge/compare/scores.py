"""Which sounds of a system are its best and worst, by a score that every file has."""

from dataclasses import dataclass

from tritone.judge.figure import Figure


@dataclass(frozen=True)
class Ranked:
    """Items of a system from best to worst, each with its score."""

    key: str
    """Metric of the score."""
    items: tuple[tuple[str, float], ...]

    def best(self, count: int) -> tuple[tuple[str, float], ...]:
        """The first ones; never more than half of all."""
        return self.items[: min(count, len(self.items) // 2)]

    def worst(self, count: int) -> tuple[tuple[str, float], ...]:
        """The last ones, the very worst first; never more than half of all."""
        return self.items[::-1][: min(count, len(self.items) // 2)]


def ranked(figure: Figure) -> Ranked:
    """The order of a figure's files; ValueError where no direction is better."""
    better, real = figure.metric.better, figure.real
    if better == "lower":
        badness = dict(figure.by_file)
    elif better == "higher":
        badness = {name: -value for name, value in figure.by_file.items()}
    elif better == "nearer" and real is not None:
        badness = {name: abs(value - real) for name, value in figure.by_file.items()}
    else:
        raise ValueError(f"no value of {figure.metric.key} is better than another")
    order = sorted(figure.by_file, key=lambda name: (badness[name], name))
    return Ranked(figure.metric.key, tuple((name, figure.by_file[name]) for name in order))
