"""A report as one page: players, spectrograms, charts and tables in a single HTML file that opens by double click.

The page asks nothing of the network: style, script, pictures and sound are inside. Sound is 16-bit FLAC, which every
current browser decodes to the sample, so that loops have no gap. Without JavaScript plain audio players remain.
"""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import jinja2

from tritone.errors import UserError
from tritone.report.axes import number
from tritone.report.chart import Chart, Curve
from tritone.report.player import Clip, Players
from tritone.report.scatter import Point, Scatter
from tritone.report.table import Cell, Row, Table

__all__ = [
    "Cell", "Chart", "Clip", "Command", "Curve", "Fact", "Point", "Report", "Row", "Scatter", "Section", "Table",
    "made_by", "write_report",
]  # fmt: skip

PAGE_BYTES = 12_000_000
"""Largest page that is written."""


@dataclass(frozen=True)
class Section:
    """A heading, text (an empty line parts paragraphs), and what is shown: charts, sounds, tables."""

    title: str
    text: str = ""
    clips: Sequence[Clip] = ()
    charts: Sequence[Chart | Scatter] = ()
    """Narrow ones stand side by side."""
    tables: Sequence[Table] = ()
    warnings: Sequence[str] = ()
    """Sentences that stand in a box below the text."""


@dataclass(frozen=True)
class Fact:
    """A line of a table: what, how much, of what unit."""

    name: str
    value: str | float
    unit: str = ""

    def text(self) -> str:
        """The value as it is printed: numbers with three significant digits."""
        return self.value if isinstance(self.value, str) else number(self.value)


@dataclass(frozen=True)
class Command:
    """A line for the terminal, and what it does."""

    line: str
    what: str


@dataclass(frozen=True)
class Report:
    """All that the page says, in this order: lead, highlights, sections, charts, facts, commands, how it was made."""

    title: str
    lead: str = ""
    highlights: Sequence[Fact] = ()
    """Two to four figures that stand large under the title."""
    sections: Sequence[Section] = ()
    charts: Sequence[Chart] = ()
    facts: Sequence[Fact] = ()
    commands: Sequence[Command] = ()
    commands_title: str = "With your own sound"
    contents: bool = False
    """Whether the sections are listed, with links, under the title."""
    made: Sequence[Fact] = field(default_factory=lambda: made_by(""))


def write_report(out_dir: Path, report: Report) -> Path:
    """Write `report` as `out_dir/index.html`, and return its path. The file appears whole or not at all.

    Raises UserError where the page would be larger than `PAGE_BYTES` or a clip holds no sound or no finite sound.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    players = Players()
    sections = [
        (section, [part for part in section.text.split("\n\n") if part.strip()], players.rows(section.clips))
        for section in report.sections
    ]
    page = environment.get_template("page.html.j2").render(report=report, sections=sections)
    body = page.encode()
    if len(body) > PAGE_BYTES:
        raise UserError(
            f"The report would have {len(body) / 1e6:.0f} MB, more than {PAGE_BYTES / 1e6:.0f}; "
            "show fewer or shorter sounds."
        )
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / "index.html"
    part = path.with_suffix(".part")
    part.write_bytes(body)
    os.replace(part, path)
    return path


def made_by(command: str) -> list[Fact]:
    """How a page was made: program version, commit where known, machine, command and date."""
    facts = [Fact("Tritone", _version())]
    root = Path(__file__).parents[3]
    if (root / ".git").exists() and (root / "pyproject.toml").exists():
        asked = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        facts += [Fact("Commit", commit)] if commit else []
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPU cores, Python {platform.python_version()}"
    )
    facts.append(Fact("Machine", machine))
    facts += [Fact("Command", command)] if command else []
    return [*facts, Fact("Date", datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"))]


def _version() -> str:
    try:
        return metadata.version("tritone")
    except metadata.PackageNotFoundError:
        return "from source, not installed"
