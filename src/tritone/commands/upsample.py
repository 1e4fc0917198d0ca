"""`tritone upsample`: sound at a low rate to a high one."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.generate_sounds import sampler
from tritone.commands.latents import add_model_arguments
from tritone.commands.parser import CommandParser, whole


def main(argv: Sequence[str]) -> int:
    """Give every file the upper band that it lacks: the model's rate; the band that it has stays as it is."""
    parser = CommandParser("upsample", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO", help="files, or folders of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results go")
    parser.add_argument(
        "--rate",
        type=whole(1),
        metavar="HZ",
        help="rate that the sound really has, where files have more (default theirs)",
    )
    parser.add_argument("--steps", type=whole(1), metavar="N", help="steps of the sampler (default the model's)")
    parser.add_argument("--sampler", type=sampler, metavar="NAME", help="which sampler (default the model's)")
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
    args = parser.parse(argv)
    from tritone.commands.screen import print_paths, progress
    from tritone.play.load import load
    from tritone.play.upsample import upsample

    model = load(args.run, args.checkpoint, args.device, args.precision)
    controls = {name: value for name in ("steps", "sampler") if (value := getattr(args, name)) is not None}
    with progress("upsampling") as show:
        written = upsample(
            model, args.audio, args.out, rate=args.rate, run=args.run, seed=args.seed, controls=controls, show=show
        )
    print_paths(written)
    return 0
