"""What gan_convergence found: distances at every mark of every run, the table, and the curves as a picture."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gan_convergence_run import MARKS, last_mark
from gan_judges import JUDGES, PATTERN, Embeddings, kernel, measure, read
from gan_systems import ABLATIONS, HINGE, PROJECTED, SYSTEMS
from table import Row

from tritone.judge.interval import interval

THIRD = 1 / 3


@dataclass(frozen=True)
class Curves:
    """All that was measured. `values[system][seed][mark][judge][number]`."""

    minutes: float
    baseline: str
    reference: Embeddings
    control: dict[str, dict[str, float]]
    """Held-out real loops, as many as generated ones, measured in the same way: no system can do better on average."""
    values: dict[str, list[list[dict[str, dict[str, float]]]]]
    final: dict[str, list[Embeddings]]

    @property
    def samples(self) -> int:
        """Generated loops at every mark."""
        return len(self.final[self.baseline][0][PATTERN])

    def mean(self, system: str, judge: str, number: str = "kernel") -> list[float]:
        """Mean over seeds at every mark."""
        runs = [[mark[judge][number] for mark in run] for run in self.values[system]]
        return np.mean(runs, axis=0).tolist()

    def last(self, system: str, judge: str, number: str) -> list[float]:
        """The value at the end for each seed."""
        return [run[-1][judge][number] for run in self.values[system]]


def collect(
    folders: dict[str, list[Path]], minutes: float, baseline: str, reference: Embeddings, control: Embeddings
) -> Curves:
    """The measurements of finished runs."""
    values, final = {}, {}
    for system, runs in folders.items():
        done = [run for run in runs if last_mark(run) == len(MARKS) - 1]
        if done:
            values[system] = [
                [measure(reference, read(run / f"mark-{mark}.npz")) for mark in range(len(MARKS))] for run in done
            ]
            final[system] = [read(run / f"mark-{len(MARKS) - 1}.npz") for run in done]
    return Curves(minutes, baseline, reference, measure(reference, control), values, final)


def seen(system: str, judge: str) -> bool:
    """Whether this judge's network is in the discriminator of the system."""
    return judge in SYSTEMS[system].networks


def impartial(system: str) -> str:
    """The first judge that the discriminator did not use."""
    return next(judge for judge in JUDGES if not seen(system, judge))


def share_of_time(curve: Sequence[float], value: float) -> float | None:
    """Share of the time after which a curve over MARKS first falls to `value`, between marks in a straight line."""
    for index, here in enumerate(curve):
        if here <= value:
            if index == 0:
                return MARKS[0]
            before, way = curve[index - 1], MARKS[index] - MARKS[index - 1]
            return MARKS[index - 1] + way * (before - value) / (before - here)
    return None


def rows(curves: Curves) -> list[Row]:
    """The table: first the claim, then every number at the end."""
    systems = [name for name in (*PROJECTED, *ABLATIONS) if name in curves.values]
    found = [_claim(curves, system) for system in systems]
    for judge in JUDGES:
        for number in ("kernel", "frechet"):
            found += [_final(curves, system, judge, number) for system in systems]
    for judge, number in ((JUDGES[0], "coverage"), (PATTERN, "coverage"), (PATTERN, "ndb")):
        found += [_final(curves, system, judge, number) for system in systems]
    return found + _ablations(curves) + _controls(curves)


def _claim(curves: Curves, system: str) -> Row:
    """Share of the time until the baseline's end; no verdict where the baseline came no nearer than it began."""
    judge = impartial(system)
    goal, start = float(np.mean(curves.last(curves.baseline, judge, "kernel"))), curves.mean(curves.baseline, judge)[0]
    share = share_of_time(curves.mean(system, judge), goal)
    each = [share_of_time([mark[judge]["kernel"] for mark in run], goal) for run in curves.values[system]]
    what = f"time until the baseline's final kernel distance by {judge}: {SYSTEMS[system].about}"
    notes = {" (not reached)": share is None, " (the baseline learned nothing)": goal >= start}
    bar = (f"<= {THIRD:.3g}", share is not None and share <= THIRD)
    return Row(
        what + "".join(note for note, true in notes.items() if true),
        1.0 if share is None else share,
        1.0,
        1 / share if share else None,
        "of the time",
        len(each),
        "seeds: " + ", ".join("never" if one is None else f"{one:.3g}" for one in each),
        *(bar if system in PROJECTED and goal < start else (None, None)),
    )


def _final(curves: Curves, system: str, judge: str, number: str) -> Row:
    ours, theirs = curves.last(system, judge, number), curves.last(curves.baseline, judge, number)
    mark = " (seen by the discriminator)" if seen(system, judge) else ""
    what = f"{_title(number)} by {judge}{mark}: {SYSTEMS[system].about}"
    return _pair(what, ours, theirs, number, _spread(curves, system, judge, number, ours))


