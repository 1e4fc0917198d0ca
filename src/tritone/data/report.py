"""What prepare found, as a table for the terminal and as DATA's README."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from tritone.data.config import PrepareConfig
from tritone.data.scan import Skipped, printable

_SHOWN = 8
_LISTED = 200
_LABELS_SHOWN = 24


@dataclass(frozen=True)
class Split:
    """Size of one split."""

    items: int
    seconds: float


@dataclass(frozen=True)
class Finding:
    """Something noteworthy about a file."""

    name: str
    what: str


@dataclass(frozen=True)
class Report:
    """What prepare found and wrote. `rates` and `source_channels` count files by what they were before, `labels` counts
    items; `tempos` is every tempo, once, the slowest first.
    """

    path: str
    config: PrepareConfig
    splits: dict[str, Split]
    files: int
    rates: dict[int, int]
    source_channels: dict[int, int]
    skipped: tuple[Skipped, ...]
    clipped: tuple[Finding, ...]
    offset: tuple[Finding, ...]
    alike: tuple[Finding, ...]
    short: int
    labels: dict[str, int]
    tempos: tuple[float, ...]
    warnings: tuple[str, ...]
    reused: int = 0
    bytes: int = 0
    unused_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Seconds of sound over all splits."""
        return sum(split.seconds for split in self.splits.values())

    def summary(self) -> dict[str, Any]:
        """The figures, for index.json and `--json`."""
        return {
            "files": self.files,
            "seconds": round(self.seconds, 3),
            "splits": {name: {"items": s.items, "seconds": round(s.seconds, 3)} for name, s in self.splits.items()},
            "labels": self.labels,
            "tempos": self._tempos(),
            "rates": {str(rate): count for rate, count in sorted(self.rates.items())},
            "source_channels": {str(number): count for number, count in sorted(self.source_channels.items())},
            "skipped": [{"name": printable(skip.name), "reason": skip.reason} for skip in self.skipped],
            "clipped": len(self.clipped),
            "offset": len(self.offset),
            "alike": len(self.alike),
            "short": self.short,
            "warnings": list(self.warnings),
            "licence": self.config.licence,
        }

    def _tempos(self) -> dict[str, float]:
        if not self.tempos:
            return {}
        return {"slowest": self.tempos[0], "fastest": self.tempos[-1], "different": len(self.tempos)}


def table(report: Report) -> Table:
    """The report for the terminal."""
    grid = Table(title=escape(f"Prepared {report.path}"), show_header=False, title_justify="left")
    grid.add_column(no_wrap=True)
    grid.add_column()
    for name, value in _figures(report):
        grid.add_row(name, escape(value))
    for name, findings in _findings(report):
        grid.add_row(f"{name} ({len(findings)})", escape(_few([f"{f.name}: {f.what}" for f in findings])))
    for warning in report.warnings:
        grid.add_row("[yellow]warning[/yellow]", escape(warning))
    return grid


def readme(report: Report) -> str:
    """The report as Markdown, for DATA/README.md."""
    lines = [
        "# Prepared sound", "",
        "Written by `tritone prepare`; read by `tritone train`. Delete the folder to start afresh.", "",
        "| | |", "|---|---|",
    ]  # fmt: skip
    lines += [f"| {name} | {_cell(value)} |" for name, value in _figures(report)]
    lines += [f"\n**Warning.** {warning}" for warning in report.warnings]
    for name, findings in _findings(report):
        lines += ["", f"## {name.capitalize()} ({len(findings)})", "", "| file | |", "|---|---|"]
        lines += [f"| {_cell(finding.name)} | {_cell(finding.what)} |" for finding in findings[:_LISTED]]
        if len(findings) > _LISTED:
            lines.append(f"| … | and {len(findings) - _LISTED} more |")
    return "\n".join(lines) + "\n"


def _figures(report: Report) -> Iterator[tuple[str, str]]:
    config = report.config
    yield "sound", f"{_time(report.seconds)} from {report.files} files"
    for name in sorted(report.splits):
        split = report.splits[name]
        yield (
            name,
            f"{split.items} {'loops' if config.bars else 'items'}, {_time(split.seconds)} ({split.seconds:.1f} s)",
        )
    kind = "read from the original files" if config.lazy else f"{config.dtype}, {report.bytes / 1e6:.1f} MB"
    yield "stored as", f"{config.sample_rate} Hz, {'mono' if config.channels == 1 else 'stereo'}, {kind}"
    yield "files were at", ", ".join(f"{rate} Hz ({count})" for rate, count in sorted(report.rates.items()))
    yield "channels were", ", ".join(f"{number} ({count})" for number, count in sorted(report.source_channels.items()))
    if config.bars:
        yield "loops of", f"{config.bars:g} bars of {config.beats_per_bar} beats"
    if report.tempos:
        slowest, fastest, different = report.tempos[0], report.tempos[-1], len(report.tempos)
        yield "tempos", f"{slowest:g} to {fastest:g} BPM ({different})" if different > 1 else f"{slowest:g} BPM"
    yield "labels", _labels(report.labels)
    if report.short:
        yield "shorter than 1 s", f"{report.short} files (kept)"
    if report.reused:
        yield "already done", f"{report.reused} files"
    if report.unused_bytes > 0.25 * report.bytes:
        yield (
            "unused space",
            f"{report.unused_bytes / 1e6:.1f} MB of files that changed; delete the folder to win it back",
        )
    yield "licence of the sound", config.licence


def _findings(report: Report) -> Iterator[tuple[str, Sequence[Finding]]]:
    skipped = [Finding(printable(skip.name), skip.reason) for skip in report.skipped]
    for name, findings in (
        ("left out", skipped),
        ("clipped", report.clipped),
        ("constant offset (DC)", report.offset),
        ("nearly the same", report.alike),
    ):
        if findings:
            yield name, findings


def _labels(counts: dict[str, int]) -> str:
    """The labels with their counts, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    more = f", and {len(ranked) - _LABELS_SHOWN} more" if len(ranked) > _LABELS_SHOWN else ""
    return ", ".join(f"{printable(label)} ({count})" for label, count in ranked[:_LABELS_SHOWN]) + more or "none"


def _few(lines: Sequence[str]) -> str:
    more = [f"… and {len(lines) - _SHOWN} more, see README.md"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
