"""A report as one page: players, spectrograms, charts and tables in a single HTML file that opens by double click.

The page asks nothing of the network: style, script, pictures and sound are inside. Sound is 16-bit FLAC, which every
current browser decodes to the sample, so that loops have no gap. Without JavaScript plain audio players remain.
"""

import base64
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from io import BytesIO
from itertools import groupby
from pathlib import Path

import jinja2
import numpy as np
import soundfile
from numpy.typing import NDArray

from tritone.errors import UserError
from tritone.report.chart import Chart, Curve, number
from tritone.report.picture import decibels, height_of, png

__all__ = ["Chart", "Clip", "Command", "Curve", "Fact", "Report", "Section", "made_by", "write_report"]

PAGE_BYTES = 12_000_000
"""Largest page that is written."""
_TICKS_HZ = ((100, "100"), (1000, "1k"), (10_000, "10k"))


@dataclass(frozen=True)
class Clip:
    """A sound on the page."""

    title: str
    audio: NDArray[np.float32]
    """`(channels, time)` in [-1, 1], at least one sample."""
    rate: int
    loop: bool = False
    """Whether the last sample leads into the first: the player then goes round without a gap."""
    note: str = ""
    group: str = ""
    """Neighbours of the same group stand in one row under this name, share a colour scale and play in step: the
    listener switches between them without losing the place."""


@dataclass(frozen=True)
class Section:
    """A heading, text (an empty line parts paragraphs) and sounds."""

    title: str
    text: str = ""
    clips: Sequence[Clip] = ()


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
    made: Sequence[Fact] = field(default_factory=lambda: made_by(""))


@dataclass(frozen=True)
class _Player:
    """A clip as the template wants it."""

    clip: Clip
    sound: str
    picture: str
    seconds: float
    ticks: list[tuple[str, float]]


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
    sections = [
        (section, [part for part in section.text.split("\n\n") if part.strip()], _rows(section.clips))
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


def _rows(clips: Sequence[Clip]) -> list[tuple[str, list[_Player]]]:
    """Clips by row; a clip without a group has a row of its own."""
    keyed = [((clip.group or index), clip) for index, clip in enumerate(clips)]
    rows = []
    for _, members in groupby(keyed, key=lambda pair: pair[0]):
        row = [clip for _, clip in members]
        rows.append((row[0].group, _players(row)))
    return rows


def _players(row: Sequence[Clip]) -> list[_Player]:
    pictures = []
    for clip in row:
        if clip.audio.ndim != 2 or clip.audio.shape[1] == 0 or not np.isfinite(clip.audio).all():
            raise UserError(f"The sound {clip.title!r} cannot stand on a page: it is empty or not finite.")
        pictures.append(decibels(clip.audio, clip.rate))
    top = max(float(picture.max()) for picture in pictures)
    return [
        _Player(
            clip,
            _data("audio/flac", _flac(clip)),
            _data("image/png", png(picture, top)),
            clip.audio.shape[1] / clip.rate,
            [(name, 100 * height_of(hertz, clip.rate)) for hertz, name in _TICKS_HZ if hertz < 0.45 * clip.rate],
        )
        for clip, picture in zip(row, pictures, strict=True)
    ]


def _flac(clip: Clip) -> bytes:
    file = BytesIO()
    whole = np.clip(np.round(clip.audio.T * 32768.0), -32768, 32767).astype(np.int16)
    soundfile.write(file, whole, clip.rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _data(kind: str, body: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"
