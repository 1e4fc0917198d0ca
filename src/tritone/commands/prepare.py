"""`tritone prepare`: sound folders into a dataset."""

import json
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, whole

ABOUT = """Scan folders and files of sound, decode, resample and measure them, and write a dataset that training reads.
Nothing is ever written into the sound folders. Run again after an interruption or after adding files: what is done is
kept."""


def main(argv: Sequence[str]) -> int:
    """Parse, prepare, print the table."""
    args = _parser().parse(argv)
    from tritone.commands.screen import console, progress
    from tritone.data.prepare import prepare
    from tritone.data.report import table

    with progress("preparing", quiet=args.json) as show:
        report = prepare(
            args.sound, args.out, sample_rate=args.rate, channels=args.channels, dtype=args.dtype, lazy=args.lazy,
            bars=args.bars, bpm=args.bpm, beats_per_bar=args.beats_per_bar, validation=args.validation,
            seed=args.seed, licence=args.licence, workers=args.workers, show=show,
        )  # fmt: skip
    if args.json:
        print(json.dumps(report.summary()))
    else:
        console().print(table(report))
        family = "vae" if args.bars is None else "gan"
        print(f"Next: tritone train {family} {args.out} --out RUN --preset {family}-nano")
    return 0


def _parser() -> CommandParser:
    parser = CommandParser("prepare", ABOUT)
    parser.add_argument("sound", nargs="+", type=Path, metavar="SOUND", help="folders (searched recursively) or files")
    parser.add_argument("--out", required=True, type=Path, metavar="DATA", help="folder of the dataset")
    parser.add_argument("--rate", type=int, default=44_100, help="samples a second (default 44100)")
    parser.add_argument("--channels", type=int, choices=(1, 2), default=1, help="1 mono, 2 stereo (default 1)")
    parser.add_argument("--dtype", choices=("int16", "float32"), default="int16", help="stored format (default int16)")
    parser.add_argument("--lazy", action="store_true", help="store no sound; training reads the files themselves")
    parser.add_argument("--bars", type=float, help="cut loops of so many bars on the grid; needs a tempo")
    parser.add_argument("--bpm", type=float, help="tempo, where neither file name nor sidecar gives one")
    parser.add_argument("--beats-per-bar", type=int, default=4, help="beats in a bar (default 4)")
    parser.add_argument("--validation", type=float, default=0.1, help="share of files held out (default 0.1)")
    parser.add_argument("--seed", type=int, default=0, help="decides which files are held out")
    parser.add_argument("--licence", default="not stated", help="licence of the sound; goes into README and model card")
    parser.add_argument("--workers", type=whole(), default=0, help="files decoded at once; 0 for one per core")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser
