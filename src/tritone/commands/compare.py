"""`tritone compare`: systems side by side on one page."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.evaluate import EMBEDDINGS, names
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
        "--embeddings", type=names, default=EMBEDDINGS, metavar="A,B",
        help="who judges likeness (default aisfx,musicnn-mtt,logmel); also musicnn-msd, or KIND:PATH with weights of "
        "vggish, clap, panns, yamnet, scnn or encodec",
    )  # fmt: skip
    parser.add_argument(
        "--classifier", type=Path, metavar="RUN", help="a run of `tritone train tagger`: adds the inception score"
    )
    parser.add_argument("--no-speed", action="store_true", help="do not time runs by themselves")
    parser.add_argument("--device", default="cpu", help="where models play: cpu, cuda or mps (default cpu)")
    args = parser.parse(argv)
    from tritone.commands.screen import progress
    from tritone.judge.compare.compare import Options, compare

    options = Options(
        args.count, args.seed, args.seconds, args.rows, args.embeddings, args.classifier, not args.no_speed, args.device
    )
    page = compare(args.systems, reference=args.reference, out=args.out, options=options, stage=progress)
    print(f"Open {page.resolve()} in a browser.")
    return 0
