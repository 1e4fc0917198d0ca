"""`tritone demo`: the whole way in one command."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, number, whole


def main(argv: Sequence[str]) -> int:
    """Prepare the sound that ships, train a small model before your eyes, and write a page to open by double click."""
    parser = CommandParser("demo", main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="where it goes (report)")
    parser.add_argument(
        "--minutes", type=number(0, above=True), default=1.5, metavar="M", help="how long to train (default 1.5)"
    )
    parser.add_argument(
        "--loops", type=whole(8), default=240, metavar="N", help="training loops to render (default 240)"
    )
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
    args = parser.parse(argv)
    from tritone.commands.screen import progress
    from tritone.play.demo import Demo

    demo = Demo(args.out, args.minutes, args.loops, args.seed)
    with progress("1/5 rendering drum loops from the hits that ship") as show:
        demo.render(show)
    with progress("2/5 preparing the dataset") as show:
        demo.prepare(show)
    print(f"3/5 training vae-nano from nothing for {args.minutes:g} minutes; Ctrl-C goes on with what it has by then")
    demo.train()
    with progress("4/5 playing loops that it has never heard") as show:
        heard = demo.play(show)
    page = demo.judge(heard, lambda name: progress(f"5/5 judging: {name}"))
    print(
        f"\nOpen {page.resolve()} in a browser.\n\n"
        f"With your own sound:\n"
        f"  tritone prepare my-sounds --out my-data\n"
        f"  tritone train vae my-data --out my-run --preset vae-nano --minutes 15\n"
        f"  tritone reconstruct my-run a-sound.wav --out heard"
    )
    return 0
