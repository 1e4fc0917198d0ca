"""`tritone compare`: systems side by side on one page."""

from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, number, whole


def main(argv: Sequence[str]) -> int:
    """Set systems side by side: sounds of the same seeds and lengths, figures, and who is really better, on one page
    that opens by double click.

    A system is a run, one of its checkpoints (RUN@4000, RUN@best, or the checkpoint's folder), or a folder of sound
    files from anywhere; NAME=… gives it a name. Files that have the names of held-out sounds are taken as
    reconstructions.
    """
    parser = CommandParser("compare", main.__doc__)
    parser.add_argument("systems", nargs="+", metavar="RUN", help="a run, RUN@STEP, a folder of sound files, NAME=…")
    parser.add_argument(
        "--reference", required=True, type=Path, metavar="DATA", help="the dataset, or a folder of real sound files"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="REPORT", help="folder of the report")
    parser.add_argument("--count", type=whole(2), default=64, metavar="N", help="new sounds of each (default 64)")
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="of the first sound (default 0)")
    parser.add_argument(
        "--seconds", type=number(0, above=True), default=4.0, metavar="T",
        help="length of the pieces that held-out sounds which are no loops are cut into (default 4)",
    )  # fmt: skip
    parser.add_argument(
        "--rows", type=whole(1), default=8, metavar="N", help="rows of examples on the page, at most (default 8)"
    )
    parser.add_argument(
        "--judges", type=_names, default=("logmel", "aisfx", "musicnn-msd"), metavar="A,B",
        help="by what likeness to real sound is measured (default logmel,aisfx,musicnn-msd); also musicnn-mtt, or "
        "KIND:PATH with weights of vggish, clap, panns, yamnet, scnn or encodec",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu", help="where models play: cpu, cuda or mps (default cpu)")
    args = parser.parse(argv)
    from tritone.commands.screen import progress
    from tritone.judge.compare.compare import Options, compare

    options = Options(args.count, args.seed, args.seconds, args.rows, args.judges, args.device)
    page = compare(args.systems, reference=args.reference, out=args.out, options=options, stage=progress)
    print(f"Open {page.resolve()} in a browser.")
    return 0


def _names(text: str) -> tuple[str, ...]:
    """A type for names between commas."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise ArgumentTypeError(f"must be different names between commas, not {text}")
    return names
