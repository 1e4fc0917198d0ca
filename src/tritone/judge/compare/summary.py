"""A comparison as Markdown: what it comes to, and every table of the page."""

from tritone.judge.compare.comparison import Comparison
from tritone.judge.compare.findings import findings, lead, sure, title, weak
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.tables import cost_table, figure_table, glance_table, markdown, verdict_table
from tritone.judge.compare.words import KINDS
from tritone.report.table import Table


def as_markdown(comparison: Comparison) -> str:
    """The text of report.md."""
    parts = [f"# {title(comparison)}", lead(comparison), *[f"- {warning}" for warning in comparison.warnings]]
    parts += findings(comparison)
    parts += _part(glance_table(comparison))
    kinds: tuple[Kind, ...] = ("generated", "reconstructed")
    for kind in kinds:
        if comparison.of(kind):
            parts += _part(figure_table(comparison, kind), f"Figures of {KINDS[kind]}")
    certain = sure(comparison)
    if comparison.verdicts:
        parts += _part(verdict_table(certain, "Surely better")) if certain else ["## Surely better", "Nothing."]
    parts += weak(comparison)
    if any(system.cost for system in comparison.systems):
        parts += _part(cost_table(comparison))
    parts += ["## Again", f"```\n{comparison.command}\n```"]
    parts += ["\n".join(f"- {name}: {value}" for name, value in comparison.made.items())]
    return "\n\n".join(parts) + "\n"


def _part(table: Table, heading: str = "") -> list[str]:
    return [f"## {heading or table.title}", markdown(table)]
