"""`tritone encode`: sound to latents."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.latents import add_latent_arguments, add_model_arguments
from tritone.commands.parser import CommandParser


def main(argv: Sequence[str]) -> int:
    """Encode every file to latents (batch, dims, frames), as .safetensors with rate and length, or as .npy."""
    parser = CommandParser("encode", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO", help="files, or folders of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the latents go")
    parser.add_argument("--format", choices=("safetensors", "npy"), default="safetensors", help="file format")
    add_latent_arguments(parser)
    args = parser.parse(argv)
    from tritone.commands.screen import print_paths, progress
    from tritone.play.latents import encode
    from tritone.play.load import load

    model = load(args.run, args.checkpoint, args.device, args.precision)
    with progress("encoding") as show:
        written = encode(
            model, args.audio, args.out, run=args.run, file_format=args.format, dims=args.dims, fidelity=args.fidelity,
            seed=args.seed, sampled=args.sampled, show=show,
        )  # fmt: skip
    print_paths(written)
    return 0
