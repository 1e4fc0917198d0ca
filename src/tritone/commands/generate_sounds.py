"""The part of `tritone generate` for models that make sound of any length."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tritone.commands.parser import number, whole
from tritone.errors import UserError
from tritone.nn.diffusion.config import SamplerName

if TYPE_CHECKING:
    from tritone.families.base import Synthesizer
    from tritone.play.loop_model import Show


def words(text: str) -> str:
    """A type for words that say something."""
    if not text.strip():
        raise ArgumentTypeError('says nothing; give words, such as "slow rain on a roof", or leave it out')
    return text


def sampler(text: str) -> str:
    """A type for names of samplers."""
    known = get_args(SamplerName)
    if text not in known:
        from tritone.schema import nearest

        raise ArgumentTypeError(f"must be one of {', '.join(known)}, not {text}{nearest(text, known).rstrip('.')}")
    return text


Option = tuple[Callable[[str], Any], str, str]
"""Type, placeholder and help."""
ANY_LENGTH: dict[str, Option] = {
    "--seconds": (number(0, above=True), "T", "length of each (default 4; with --morph A B the files')"),
}
FROM_LATENT: dict[str, Option] = {
    "--temperature": (number(), "P", "how far the latent strays (default 1)"),
    "--speed": (number(), "P", "how fast the latent moves (default 1; 0 stands still)"),
    "--dims": (int, "N", "move only the N strongest latent dimensions"),
}
FROM_NOISE: dict[str, Option] = {
    "--prompt": (words, "WORDS", "what to hear"),
    "--negative": (words, "WORDS", "what not to hear; needs --guidance"),
    "--guidance": (number(), "G", "how much label, tempo and words are exaggerated (1: not at all)"),
    "--sampler": (sampler, "NAME", f"{', '.join(get_args(SamplerName))} (default the model's)"),
    "--continue": (Path, "FILE", "go on with a sound until it lasts --seconds"),
    "--vary": (Path, "FILE", "variations of a sound, as far from it as --strength says"),
    "--inpaint": (Path, "FILE", "make the part of a sound anew that --redo names"),
    "--redo": (str, "A:B,…", "seconds to be made anew, like 1.0:2.5 or 0:0.5,4:5"),
    "--resamples": (whole(1), "N", "passes in which new parts come to fit the old ones (default 4)"),
}
GROUPS = {
    "models that make sound of any length": ANY_LENGTH,
    "models that make sound of any length from a latent": FROM_LATENT,
    "models that make sound of any length out of noise": FROM_NOISE,
}
OF_CONTROLS = {
    "temperature": ("--temperature",), "morph": ("--speed",), "dims": ("--dims",),
    "prompt": ("--prompt",), "negative": ("--negative",), "guidance": ("--guidance",), "sampler": ("--sampler",),
    "steps": ("--steps",), "label": ("--label",), "bpm": ("--bpm",), "loop": ("--loop", "--bars"),
}  # fmt: skip
"""Options by the control of `Synthesizer.generate` that they set."""
OF_CAPABILITIES = {
    "continue": ("--continue",), "vary": ("--vary", "--strength"), "inpaint": ("--inpaint", "--redo", "--resamples"),
}  # fmt: skip
"""Options by what the model must be able to do."""
CONTROLS = {options[0].removeprefix("--"): control for control, options in OF_CONTROLS.items()}
"""Control by the name of its option."""
MODES = {"morph": (), "continue": (), "vary": ("strength",), "inpaint": ("redo", "resamples")}
"""Ways to make sound other than from nothing, and what only they take."""
FIXED = {"vary": ("seconds",), "inpaint": ("seconds", "loop"), "continue": ("loop",)}
"""What has no meaning in a way."""


def add_sound_arguments(parser: ArgumentParser) -> dict[str, str]:
    """Options that only these models have; gives what kind of models each is for."""
    for title, options in GROUPS.items():
        group = parser.add_argument_group(title)
        for name, (kind, metavar, about) in options.items():
            group.add_argument(name, type=kind, default=SUPPRESS, metavar=metavar, help=about)
        if options is FROM_NOISE:
            group.add_argument(
                "--loop", action="store_true", default=SUPPRESS, help="sound that loops; with --bars and --bpm"
            )
    homes = {name: title for title, options in GROUPS.items() for name in options}
    return {**homes, "--loop": "models that make sound of any length out of noise"}


def sound_options(model: "Synthesizer") -> list[str]:
    """The options that this model has."""
    able = model.capabilities()
    own = ["--seconds"]
    own += [option for control, options in OF_CONTROLS.items() if control in model.controls for option in options]
    own += [option for capability, options in OF_CAPABILITIES.items() if capability in able for option in options]
    return own


def play_sounds(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    """New sounds or loops, the way between two, or sound made from a file."""
    from tritone.play.generate import generate
    from tritone.play.sound_loops import generate_loops

    given = vars(args)
    mode = _mode(args)
    if mode is not None:
        return PLAYS[mode](model, args, show)
    common = _common(args, show, count=8)
    if "loop" in given:
        form = {name: given[name] for name in ("bars", "bpm", "seconds") if name in given}
        common["controls"].pop("bpm", None)
        return generate_loops(model, args.out, **form, **common)
    return generate(model, args.out, seconds=given.get("seconds", 4.0), **common)


def _morph(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    from tritone.play.generate import morph, morph_seeds
    from tritone.play.loop_names import parse_walk

    start, end = args.morph
    common, seconds = _common(args, show, count=8), vars(args).get("seconds")
    if not end and "morph" in model.capabilities():
        del common["seed"]
        return morph_seeds(model, parse_walk(start), args.out, seconds=4.0 if seconds is None else seconds, **common)
    if not end:
        raise UserError(f"--morph {start} names seeds, which this model has no way between; give two sound files.")
    if "encode" not in model.capabilities() and "morph" in model.capabilities():
        raise UserError(f"--morph {start} {end} names files, but this model goes from seed to seed: --morph 7,19.")
    del common["controls"]
    return morph(model, Path(start), Path(end), args.out, seconds=seconds, **common)


def _continue(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    from tritone.play.from_file import continue_file

    if "seconds" not in args:
        raise UserError("--continue wants --seconds, how long the whole should be.")
    path = vars(args)["continue"]
    return continue_file(model, path, args.out, seconds=args.seconds, **_common(args, show, count=4))


def _vary(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    from tritone.play.from_file import vary_file

    strength = vars(args).get("strength", 0.4)
    return vary_file(model, args.vary, args.out, strength=strength, **_common(args, show, count=4))


def _inpaint(model: "Synthesizer", args: Namespace, show: "Show") -> list[Path]:
    from tritone.play.inpaint import inpaint_file, parse_redo

    if "redo" not in args:
        raise UserError("--inpaint wants --redo, the seconds to be made anew, like --redo 1.0:2.5.")
    passes = {"resamples": args.resamples} if "resamples" in args else {}
    redo = parse_redo(args.redo)
    return inpaint_file(model, args.inpaint, args.out, redo=redo, **passes, **_common(args, show, count=4))


PLAYS = {"morph": _morph, "continue": _continue, "vary": _vary, "inpaint": _inpaint}


def _common(args: Namespace, show: "Show", count: int) -> dict[str, Any]:
    """What every way takes: run, count, seed, progress, and the controls that were given."""
    given = vars(args)
    controls = {control: given[name] for name, control in CONTROLS.items() if name in given}
    return {
        "run": args.run, "count": given.get("count", count), "seed": given.get("seed", 0), "show": show,
        "controls": controls,
    }  # fmt: skip


def _mode(args: Namespace) -> str | None:
    """The way that is asked for; UserError for two at once, or an option that goes with another."""
    modes = [mode for mode in MODES if mode in args]
    if len(modes) > 1:
        raise UserError(f"--{modes[0]} and --{modes[1]} are two different ways; give one of them.")
    mode = modes[0] if modes else None
    for home, names in MODES.items():
        for name in names:
            if name in args and home != mode:
                raise UserError(f"--{name} goes with --{home}; give that too, or leave it out.")
    for name in FIXED.get(mode or "", ()):
        if name in args:
            raise UserError(f"--{name} means nothing with --{mode}; leave it out.")
    if "bars" in args and "loop" not in args:
        raise UserError("--bars goes with --loop; give that too, or leave it out.")
    return mode
