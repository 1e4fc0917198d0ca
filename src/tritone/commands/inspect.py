"""`tritone inspect`: what a dataset, run or checkpoint is."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tritone.commands.parser import CommandParser


def main(argv: Sequence[str]) -> int:
    """Say what a DATA folder, RUN folder or checkpoint is: rates, sizes, latency, latents."""
    parser = CommandParser("inspect", main.__doc__)
    parser.add_argument("path", type=Path, metavar="PATH", help="dataset, run folder, or checkpoint in one")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    args = parser.parse(argv)
    from tritone.play.inspect import inspect

    facts = inspect(args.path)
    if args.json:
        print(json.dumps(facts, indent=1))
        return 0
    from rich.table import Table
    from rich.text import Text

    from tritone.commands.screen import console

    table = Table(title=Text(str(args.path)), show_header=False)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), Text(_words(value)))
    console().print(table)
    return 0


def _words(value: Any) -> str:
    """A fact as one reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(item)}" for name, item in value.items()) or "none"
    if isinstance(value, list):
        return "; ".join(map(_words, value)) or "none"
    return str(value)
