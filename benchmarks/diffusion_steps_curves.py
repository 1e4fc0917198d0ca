"""The picture of diffusion_steps: kernel distance against steps, a panel for each judge."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Curve:
    """One point of a curve."""

    system: str
    steps: int
    judge: str
    distance: float


def write_curves(path: Path, points: Sequence[Curve]) -> None:
    """Into a .png file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    judges, systems = (list(dict.fromkeys(getattr(one, name) for one in points)) for name in ("judge", "system"))
    figure = Figure(figsize=(4.5 * len(judges), 4), layout="constrained")
    FigureCanvasAgg(figure)
    for number, judge in enumerate(judges):
        axes = figure.add_subplot(1, len(judges), number + 1)
        for system in systems:
            own = [one for one in points if one.judge == judge and one.system == system]
            axes.plot([one.steps for one in own], [one.distance for one in own], marker="o", label=system)
        steps = sorted({one.steps for one in points})
        axes.set_xscale("log")
        axes.set_xticks(steps, [str(count) for count in steps])
        axes.minorticks_off()
        axes.set_xlabel("steps")
        axes.set_ylabel(f"kernel distance to held-out sound, {judge}")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit("diffusion_steps_curves.py is a part of the benchmarks; run diffusion_steps.py.")
