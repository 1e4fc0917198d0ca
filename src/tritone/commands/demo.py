"""`tritone demo`: the whole way in one command.

Threads of PyTorch wait without spinning here: while other programs keep the cores busy, training is otherwise several
times slower, and the demo has promised when it will end.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, number, whole
from tritone.errors import UserError
from tritone.play.demo.budget import Clock, checked_minutes

MINUTES, OWN_MINUTES = 4.0, 10.0
LOOPS = 240


def main(argv: Sequence[str]) -> int:
    """Hear the models that ship, train a small one before your eyes, and open a page that compares them all.

    Without --sound it renders drum loops to learn from; with it, it learns from your own folder, which is only read. It
    takes about as long as --minutes says: on a slower machine it trains less. Ctrl-C while it trains goes on with what
    it has by then; called again it goes on where it was.
    """
    parser = CommandParser("demo", main.__doc__)
    parser.add_argument(
        "--sound", type=Path, metavar="FOLDER", help="learn from this folder of sound, on your own terms"
    )
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="where it goes (report)")
    parser.add_argument(
        "--minutes", type=number(0, above=True), metavar="M",
        help=f"how long all of it may take (default {MINUTES:g}, with --sound {OWN_MINUTES:g})",
    )  # fmt: skip
    parser.add_argument(
        "--loops", type=whole(16), metavar="N", help=f"training loops to render, without --sound (default {LOOPS})"
    )
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
    args = parser.parse(argv)
    if args.sound is not None and args.loops is not None:
        raise UserError("--loops renders drum loops, which --sound takes the place of; leave one of the two out.")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    clock = Clock(60 * checked_minutes(args.minutes or (MINUTES if args.sound is None else OWN_MINUTES)))
    try:
        return _run(args.sound, args.out, clock, args.loops or LOOPS, args.seed)
    except KeyboardInterrupt:
        print("\ntritone: Interrupted; the same command goes on.", file=sys.stderr)
        return 130


def _run(sound: Path | None, out: Path, clock: Clock, loops: int, seed: int) -> int:
    from tritone.commands.screen import progress
    from tritone.play.demo.demo import Demo
    from tritone.play.demo.own_sound import OwnSound
    from tritone.play.demo.place import Place
    from tritone.play.demo.rendered_sound import RenderedSound

    place = Place(out)
    source = RenderedSound(loops, seed) if sound is None else OwnSound(sound, out, clock.budget / 60, seed)
    plan = source.plan()
    demo = Demo(place, source, clock, seed)
    with place.held(plan) as goes_on:
        what = "rendering drum loops from the hits that ship" if sound is None else f"reading {sound}"
        with progress(f"1/5 {what}{', where it is not done yet' if goes_on else ''}") as show:
            demo.gather(show)
        with progress("2/5 first sounds of the models that ship") as show:
            folder = demo.hear(show)
        seconds = demo.plan()
        print(f"2/5 they lie in {folder}: listen while it goes on", file=sys.stderr)
        print(_training_words(seconds, demo.gan), file=sys.stderr)
        demo.train(seconds)
        comparison = demo.compare(lambda name: progress(f"4/5 comparing: {name}"))
        with progress("5/5 writing the page") as show:
            page = demo.write(comparison)
            show(1, 1)
    print(f"\nDone in {clock.passed / 60:.1f} minutes. Open {page.resolve()} in a browser.\n\n{_next(sound)}")
    return 0


def _training_words(seconds: float, gan: bool) -> str:
    what = "vae-nano, then gan-nano," if gan else "vae-nano"
    return f"3/5 training {what} from nothing for {seconds:.0f} s; Ctrl-C goes on with what it has by then"


def _next(sound: Path | None) -> str:
    if sound is None:
        return "With your own sound:\n  tritone demo --sound my-sounds --out my-report --minutes 10"
    return (
        "Longer, and the model is yours to play:\n"
        f"  tritone prepare {sound} --out my-data\n"
        "  tritone train vae my-data --out my-run --preset vae-nano --minutes 60\n"
        "  tritone reconstruct my-run a-sound.wav --out heard"
    )
