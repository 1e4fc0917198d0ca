"""`tritone distil`: a trained model into one that needs few steps."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser, number
from tritone.commands.train import STATUS

FAMILY = "diffusion"
"""The family whose models take steps."""
ABOUT = """Teach a student to do in 1 to 8 steps what a trained diffusion model does in many. It takes from its teacher
all that it needs: data, latents, conditions, size. A student is a run like any other; `tritone generate` plays it
in few steps. The same command continues an interrupted run. Settings that are not named are the preset's, else the
teacher's: --model.distil.warmup_steps 500, --training.batch 8 and so on."""
USAGE = "tritone distil TEACHER --out STUDENT [--data DATA] [--preset P] [--steps N] [--minutes M] [settings]"


def main(argv: Sequence[str]) -> int:
    """Parse with the settings of the family, then train the student."""
    from tritone.config import load_preset
    from tritone.options import add_config_arguments, config_overrides, unknown_option

    parser = _parser()
    preset = CommandParser("distil", None, add_help=False)
    preset.add_argument("--preset", default=f"{FAMILY}-distil")
    add_config_arguments(parser, FAMILY, load_preset(preset.parse_known_args(list(argv))[0].preset))
    args, rest = parser.parse_known_args(list(argv))
    if rest:
        raise unknown_option(rest[0], FAMILY) if rest[0].startswith("-") else parser.unknown(rest[0])
    return _distil(args, config_overrides(args))


def _distil(args: Namespace, overrides: dict) -> int:
    from tritone.training.distil import distil
    from tritone.training.run import which_of

    outcome = distil(
        args.teacher, args.out, args.preset, data=args.data, checkpoint=which_of(args.checkpoint), steps=args.steps,
        minutes=args.minutes, overrides=overrides, device=args.device,
    )  # fmt: skip
    return STATUS.get(outcome, 0)


def _parser() -> CommandParser:
    parser = CommandParser("distil", ABOUT, USAGE)
    parser.add_argument("teacher", type=Path, metavar="TEACHER", help="run of `tritone train diffusion`")
    parser.add_argument("--out", required=True, type=Path, metavar="STUDENT", help="folder of the student's run")
    parser.add_argument("--checkpoint", default="latest", help="the teacher's: latest, best or a step (default latest)")
    parser.add_argument("--data", type=Path, metavar="DATA", help="dataset to learn from (default the teacher's)")
    parser.add_argument("--preset", metavar="P", help="see `tritone presets`; by default what fits the machine")
    parser.add_argument("--steps", type=int, metavar="N", help="stop after so many training steps in all")
    parser.add_argument("--minutes", type=number(), metavar="M", help="stop after so many minutes of this session")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu"), help="auto takes a GPU if there is one")
    return parser
