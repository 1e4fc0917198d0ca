"""`tritone reconstruct`: sound through a model and back."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.latents import add_latent_arguments, add_model_arguments
from tritone.commands.parser import CommandParser


def main(argv: Sequence[str]) -> int:
    """Reconstruct every file: same length, same rate, same channels, no offset."""
    parser = CommandParser("reconstruct", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO", help="files, or folders of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results go")
    add_latent_arguments(parser)
    args = parser.parse(argv)
    from tritone.commands.screen import print_paths, progress
    from tritone.play.load import load
    from tritone.play.reconstruct import reconstruct

    model = load(args.run, args.checkpoint, args.device, args.precision)
    with progress("reconstructing") as show:
        written = reconstruct(
            model, args.audio, args.out, run=args.run, dims=args.dims, fidelity=args.fidelity, seed=args.seed,
            sampled=args.sampled, noise=not args.no_noise, show=show,
        )  # fmt: skip
    print_paths(written)
    return 0
