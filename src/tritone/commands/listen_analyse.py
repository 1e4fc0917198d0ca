"""`tritone listen analyse`: what listeners said, and what of it is more than chance."""

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.commands.parser import CommandParser

if TYPE_CHECKING:
    from tritone.judge.listen.analysis import Analysis

LEFT_OUT = ("median", "quartiles", "spread", "p (listeners)")
"""Columns that a terminal has no room for."""


def parser() -> CommandParser:
    """Its options."""
    parser = CommandParser(
        "listen analyse", "Say what listeners said: scores with intervals, which differences are more than chance, and "
        "the answers themselves without names."
    )  # fmt: skip
    parser.add_argument("test", type=Path, metavar="TEST", help="the folder of the test")
    parser.add_argument(
        "--answers", nargs="+", type=Path, default=[], metavar="FILE", help="answers from elsewhere: what the page "
        "without a server gave (or a folder of it), another answers.sqlite, raw answers.jsonl, tables of webMUSHRA"
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the report goes (default TEST/analysis)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser


def run(args: Namespace, command: str) -> int:
    """Analyse a test, print the tables and write the report."""
    from tritone.judge.listen.analysis import analyse
    from tritone.judge.listen.collect import collect
    from tritone.judge.listen.files import read_key, read_test
    from tritone.judge.listen.outputs import as_json, write_outputs

    test, key = read_test(args.test), read_key(args.test)
    collected = collect(args.test, test, key, args.answers)
    analysis = analyse(test, key, collected.answers)
    written = write_outputs(args.out or args.test / "analysis", analysis, collected, command)
    if args.json:
        print(json.dumps(as_json(analysis, collected.notes), indent=1, ensure_ascii=False))
        return 0
    _show(analysis)
    for sentence in collected.notes:
        print(sentence)
    print(f"The report is {written[0]}.")
    return 0


def _show(analysis: "Analysis") -> None:
    """The tables, without what only the report has room for."""
    from rich.table import Table

    from tritone.commands.screen import console
    from tritone.judge.listen.report import comparison_rows, lead, score_rows

    screen, kind = console(), analysis.test.kind
    for sentence in lead(analysis):
        screen.print(sentence, markup=False)
    for result in analysis.results if analysis.counted else analysis.everyone:
        for heading, rows in (score_rows(result, kind), comparison_rows(result, kind)):
            shown = [place for place, name in enumerate(heading) if name not in LEFT_OUT]
            table = Table(*(heading[place] for place in shown), title=result.question, title_justify="left")
            for row in rows:
                table.add_row(*(row[place] for place in shown))
            screen.print(table)
