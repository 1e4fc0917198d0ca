"""The tables of a comparison, for the page and for Markdown."""

from collections.abc import Sequence

from tritone.judge.compare.comparison import Compared, Comparison
from tritone.judge.compare.judged import Judged, leading, metrics_of
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.verdicts import Verdict
from tritone.judge.compare.words import KINDS, bytes_words, duration, spread, value_words
from tritone.judge.figure import Figure, Metric
from tritone.report.axes import number
from tritone.report.table import Cell, Row, Table

GROUPS = {
    "likeness": "Likeness to real sound",
    "fidelity": "Likeness to what went in",
    "variety": "Variety",
    "copies": "Copies",
    "loops": "Loops",
    "sound": "Sound",
    "speed": "Speed",
}
BETTER = {"lower": "lower is better", "higher": "higher is better", "nearer": "nearer to real sound is better", "": ""}


def figure_table(comparison: Comparison, kind: Kind, folded: bool = False) -> Table:
    """Every figure of one kind of sound: a line a metric, a column a system, real sound first."""
    judged = comparison.of(kind)
    metrics, notes = metrics_of(judged), _Notes()
    rows: list[Row] = []
    groups = [*GROUPS, *dict.fromkeys(metric.group for metric in metrics if metric.group not in GROUPS)]
    for group in groups:
        lines = [_figure_row(comparison, judged, metric, notes) for metric in metrics if metric.group == group]
        rows += [Row(GROUPS.get(group, group)), *lines] if lines else []
    head = ["", *(["real sound"] if _real(judged) else []), *(one.system for one in judged)]
    return Table(f"Figures of {KINDS[kind]}", head, rows, folded, notes.sentences)


def glance_table(comparison: Comparison) -> Table:
    """A line a system: the leading figure, speed, size, training."""
    kinds: list[Kind] = [kind for kind in ("generated", "reconstructed") if comparison.of(kind)]
    metrics = {kind: leading(comparison.of(kind)) for kind in kinds}
    shown = [(kind, metric) for kind, metric in metrics.items() if metric is not None]
    head = ["", *(f"{metric.name}, {KINDS[kind]}" for kind, metric in shown)]
    more = any(system.cost is not None for system in comparison.systems)
    head += ["work for a second of sound", "parameters", "training"] if more else []
    rows = []
    for system in comparison.systems:
        cells = []
        for kind, metric in shown:
            own = [one for one in comparison.of(kind) if one.system == system.name]
            figure = own[0].figure(metric.key) if own else None
            cells.append(_figure_cell(figure, _good(comparison, kind, metric, system.name)) if figure else Cell("–"))
        cells += _effort(system) if more else []
        rows.append(Row(system.name, cells, system.cost.family if system.cost else "files"))
    return Table("At a glance", head, rows)


def _effort(system: Compared) -> list[Cell]:
    """Work, size and training of a system, as far as they are known."""
    cost, work = system.cost, next(iter(system.compute.values()), None)
    return [
        Cell("–" if work is None else f"{number(work)} s"),
        Cell("–" if cost is None else number(cost.parameters)),
        Cell("–" if cost is None or cost.seconds is None else duration(cost.seconds)),
    ]


def verdict_table(found: Sequence[Verdict], title: str, folded: bool = False) -> Table:
    """Who is better than whom, with the chance that it is chance."""
    rows = []
    for one in found:
        other = one.second if one.better == one.first else one.first
        step = -one.difference if one.better == one.second else one.difference
        said = f"{one.better} better than {other}" if one.better else f"{one.first} and {one.second}: could be chance"
        rows.append(
            Row(
                one.metric.name,
                [
                    Cell(said, good=folded and bool(one.better)), Cell(value_words(step), one.metric.unit),
                    Cell(p_words(one.p)), Cell(p_words(one.adjusted)), Cell(one.how), Cell(str(one.n)),
                ],
                KINDS[one.kind],
            )
        )  # fmt: skip
    head = ["", "finding", "difference of the two", "p", "p after Holm", "test", "n"]
    return Table(title, head, rows, folded)


