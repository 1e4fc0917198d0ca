"""Options that the commands share which play a model."""

from argparse import ArgumentParser
from pathlib import Path

from tritone.commands.parser import number, whole


def add_model_arguments(parser: ArgumentParser) -> None:
    """Which model, and where it runs."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or of one of its checkpoints")
    parser.add_argument("--checkpoint", default="latest", help="latest, best or a step (default latest)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps (default cpu)")
    parser.add_argument(
        "--precision",
        choices=("float32", "bf16"),
        default="float32",
        help="arithmetic; bf16 is faster where the CPU has it",
    )


def add_latent_arguments(parser: ArgumentParser) -> None:
    """How much of the latent is kept, and what is drawn at random."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--dims", type=int, metavar="N", help="keep exactly the N strongest latent dimensions")
    group.add_argument(
        "--fidelity", type=number(), metavar="F", help="keep as many as hold this share of variance, 0 to 1"
    )
    parser.add_argument("--sampled", action="store_true", help="sample the latent instead of taking its mean")
    parser.add_argument("--no-noise", action="store_true", help="leave the noise branch out")
    parser.add_argument("--seed", type=whole(), default=0, metavar="S", help="decides everything random (default 0)")
