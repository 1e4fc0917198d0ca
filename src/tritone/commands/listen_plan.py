"""`tritone listen plan`: sounds side by side become a blind test."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.commands.parser import CommandParser, number, whole

if TYPE_CHECKING:
    from tritone.judge.listen.test import Exclusion


def parser() -> CommandParser:
    """Its options."""
    parser = CommandParser(
        "listen plan", "Make a test of sounds: blind, equally loud, with real sound and an anchor hidden among them."
    )
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="a report of `tritone compare`, or for each system a folder of "
        "sound files, as FOLDER or NAME=FOLDER; files of the same name are compared with each other"
    )  # fmt: skip
    parser.add_argument("--out", required=True, type=Path, metavar="TEST", help="where the test goes, a new folder")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="real sound, where plain folders are given")
    parser.add_argument(
        "--of", choices=("generated", "reconstructed"), help="what of a report: new sound (default), or real sound "
        "that went through the systems (default for mushra)"
    )  # fmt: skip
    parser.add_argument("--loops", action="store_true", help="all files of plain folders are loops, and go round")
    _questions(parser)
    return parser


def _questions(parser: CommandParser) -> None:
    """What is asked of whom."""
    parser.add_argument(
        "--kind", choices=("rating", "preference", "mushra"), default="rating", help="rating: one sound at a time, in "
        "five words (default); preference: which of two; mushra: several beside a reference, 0 to 100"
    )  # fmt: skip
    parser.add_argument(
        "--questions", metavar="Q,Q", help="audio-quality (default; of loops also loopability), loopability, drumness, "
        "instrument, rhythm, naturalness, usefulness; the first one decides"
    )  # fmt: skip
    parser.add_argument("--items", type=whole(1), metavar="N", help="sounds of each system (default 20, mushra 10)")
    parser.add_argument(
        "--seconds", type=number(0, above=True), default=10.0, metavar="T", help="longest sound (default 10); loops "
        "are whole"
    )  # fmt: skip
    parser.add_argument(
        "--minutes", type=number(0, above=True), default=15.0, metavar="M", help="of a listener's time (default 15)"
    )
    parser.add_argument("--title", default="Listening test", metavar="TEXT", help="heading that listeners see")
    parser.add_argument(
        "--exclude-below", type=number(), metavar="V", help="hidden real sound below this is missed (default 3 of 5, "
        "90 of 100)"
    )  # fmt: skip
    parser.add_argument(
        "--exclude-share", type=number(), metavar="F", help="who misses more than this share does not count (default "
        "0.25, preference 0.34, mushra 0.15)"
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=whole(), metavar="S", help="make the same test again; whoever knows the seed can see through it"
    )
    parser.add_argument("--json", action="store_true", help="print what was planned as JSON")


def run(args: Namespace, command: str) -> int:
    """Plan a test, and say what it will take."""
    from tritone.commands.screen import progress
    from tritone.judge.listen.plan import PlanOptions, plan_test
    from tritone.judge.listen.source import Of, find_source

    of: Of = args.of or ("reconstructed" if args.kind == "mushra" else "generated")
    options = PlanOptions(
        kind=args.kind, questions=tuple(args.questions.split(",")) if args.questions else (), items=args.items,
        seconds=args.seconds, minutes=args.minutes, title=args.title, exclusion=_exclusion(args), seed=args.seed,
    )  # fmt: skip
    with progress("making sounds equal", quiet=args.json) as show:
        planned = plan_test(
            find_source(args.sources, args.real, of, args.loops), options, args.out, _made(command), show
        )
    if args.json:
        facts = {"test": str(args.out), "kind": args.kind, "minutes": planned.test.minutes, "items": planned.items}
        facts |= {"per_listener": planned.per_listener, "notes": list(planned.notes)}
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return 0
    screens = len(planned.test.orders[0].screens)
    print(
        f"{args.out}: {planned.items} sounds of each system, of which a listener hears {planned.per_listener} on "
        f"{screens} screens in about {planned.test.minutes:.0f} minutes."
    )
    if args.kind == "rating":
        print(_expected(planned.items, planned.per_listener))
    for note in planned.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"Let listeners in with: tritone listen serve {args.out}")
    return 0


def _exclusion(args: Namespace) -> "Exclusion":
    """The rule of exclusion with what was said of it."""
    from dataclasses import replace

    from tritone.judge.listen.design import EXCLUSION

    said = {"real_below": args.exclude_below, "share": args.exclude_share}
    return replace(EXCLUSION[args.kind], **{name: value for name, value in said.items() if value is not None})


def _made(command: str) -> dict[str, str]:
    from datetime import UTC, datetime

    from tritone.config import package_version

    return {"command": command, "version": package_version(), "date": datetime.now(UTC).date().isoformat()}


def _expected(items: int, per_listener: int) -> str:
    """How much a difference between systems is uncertain with so many listeners."""
    from tritone.judge.listen.simulate import Variation, widths

    found = widths(Variation(), items, per_listener).items()
    words = ", ".join(f"{count} listeners ±{width:.2f}" for count, width in found)
    return f"A difference between two systems will be known to about (grades of 1 to 5): {words}."
