"""`tritone reconstruct`: sound through a model and back."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.latents import add_latent_arguments, add_model_arguments
from tritone.commands.parser import CommandParser, number
from tritone.errors import UserError

LOUDNESS = -70.0
"""LUFS under which sound is silence."""


def main(argv: Sequence[str]) -> int:
    """Reconstruct every file: same length, same rate, same channels, no offset.

    With sound of another kind than the model has learned from, this is timbre transfer: give --match-gain.
    """
    parser = CommandParser("reconstruct", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO", help="files, or folders of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results go")
    add_latent_arguments(parser)
    _add_transfer_arguments(parser)
    args = parser.parse(argv)
    if args.loudness is not None and not args.match_gain:
        raise UserError("--loudness says what --match-gain brings the sound to; give both.")
    from tritone.commands.screen import print_paths, progress
    from tritone.play.gain import training_loudness
    from tritone.play.load import load, run_of
    from tritone.play.reconstruct import reconstruct
    from tritone.training.checkpoint import WEIGHTS

    model = load(args.run, args.checkpoint, args.device, args.precision)
    known = args.loudness
    if args.match_gain and known is None:
        known = training_loudness(run_of(args.run).path if (args.run / WEIGHTS).is_file() else args.run)
    with progress("reconstructing") as show:
        written = reconstruct(
            model, args.audio, args.out, run=args.run, dims=args.dims, fidelity=args.fidelity, seed=args.seed,
            sampled=args.sampled, noise=not args.no_noise, known_loudness=known, style=args.style, show=show,
        )  # fmt: skip
    print_paths(written)
    return 0


def _add_transfer_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("timbre transfer")
    group.add_argument(
        "--match-gain", action="store_true", help="bring the sound to the loudness of the training sound, and back"
    )
    group.add_argument(
        "--loudness", type=number(LOUDNESS), metavar="LUFS", help="what --match-gain brings it to, instead of measuring"
    )
    group.add_argument("--style", type=Path, metavar="AUDIO", help="a sound to take the style of (vae-v3)")
