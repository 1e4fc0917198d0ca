"""`tritone decode`: latents to sound."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.latents import add_model_arguments
from tritone.commands.parser import CommandParser, whole


def main(argv: Sequence[str]) -> int:
    """Decode latents that `tritone encode` wrote, or .npy arrays (dims, frames) or (batch, dims, frames)."""
    parser = CommandParser("decode", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("latents", nargs="+", type=Path, metavar="LATENTS", help=".safetensors or .npy files")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the sound goes")
    parser.add_argument(
        "--fill", action="store_true", help="draw missing dimensions at random instead of leaving them out"
    )
    parser.add_argument("--no-noise", action="store_true", help="leave the noise branch out")
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
    args = parser.parse(argv)
    from tritone.commands.screen import print_paths, progress
    from tritone.play.latents import decode
    from tritone.play.load import load

    model = load(args.run, args.checkpoint, args.device, args.precision)
    with progress("decoding") as show:
        written = decode(
            model,
            args.latents,
            args.out,
            run=args.run,
            seed=args.seed,
            fill=args.fill,
            noise=not args.no_noise,
            show=show,
        )
    print_paths(written)
    return 0