def _ablations(curves: Curves) -> list[Row]:
    """The relativistic loss beside hinge, with the same network."""
    if HINGE not in curves.values:
        return []
    found = []
    for system in (name for name in ABLATIONS if name in curves.values):
        for judge in (judge for judge in JUDGES if not seen(system, judge)):
            ours, hinge = (curves.last(name, judge, "kernel") for name in (system, HINGE))
            what = f"kernel distance by {judge}, {SYSTEMS[system].about} | the same with hinge"
            found.append(_pair(what, ours, hinge, "kernel", _spread(curves, system, judge, "kernel", ours)))
    return found


def _controls(curves: Curves) -> list[Row]:
    return [
        Row(f"{_title(number)} by {judge}: real held-out loops", value, None, None, "", curves.samples, "-")
        for judge, numbers in curves.control.items()
        for number, value in numbers.items()
        if number != "divergence"
    ]


def _pair(what: str, ours: list[float], theirs: list[float], number: str, spread: str) -> Row:
    mine, peer = float(np.mean(ours)), float(np.mean(theirs))
    higher = number == "coverage"
    ratio = (mine / peer if higher else peer / mine) if mine > 0 and peer > 0 else None
    both = f"{spread} | {min(theirs):.3g} to {max(theirs):.3g}"
    return Row(what, mine, peer, ratio, "share" if number in ("coverage", "ndb") else "distance", len(ours), both)


def _spread(curves: Curves, system: str, judge: str, number: str, values: list[float]) -> str:
    """Least and most over seeds; of the kernel distance also the 95 % interval of their mean over generated loops."""
    text = f"{min(values):.3g} to {max(values):.3g}"
    if number != "kernel":
        return text
    low, high = _interval(curves.reference[judge], [one[judge] for one in curves.final[system]])
    return f"{text}, 95 % {low:.3g} to {high:.3g}"


def _interval(reference: np.ndarray, runs: list[np.ndarray]) -> tuple[float, float]:
    """Of the mean kernel distance over runs: row i of every run is a loop of the same seed, drawn together."""
    count, dims = len(runs), reference.shape[1]

    def mean(real: np.ndarray, made: np.ndarray) -> float:
        sides = [slice(run * dims, (run + 1) * dims) for run in range(count)]
        return float(np.mean([kernel(real[:, side], made[:, side]) for side in sides]))

    return interval(mean, np.tile(reference, (1, count)), np.concatenate(runs, 1))


def _title(number: str) -> str:
    return {"kernel": "kernel distance", "frechet": "Fréchet distance", "ndb": "share of different bins"}.get(
        number, number
    )


def write_json(path: Path, curves: Curves) -> None:
    """Every number of every run."""
    head = {"minutes": curves.minutes, "marks": MARKS, "baseline": curves.baseline, "samples": curves.samples}
    path.write_text(json.dumps({**head, "control": curves.control, "values": curves.values}, indent=1))


def draw(path: Path, curves: Curves) -> None:
    """Kernel distance against minutes, a panel for each judge; bands from least to most over seeds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    minutes = [share * curves.minutes for share in MARKS]
    figure = Figure(figsize=(13, 9), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, judge in zip(figure.subplots(2, 2).flat, JUDGES, strict=True):
        for index, system in enumerate(curves.values):
            _draw_line(axis, curves, system, judge, f"C{index}", minutes)
        axis.axhline(max(curves.control[judge]["kernel"], 0), color="black", linewidth=0.8, linestyle=":")
        axis.set_yscale("symlog", linthresh=1.0)
        axis.set_title(f"judged by {judge}", loc="left", fontsize=10)
        axis.set_xlabel("minutes of training on one core")
        axis.set_ylabel("kernel distance")
    lines = {line.get_label(): line for line in figure.axes[-1].get_lines() if line.get_label() in _names(curves)}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", fontsize=9, ncols=2)
    figure.text(0.99, 0.99, "dashed: the discriminator used the judge", ha="right", va="top", fontsize=9)
    figure.savefig(path, format="png", dpi=90)


def _names(curves: Curves) -> list[str]:
    return [SYSTEMS[system].about for system in curves.values]


def _draw_line(axis, curves: Curves, system: str, judge: str, colour: str, minutes: list[float]) -> None:  # type: ignore[no-untyped-def]
    runs = [[mark[judge]["kernel"] for mark in run] for run in curves.values[system]]
    style = "--" if seen(system, judge) else "-"
    axis.plot(minutes, np.mean(runs, axis=0), style, color=colour, label=SYSTEMS[system].about)
    axis.fill_between(minutes, np.min(runs, axis=0), np.max(runs, axis=0), color=colour, alpha=0.15, linewidth=0)


if __name__ == "__main__":
    sys.exit("gan_curves.py is a part of the benchmarks; run gan_convergence.py.")
