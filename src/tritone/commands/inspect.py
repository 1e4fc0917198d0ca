"""`tritone inspect`: what a dataset, run or checkpoint is."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str]) -> int:
    """Say what a DATA folder, RUN folder or checkpoint is: rates, sizes, latency, latents."""
    parser = ArgumentParser("tritone inspect", description=main.__doc__)
    parser.add_argument("path", type=Path, metavar="PATH", help="dataset, run folder, or checkpoint in one")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    args = parser.parse_args(argv)
    from tritone.play.inspect import inspect

    facts = inspect(args.path)
    if args.json:
        print(json.dumps(facts, indent=1))
        return 0
    from rich.table import Table

    from tritone.commands.screen import console

    table = Table(title=str(args.path), show_header=False)
    for name, value in facts.items():
        table.add_row(
            name.replace("_", " "),
            f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value),
        )
    console().print(table)
    return 0
