"""The part of `tritone generate` for models that make sound of any length."""

from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.commands.parser import number
from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.base import Synthesizer
    from tritone.play.loop_model import Show


def add_sound_arguments(parser: ArgumentParser) -> list[str]:
    """Options that only these models have; gives their names."""
    group = parser.add_argument_group("models that make sound of any length")
    group.add_argument(
        "--seconds",
        type=number(0, above=True),
        default=SUPPRESS,
        metavar="T",
        help="length of each (default 4; with --morph the files')",
    )
    group.add_argument("--temperature", type=number(), default=SUPPRESS, help="how far the latent strays (default 1)")
    group.add_argument(
        "--speed", type=number(), default=SUPPRESS, help="how fast the latent moves (default 1; 0 stands still)"
    )
    group.add_argument(
        "--dims", type=int, default=SUPPRESS, metavar="N", help="move only the N strongest latent dimensions"
    )
    return ["--seconds", "--temperature", "--speed", "--dims"]


def play_sounds(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    """New sounds, or the way between two files."""
    from tritone.play.generate import generate, morph

    given = vars(args)
    common = {"run": args.run, "count": given.get("count", 8), "seed": given.get("seed", 0), "show": show}
    if "morph" not in args:
        moves = {name: given[name] for name in ("temperature", "speed", "dims") if name in given}
        return generate(model, args.out, seconds=given.get("seconds", 4.0), **common, **moves)
    start, end = args.morph
    if not end:
        raise UserError(
            f"--morph {start} names seeds, which are for models that make loops; give two sound files instead."
        )
    return morph(model, Path(start), Path(end), args.out, seconds=given.get("seconds"), **common)
