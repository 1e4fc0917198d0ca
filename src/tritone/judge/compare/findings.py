"""What a comparison comes to, in sentences made from its numbers."""

from collections.abc import Iterator
from pathlib import Path

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.judged import Judged, leading
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.tables import p_words
from tritone.judge.compare.tests import least_p
from tritone.judge.compare.verdicts import SURE, Verdict
from tritone.judge.compare.words import KINDS, counted, duration, listed, spread, value_words
from tritone.judge.figure import Metric

NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def title(comparison: Comparison) -> str:
    """The heading of the page."""
    names = [system.name for system in comparison.systems]
    data = Path(comparison.real.path).name or comparison.real.path
    if len(names) == 1:
        return f"{names[0]} beside real sound of {data}"
    if len(names) <= 3:
        return f"{listed(names)} on {data}"
    return f"{NUMBERS[len(names)] if len(names) < len(NUMBERS) else len(names)} systems on {data}"


def lead(comparison: Comparison) -> str:
    """What was done, in two sentences."""
    said = []
    if comparison.of("generated"):
        said.append(_asked(comparison))
    if comparison.of("reconstructed"):
        who = "Those that can take sound apart" if said else "The systems"
        said.append(f"{who} were given held-out sounds, to be put together again.")
    real = comparison.real
    held = f"{counted(real.held_out, 'real sound')} ({duration(real.seconds)})"
    if real.training:
        said.append(f"All are held against {held} that were kept out of training.")
    else:
        said.append(f"All are held against {held}.")
    return " ".join(said)


def _asked(comparison: Comparison) -> str:
    """How the new sounds came to be."""
    made = {one.system for one in comparison.of("generated")}
    models = {system.name for system in comparison.systems if system.cost is not None}
    count = counted(comparison.count, "new sound")
    files = "as many files were taken of each system that is a folder" if models else "files were taken as they are"
    if not made & models:
        return f"Of each system at most {count} stand here; {files}."
    who = "Each system" if made <= models else "Each model"
    return f"{who} was asked for {count}, of the same seeds and lengths{'' if made <= models else f'; {files}'}."


def findings(comparison: Comparison) -> list[str]:
    """Who is nearest to real sound, and whether that is sure; a paragraph for each kind of sound."""
    kinds: tuple[Kind, ...] = ("generated", "reconstructed")
    return [_finding(comparison, kind, metric) for kind in kinds
            if (metric := leading(comparison.of(kind))) is not None]  # fmt: skip


def sure(comparison: Comparison) -> list[Verdict]:
    """Verdicts in which one is surely better, the surest first."""
    return sorted((one for one in comparison.verdicts if one.better), key=lambda one: one.adjusted)


def weak(comparison: Comparison) -> tuple[str, ...]:
    """A sentence where no pairing of so few sounds could have come out sure."""
    ranks = [one for one in comparison.verdicts if one.how == "signed ranks"]
    if not ranks:
        return ()
    pairs, tests = max(one.n for one in ranks), len(comparison.verdicts)
    if least_p(pairs) * tests < SURE:
        return ()
    return (
        f"With {counted(pairs, 'pair')} and {counted(tests, 'test')}, no difference between sounds in pairs could come "
        "out sure, however large: make more with --count.",
    )


def _finding(comparison: Comparison, kind: Kind, metric: Metric) -> str:
    order = _order(comparison, kind, metric)
    first, value = order[0]
    figure = first.figure(metric.key)
    assert figure is not None
    interval = f" ({spread(figure)})" if spread(figure) else ""
    real = "" if figure.real is None else f", where real sound has {value_words(figure.real)}"
    said = f"By the {_lower(metric.name)} of {KINDS[kind]}, {first.system} has {value_words(value)}{interval}{real}."
    if len(order) == 1:
        return f"{said} {metric.about}"
    beaten = list(_beaten(comparison, kind, metric, first.system))
    place = "the better of the two" if len(order) == 2 else "the best of all"
    if len(beaten) == len(order) - 1:
        worst = max(one.adjusted for one in beaten)
        said += f" It is {place}, and surely so (p {_p(worst)} after Holm's correction)."
    elif beaten:
        names = [one.second if one.better == one.first else one.first for one in beaten]
        said += f" It is {place}, and surely better than {listed(names)}; the rest could be chance."
    else:
        said += f" It is {place}, but the difference from {order[1][0].system} could be chance."
    return f"{said} {metric.about}"


def _order(comparison: Comparison, kind: Kind, metric: Metric) -> list[tuple[Judged, float]]:
    """Those that have the figure with its value, the best first."""
    rows = [(one, figure) for one in comparison.of(kind) if (figure := one.figure(metric.key)) is not None]

    def badness(value: float, real: float | None) -> float:
        if metric.better == "nearer":
            return abs(value - (real or 0.0))
        return -value if metric.better == "higher" else value

    rows.sort(key=lambda row: badness(row[1].value, row[1].real))
    return [(one, figure.value) for one, figure in rows]


def _beaten(comparison: Comparison, kind: Kind, metric: Metric, name: str) -> Iterator[Verdict]:
    for one in comparison.verdicts:
        if one.kind == kind and one.metric.key == metric.key and one.better == name:
            yield one


def _lower(name: str) -> str:
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _p(p: float) -> str:
    words = p_words(p)
    return words if words.startswith("<") else f"= {words}"
