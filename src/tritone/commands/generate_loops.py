"""The part of `tritone generate` for models that make loops."""

import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tritone.commands.parser import number, whole
from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.base import Synthesizer
    from tritone.play.loop_model import LoopOptions, Show

KIND = "models that make loops"
OPTIONS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "--bars": (number(0, above=True), "N", "length, a multiple of the model's bars (default these); any with --loop"),
    "--bpm": (number(0, above=True), "T", "tempo (default the training loops' middle one; with --like the file's)"),
    "--truncation": (number(), "P", "how far loops stray from the typical one, 0 to 1.5 (default 1)"),
    "--label": (str, "L", "kind of sound, as the training data names it (default: any; in loops the seed chooses)"),
    "--vocoder": (str, "V", "another vocoder: a run of `tritone train vocoder`, or loops-44k (default the model's)"),
    "--mix": (
        str,
        "M",
        "coarse:7,fine:19: form of seed 7, sound of seed 19; coarse:7+8,fine:19+20: all four mixes",
    ),
    "--split": (whole(1), "N", "how many layers are coarse, with --mix (default half of them)"),
    "--like": (Path, "FILE", "the model's nearest loop to that in a file, and COUNT - 1 variations"),
    "--strength": (number(), "P", "how far variations go, 0 to 1, with --like (default 0.3) or --vary (0.4)"),
    "--steps": (
        whole(1),
        "N",
        "of the sampler, out of noise; of loops with --morph: from each seed to the next (default 8); with --like: of "
        "the search (200)",
    ),
}
"""Type, placeholder and help of every option with a value."""
SHARED = ("--bars", "--bpm", "--label", "--strength", "--steps")
"""Options that models which make sound out of noise have too."""
MODES = {"morph": ("steps",), "mix": ("split",), "like": ("count", "seed", "strength", "steps")}
"""Ways to make loops other than from consecutive seeds, and what may be said with them."""
USUAL = ("count", "seed")


def add_loop_arguments(parser: ArgumentParser) -> dict[str, str]:
    """Options that these models have; gives what kind of models each is for."""
    shared = parser.add_argument_group("models that make loops, or sound out of noise")
    group = parser.add_argument_group(KIND)
    for name, (kind, metavar, about) in OPTIONS.items():
        home = shared if name in SHARED else group
        home.add_argument(name, type=kind, default=SUPPRESS, metavar=metavar, help=about)
    group.add_argument("--no-sheet", action="store_true", default=SUPPRESS, help="draw no contact sheet")
    return dict.fromkeys((*OPTIONS, "--no-sheet"), KIND)


def play_loops(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    """New loops, a walk, mixes, or loops like a file."""
    from tritone.play.loop_model import LoopOptions
    from tritone.play.loops import make_loops

    _check_mode(args)
    given = vars(args)
    if "vocoder" in given:
        model.use_vocoder(args.vocoder)
    asked = {name: given[name] for name in ("bars", "bpm", "truncation", "label") if name in given}
    options = LoopOptions(**asked, sheet="no_sheet" not in given)
    if "morph" in given:
        return _walk(model, args, options, show)
    if "mix" in given:
        return _mix(model, args, options, show)
    if "like" in given:
        return _like(model, args, options, show)
    counted = {name: given[name] for name in USUAL if name in given}
    return make_loops(model, args.out, run=args.run, options=options, show=show, **counted)


def _walk(model: "Synthesizer", args: Namespace, options: "LoopOptions", show: "Show") -> list[Path]:
    from tritone.play.loop_names import parse_walk
    from tritone.play.loops import morph_loops

    seeds, steps = parse_walk(" ".join(args.morph).strip()), vars(args).get("steps", 8)
    return morph_loops(model, args.out, seeds=seeds, steps=steps, run=args.run, options=options, show=show)


def _mix(model: "Synthesizer", args: Namespace, options: "LoopOptions", show: "Show") -> list[Path]:
    from tritone.play.loop_names import parse_mix
    from tritone.play.loops import mix_loops

    coarse, fine = parse_mix(args.mix)
    split = vars(args).get("split")
    return mix_loops(model, args.out, coarse=coarse, fine=fine, split=split, run=args.run, options=options, show=show)


def _like(model: "Synthesizer", args: Namespace, options: "LoopOptions", show: "Show") -> list[Path]:
    from tritone.play.loop_like import like_file
    from tritone.play.loop_names import tempo_words

    asked = {name: vars(args)[name] for name in MODES["like"] if name in args}
    found = like_file(model, args.like, args.out, run=args.run, options=options, show=show, **asked)
    print(
        f"{args.like} was read at {tempo_words(found.bpm)} BPM; the nearest loop is {found.distance:.1f} dB from it "
        "on average.",
        file=sys.stderr,
    )
    return found.written


def _check_mode(args: Namespace) -> None:
    """UserError where two ways are asked for at once, or an option that the way does not have."""
    modes = [mode for mode in MODES if mode in args]
    if len(modes) > 1:
        raise UserError(f"--{modes[0]} and --{modes[1]} are two different ways; give one of them.")
    known = MODES[modes[0]] if modes else USUAL
    for option in ("steps", "split", "strength", *USUAL):
        if option in args and option not in known:
            homes = [f"--{mode}" for mode, names in MODES.items() if option in names]
            if modes and option in USUAL:
                raise UserError(f"--{option} means nothing with --{modes[0]}, which names its seeds; leave it out.")
            raise UserError(f"--{option} goes with {' or '.join(homes)}; give that too, or leave it out.")
