"""`tritone models`: the models that ship."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from tritone.commands.parser import CommandParser
from tritone.errors import UserError
from tritone.shipped import CARD, located, shipped_models

ABOUT = """List the models that ship, or print the card of one. They play wherever a command takes RUN:
`tritone generate demo:gan-drums --out heard`."""


def main(argv: Sequence[str]) -> int:
    """List the models that ship, or print the card of one."""
    parser = CommandParser("models", ABOUT)
    parser.add_argument("name", nargs="?", metavar="NAME", help="print the card of this model")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    args = parser.parse(argv)
    if args.name and args.json:
        raise UserError("--json is for the list of all models; leave it out, or leave out the name.")
    if args.name:
        folder = located("demo:" + args.name.removeprefix("demo:"))
        print((folder / CARD).read_text(encoding="utf-8"), end="")
        return 0
    models = shipped_models()
    if args.json:
        print(json.dumps([asdict(model) for model in models], indent=1))
        return 0
    from rich.table import Table

    from tritone.commands.screen import console

    table = Table()
    table.add_column("name", no_wrap=True)
    for title in ("family", "makes", "Hz", "MB", "licence"):
        table.add_column(title)
    for model in models:
        needs = "".join(f" (with {name})" for name in model.needs)
        size = f"{model.weights_bytes / 1e6:.1f}{needs}"
        table.add_row(model.name, model.family, model.makes, str(model.sample_rate), size, model.licence)
    console().print(table)
    return 0
