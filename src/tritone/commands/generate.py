"""`tritone generate`: new sound from a trained model."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.latents import add_model_arguments
from tritone.commands.parser import CommandParser, number, whole


def main(argv: Sequence[str]) -> int:
    """Make new sounds (sound i of seed S is the same however many are made), or --morph from one file to another."""
    parser = CommandParser("generate", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the sounds go")
    parser.add_argument("--count", type=whole(1), default=8, metavar="N", help="how many sounds (default 8)")
    parser.add_argument(
        "--seconds", type=number(0, above=True), metavar="T", help="length of each (default 4; with --morph the files')"
    )
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
    parser.add_argument("--temperature", type=number(), default=1.0, help="how far the latent strays (default 1)")
    parser.add_argument(
        "--speed", type=number(), default=1.0, help="how fast the latent moves (default 1; 0 stands still)"
    )
    parser.add_argument("--dims", type=int, metavar="N", help="move only the N strongest latent dimensions")
    parser.add_argument("--morph", nargs=2, type=Path, metavar=("A", "B"), help="COUNT sounds on the way from A to B")
    args = parser.parse(argv)
    from tritone.commands.screen import print_paths, progress
    from tritone.play.generate import generate, morph
    from tritone.play.load import load

    model = load(args.run, args.checkpoint, args.device, args.precision)
    with progress("generating") as show:
        if args.morph:
            written = morph(
                model, args.morph[0], args.morph[1], args.out, run=args.run, count=args.count, seconds=args.seconds,
                seed=args.seed, show=show,
            )  # fmt: skip
        else:
            seconds = 4.0 if args.seconds is None else args.seconds
            written = generate(
                model, args.out, run=args.run, count=args.count, seconds=seconds, seed=args.seed,
                temperature=args.temperature, speed=args.speed, dims=args.dims, show=show,
            )  # fmt: skip
    print_paths(written)
    return 0