def cost_table(comparison: Comparison) -> Table:
    """What each model cost, a column a system."""
    models = [(system, system.cost) for system in comparison.systems if system.cost is not None]
    lines: list[tuple[str, list[Cell]]] = [
        ("family, preset", [Cell(cost.family, cost.preset) for _, cost in models]),
        ("training time", [Cell("unknown" if cost.seconds is None else duration(cost.seconds)) for _, cost in models]),
        ("steps", [Cell("unknown" if cost.step is None else number(cost.step)) for _, cost in models]),
        ("sounds a step", [Cell(number(cost.batch), cost.precision) for _, cost in models]),
        ("parameters", [Cell(number(cost.parameters)) for _, cost in models]),
        ("weights as a file", [Cell(bytes_words(cost.file_bytes)) for _, cost in models]),
        ("seed of the training", [Cell(number(cost.seed)) for _, cost in models]),
        ("trained on", [Cell(cost.data) for _, cost in models]),
        ("built on", [Cell("; ".join(cost.takes) or "–") for _, cost in models]),
        ("Tritone", [Cell(cost.version) for _, cost in models]),
    ]
    for kind, words in KINDS.items():
        works = [system.compute.get(kind) for system, _ in models]
        if any(work is not None for work in works):
            cells = [Cell("–" if work is None else f"{number(work)} s", _times(work)) for work in works]
            lines.append((f"work for a second of {words}", cells))
    return Table("What each model cost", ["", *(system.name for system, _ in models)], [Row(*line) for line in lines])


def markdown(table: Table) -> str:
    """The table as GitHub's Markdown; headings within it become lines of their own, notes numbered lines below."""
    lines = ["| " + " | ".join(map(_md, table.head)) + " |", "|" + "---|" * len(table.head)]
    for row in table.rows:
        if row.cells:
            name = f"{row.name} ({row.note})" if row.note else row.name
            lines.append("| " + " | ".join([_md(name), *(_md(_cell_words(cell)) for cell in row.cells)]) + " |")
        else:
            lines.append(f"| **{_md(row.name)}** |" + " |" * (len(table.head) - 1))
    notes = [f"{place}. {note}" for place, note in enumerate(table.notes, 1)]
    return "\n".join(lines + (["", *notes] if notes else []))


def p_words(p: float) -> str:
    """A probability, never as a bare 0."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


class _Notes:
    """Sentences, each once, under the numbers by which cells point to them."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def numbers(self, sentences: Sequence[str]) -> list[int]:
        for sentence in sentences:
            if sentence not in self.sentences:
                self.sentences.append(sentence)
        return [self.sentences.index(sentence) + 1 for sentence in sentences]


def _figure_row(comparison: Comparison, judged: Sequence[Judged], metric: Metric, notes: _Notes) -> Row:
    figures = [one.figure(metric.key) for one in judged]
    real = next((figure.real for figure in figures if figure is not None and figure.real is not None), None)
    cells = [Cell("" if real is None else value_words(real))] if _real(judged) else []
    for one, figure in zip(judged, figures, strict=True):
        if figure is None:
            cells.append(Cell("–"))
            continue
        good = _good(comparison, one.kind, metric, one.system)
        cells.append(_figure_cell(figure, good, notes.numbers(figure.warnings)))
    way = ", ".join(filter(None, (metric.unit, BETTER[metric.better])))
    return Row(metric.name, cells, way, metric.about)


def _real(judged: Sequence[Judged]) -> bool:
    """Whether real sound stands beside any figure."""
    return any(figure.real is not None for one in judged for figure in one.figures)


def _figure_cell(figure: Figure, good: bool, marks: Sequence[int] = ()) -> Cell:
    note = ", ".join(filter(None, (spread(figure), f"n {figure.n}")))
    return Cell(value_words(figure.value), note, good, marks)


def _good(comparison: Comparison, kind: Kind, metric: Metric, system: str) -> bool:
    """Whether it is surely better than some, and than it surely none."""
    own = [
        one.better
        for one in comparison.verdicts
        if one.kind == kind and one.metric.key == metric.key and one.better and system in (one.first, one.second)
    ]
    return bool(own) and set(own) == {system}


def _times(work: float | None) -> str:
    return "" if not work else f"{number(1 / work)} × real time"


def _cell_words(cell: Cell) -> str:
    words = f"**{cell.text}**" if cell.good else cell.text
    marks = f" [{', '.join(map(str, cell.marks))}]" if cell.marks else ""
    return f"{words}{marks}" + (f" ({cell.note})" if cell.note else "")


def _md(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
