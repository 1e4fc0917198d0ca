"""`tritone generate`: new sound from a trained model."""

import re
from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.commands.generate_loops import add_loop_arguments, play_loops
from tritone.commands.generate_sounds import add_sound_arguments, play_sounds
from tritone.commands.latents import add_model_arguments
from tritone.commands.parser import CommandParser, whole
from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.base import Synthesizer

_SEEDS = re.compile(r"[^./\\]*,[^./\\]*")


def main(argv: Sequence[str]) -> int:
    """Make new sounds or loops, whichever the model makes. What a seed gives is the same however many are made."""
    parser = CommandParser("generate", main.__doc__)
    add_model_arguments(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the sounds go")
    parser.add_argument(
        "--count", type=whole(1), default=SUPPRESS, metavar="N", help="how many (default 8 sounds, 16 loops)"
    )
    parser.add_argument(
        "--seed", type=whole(), default=SUPPRESS, metavar="S", help="decides everything random (default 0)"
    )
    parser.add_argument(
        "--morph",
        nargs=2,
        default=SUPPRESS,
        metavar=("A", "B"),
        help="COUNT sounds on the way from file A to file B; with loops --morph 7,19,23: a walk from seed to seed",
    )
    sounds, loops = add_sound_arguments(parser), add_loop_arguments(parser)
    args = parser.parse(_seeds_as_pair(argv))
    from tritone.commands.screen import print_paths, progress
    from tritone.play.load import load

    model = load(args.run, args.checkpoint, args.device, args.precision)
    makes_loops = _makes_loops(model, args, sounds, loops)
    with progress("generating") as show:
        written = play_loops(model, args, show) if makes_loops else play_sounds(model, args, show)
    print_paths(written)
    return 0


def _makes_loops(model: "Synthesizer", args: Namespace, sounds: Sequence[str], loops: Sequence[str]) -> bool:
    """Whether the model makes loops; UserError where it makes no sound, or for an option of the other kind."""
    from tritone.play.load import require

    makes_loops = "loop" in model.capabilities()
    if not makes_loops:
        require(model, "generate", args.run)
    strange, own = (sounds, loops) if makes_loops else (loops, sounds)
    kinds = ("sound of any length", "loops")
    for option in strange:
        if option.removeprefix("--").replace("-", "_") in args:
            raise UserError(
                f"{option} is for models that make {kinds[not makes_loops]}; the one in {args.run} makes "
                f"{kinds[makes_loops]} and has {', '.join(own)} and --morph."
            )
    return makes_loops


def _seeds_as_pair(argv: Sequence[str]) -> list[str]:
    """The words, with one list of seeds after --morph made two: argparse cannot take either one word or two."""
    words: list[str] = []
    for word in argv:
        option, equals, value = word.partition("=")
        if option == "--morph" and equals:
            words += ["--morph", value, ""]
        elif words and words[-1] == "--morph" and _SEEDS.fullmatch(word):
            words += [word, ""]
        else:
            words.append(word)
    return words
