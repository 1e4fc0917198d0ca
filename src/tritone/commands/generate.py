"""`tritone generate`: new sound from a trained model."""

import re
from argparse import SUPPRESS, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.commands.generate_loops import add_loop_arguments, play_loops
from tritone.commands.generate_sounds import add_sound_arguments, play_sounds, sound_options
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
        "--count",
        type=whole(1),
        default=SUPPRESS,
        metavar="N",
        help="how many (default 8 sounds, 16 loops, 4 made from a file)",
    )
    parser.add_argument(
        "--seed", type=whole(), default=SUPPRESS, metavar="S", help="decides everything random (default 0)"
    )
    parser.add_argument(
        "--morph",
        nargs=2,
        default=SUPPRESS,
        metavar=("A", "B"),
        help="COUNT sounds on the way from file A to file B; with loops, or out of noise, --morph 7,19,23: a walk "
        "from seed to seed",
    )
    sounds, loops = add_sound_arguments(parser), add_loop_arguments(parser)
    args = parser.parse(_seeds_as_pair(argv))
    from tritone.commands.screen import print_paths, progress
    from tritone.play.load import load, require

    model = load(args.run, args.checkpoint, args.device, args.precision)
    makes_loops = "loop" in model.capabilities()
    between_files = "morph" in args and bool(args.morph[1])
    if not makes_loops and not (between_files and "decode" in model.capabilities()):
        require(model, "generate", args.run)
    _check_options(model, args, {**sounds, **loops}, list(loops) if makes_loops else sound_options(model))
    with progress("generating") as show:
        written = play_loops(model, args, show) if makes_loops else play_sounds(model, args, show)
    print_paths(written)
    return 0


def _check_options(model: "Synthesizer", args: Namespace, homes: Mapping[str, str], own: Sequence[str]) -> None:
    """UserError for an option that the model does not have."""
    kind = "loops" if "loop" in model.capabilities() else "sound of any length"
    for option, home in homes.items():
        if option.removeprefix("--").replace("-", "_") in args and option not in own:
            raise UserError(
                f"{option} is for {home}; the one in {args.run} makes {kind} and has {', '.join(own)} and --morph."
            )


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
