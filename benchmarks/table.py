"""The form that every benchmark prints and writes: rows of ours beside the peer's, and whether the bar holds."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure beside the peer's. `ratio` is what the bar is about (`bar` is None where there is none)."""

    what: str
    ours: float
    peer: float | None
    ratio: float | None
    unit: str
    n: int
    spread: str
    bar: str | None = None
    holds: bool | None = None


def arguments(description: str) -> argparse.Namespace:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="under five minutes: same code, fewer repeats")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    return parser.parse_args()


def median_spread(values: Sequence[float]) -> tuple[float, str]:
    """Median, and 'min to max' as text."""
    return statistics.median(values), f"{min(values):.4g} to {max(values):.4g}"


def at_least(what: str, ours: Sequence[float], peer: Sequence[float], unit: str, bar: float | None) -> Row:
    """A row for a cost (lower is better): how many times cheaper ours is, from medians, against a bar."""
    mine, mine_spread = median_spread(ours)
    theirs, their_spread = median_spread(peer)
    ratio = theirs / mine
    holds = None if bar is None else ratio >= bar
    bar_text = None if bar is None else f">= {bar:g} x"
    return Row(what, mine, theirs, ratio, unit, len(ours), f"{mine_spread} | {their_spread}", bar_text, holds)


def at_most(what: str, ours: float, bar: float, unit: str, n: int, spread: str = "-") -> Row:
    """A row for an error that must stay under a bar; the peer is the reference itself."""
    return Row(what, ours, 0.0, None, unit, n, spread, f"<= {bar:g}", ours <= bar)


def machine(peers: Sequence[str] = ()) -> dict[str, str]:
    """Processor, threads, versions and commit."""
    found = {"python": platform.python_version(), "torch": torch.__version__}
    for name in peers:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain", "--", "src"], capture_output=True, text=True, check=False)
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        **found,
        "commit": commit.stdout.strip() + ("+changes" if dirty.stdout.strip() else ""),
    }


def finish(name: str, rows: Sequence[Row], head: dict[str, str], json_file: Path | None) -> None:
    """Print the table, write the JSON, and exit 1 where a bar does not hold."""
    console = Console(width=190)
    console.print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in head.items()))
    table = Table("what", "ours", "peer", "ratio", "unit", "n", "spread ours | peer", "bar", "holds")
    for row in rows:
        table.add_row(
            row.what, _number(row.ours), _number(row.peer), _number(row.ratio), row.unit, str(row.n), row.spread,
            row.bar or "", {True: "yes", False: "NO", None: ""}[row.holds],
        )  # fmt: skip
    console.print(table)
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps({"name": name, "head": head, "rows": [asdict(row) for row in rows]}, indent=1))
    sys.exit(any(row.holds is False for row in rows))


def in_turn(repeats: int, ours: Callable[[], float], peer: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Measure the two in turn, so that a drift of the machine touches both."""
    pairs = [(ours(), peer()) for _ in range(repeats)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
