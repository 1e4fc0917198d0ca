"""`tritone train`: a dataset into a model."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, number
from tritone.errors import UserError
from tritone.families import FAMILIES, families

ABOUT = """Train a model on a dataset that `tritone prepare` made. The same command continues an interrupted run. Ctrl-C
saves and stops. Every setting of the preset can be changed: --training.batch 4 --model.capacity 48 and so on;
`tritone train FAMILY --help` lists them, with the values of --preset P where one is given."""
USAGE = "tritone train FAMILY DATA --out RUN [--preset P] [--steps N] [--minutes M] [settings]"
STATUS = {"interrupted": 130, "terminated": 143}


def main(argv: Sequence[str]) -> int:
    """Parse with the settings of the family and preset, then train."""
    known = tuple(FAMILIES) if argv and argv[0] in FAMILIES else families()
    family = next((word for word in argv if word in known), None)
    if family is None:
        return _without_family(argv, known)
    from tritone.config import load_preset
    from tritone.options import add_config_arguments, config_overrides, unknown_option

    parser = _parser(known)
    add_config_arguments(parser, family, load_preset(name) if (name := _preset(argv)) else {})
    args, rest = parser.parse_known_args(list(argv))
    if rest:
        raise unknown_option(rest[0], family) if rest[0].startswith("-") else parser.unknown(rest[0])
    return _train(args, config_overrides(args))


def _train(args: Namespace, overrides: dict) -> int:
    from tritone.training.api import train

    outcome = train(
        args.family, args.data, args.out, args.preset, steps=args.steps, minutes=args.minutes, overrides=overrides,
        start=args.start, device=args.device,
    )  # fmt: skip
    return STATUS.get(outcome, 0)


def _parser(known: Sequence[str]) -> CommandParser:
    parser = CommandParser("train", ABOUT, USAGE)
    parser.add_argument("family", choices=tuple(known), metavar="FAMILY", help=" or ".join(known))
    parser.add_argument("data", type=Path, metavar="DATA", help="folder that `tritone prepare` made")
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="folder of the run")
    parser.add_argument("--preset", metavar="P", help="see `tritone presets`; by default what fits the machine")
    parser.add_argument(
        "--from", dest="start", metavar="RUN",
        help="begin with the weights of another run, or demo:NAME, and its settings where no preset is given",
    )  # fmt: skip
    parser.add_argument("--steps", type=int, metavar="N", help="stop after so many steps in all")
    parser.add_argument("--minutes", type=number(), metavar="M", help="stop after so many minutes of this session")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu"), help="auto takes a GPU if there is one")
    return parser


def _preset(argv: Sequence[str]) -> str | None:
    parser = CommandParser("train", None, add_help=False)
    parser.add_argument("--preset")
    return parser.parse_known_args(list(argv))[0].preset


def _without_family(argv: Sequence[str], known: Sequence[str]) -> int:
    """Help of what all families share, where it is asked for; else the complaint that there is no family."""
    if "-h" in argv or "--help" in argv:
        _parser(known).print_help()
        return 0
    first = next((f"{word!r} is none" for word in argv if not word.startswith("-")), "none is given")
    raise UserError(f"`tritone train` wants a family first, {' or '.join(known)}, but {first}; {USAGE}.")
