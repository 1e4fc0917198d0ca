"""`tritone train`: a dataset into a model."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from tritone.families import FAMILIES

ABOUT = """Train a model on a dataset that `tritone prepare` made. The same command continues an interrupted run. Ctrl-C
saves and stops. Every setting of the preset can be changed: --training.batch 4 --model.capacity 48 and so on."""
STATUS = {"interrupted": 130, "terminated": 143}


def main(argv: Sequence[str]) -> int:
    """Parse with the settings of the family and preset, then train."""
    parser = _parser()
    known, _ = parser.parse_known_args([word for word in argv if word not in ("-h", "--help")])
    from tritone.config import load_preset
    from tritone.options import add_config_arguments, config_overrides, unknown_option

    preset = load_preset(known.preset) if known.preset else {}
    parser.add_argument("-h", "--help", action="help", help="show this help and exit")
    add_config_arguments(parser, known.family, preset)
    args, rest = parser.parse_known_args(argv)
    if rest:
        raise unknown_option(rest[0], args.family)
    return _train(args, config_overrides(args))


def _train(args: Namespace, overrides: dict) -> int:
    from tritone.training.api import train

    outcome = train(
        args.family, args.data, args.out, args.preset, steps=args.steps, minutes=args.minutes, overrides=overrides,
        device=args.device,
    )  # fmt: skip
    return STATUS.get(outcome, 0)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "tritone train",
        description=ABOUT,
        add_help=False,
        allow_abbrev=False,
        usage="tritone train FAMILY DATA --out RUN [--preset P] [--steps N] [--minutes M] [settings]",
    )
    parser.add_argument("family", choices=tuple(FAMILIES), metavar="FAMILY", help=" or ".join(FAMILIES))
    parser.add_argument("data", type=Path, metavar="DATA", nargs="?", help="folder that `tritone prepare` made")
    parser.add_argument("--out", type=Path, metavar="RUN", help="folder of the run")
    parser.add_argument("--preset", metavar="P", help="see `tritone presets`; by default what fits the machine")
    parser.add_argument("--steps", type=int, metavar="N", help="stop after so many steps in all")
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after so many minutes of this session")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where to train")
    return parser
