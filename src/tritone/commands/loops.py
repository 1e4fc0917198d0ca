"""`tritone loops`: a labelled set of loops, of drums from one-shots or of synthesisers."""

from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, number, whole


def main(argv: Sequence[str]) -> int:
    """Render loops that really loop: drums from the one-shots that ship or from your own folder of them, or bass lines,
    arpeggios, chords, leads, plucks and pads of a synthesiser. Every loop has its tempo and its label.
    """
    parser = CommandParser("loops", main.__doc__)
    parser.add_argument("verb", choices=("render",), help="render: write the loops")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="where the loops go, a folder for each label"
    )
    parser.add_argument(
        "--kind", choices=("drums", "synth"), default="drums", help="drums (default): a folder for each genre; "
        "synth: a folder for each instrument"
    )  # fmt: skip
    parser.add_argument("--count", type=whole(1), default=200, metavar="N", help="how many (default 200)")
    parser.add_argument("--bars", type=whole(1), default=1, help="bars in a loop (default 1)")
    parser.add_argument(
        "--bpm", type=_tempos, default=120.0, metavar="T", help="tempo (default 120), or from the slowest to the "
        "fastest, as 80:170: each loop then has its own, in whole beats a minute"
    )  # fmt: skip
    parser.add_argument("--rate", type=whole(1), default=44_100, help="samples a second (default 44100)")
    parser.add_argument("--channels", type=int, choices=(1, 2), default=2, help="1 mono, 2 stereo (default 2)")
    parser.add_argument(
        "--seed", type=whole(), default=0, metavar="S", help="loop i of seed S is always the same (default 0)"
    )
    parser.add_argument("--kit", type=Path, metavar="DIR", help="your own one-shots, in folders named by their role")
    parser.add_argument("--format", choices=("flac", "wav"), default="flac", help="file format (default flac)")
    args = parser.parse(argv)
    from tritone.commands.screen import progress
    from tritone.data.render import render_loops

    with progress("rendering") as show:
        written = render_loops(
            args.out, args.count, kind=args.kind, bars=args.bars, bpm=args.bpm, sample_rate=args.rate,
            channels=args.channels, seed=args.seed, kit=args.kit, file_format=args.format,
            progress=lambda done: show(done, args.count),
        )  # fmt: skip
    print(f"{len(written)} loops in {args.out}")
    return 0


def _tempos(text: str) -> float | tuple[int, int]:
    """One tempo, or two whole numbers with a colon between them."""
    slowest, colon, fastest = text.partition(":")
    if not colon:
        return number(0, above=True)(text)
    try:
        return int(slowest), int(fastest)
    except ValueError:
        raise ArgumentTypeError(f"must be a tempo, or two in whole beats a minute as in 80:170, not {text}") from None
