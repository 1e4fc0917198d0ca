"""`tritone export`: a trained model as a file for other programs."""

import json
from argparse import BooleanOptionalAction, Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tritone.commands.parser import CommandParser, number, whole
from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.vae.model import VAE

TARGETS = {
    "nn": "one TorchScript file for nn~ in Max and Pure Data",
    "onnx": "one ONNX file with the state as inputs and outputs",
    "openvino": "the same for OpenVINO, FILE.xml and FILE.bin",
}
STEPS = ("onnx", "openvino")
"""Targets that hold one method for blocks of one size."""
BLOCK = 2048


def main(argv: Sequence[str]) -> int:
    """Write a model for other programs, and compare what was written with the model before it gets its name."""
    parser = CommandParser("export", main.__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or of one of its checkpoints")
    listed = "; ".join(f"{name}: {about}" for name, about in TARGETS.items())
    parser.add_argument("--to", required=True, choices=TARGETS, metavar="FORMAT", help=listed)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="ending in .ts, .onnx or .xml")
    parser.add_argument("--checkpoint", default="latest", help="latest, best or a step (default latest)")
    keep = parser.add_mutually_exclusive_group()
    keep.add_argument("--dims", type=whole(1), metavar="N", help="keep exactly the N strongest latent dimensions")
    keep.add_argument(
        "--fidelity", type=number(), metavar="F", help="keep as many as hold this share of variance, 0 to 1"
    )
    parser.add_argument("--noise", action=BooleanOptionalAction, default=True, help="hear the model's noise branch")
    parser.add_argument(
        "--block", type=whole(1), metavar="N",
        help=f"samples a call, whole latent frames; onnx and openvino only (default {BLOCK}, or one frame if longer)",
    )  # fmt: skip
    parser.add_argument(
        "--method", choices=("forward", "encode", "decode"),
        help="what the file does; onnx and openvino only, as nn has all (default forward: encode and decode at once)",
    )  # fmt: skip
    parser.add_argument("--label", metavar="NAME", help="which of its labels a prior plays; nn only")
    parser.add_argument("--json", action="store_true", help="print the card as JSON")
    args = parser.parse(argv)
    if args.to not in STEPS and (args.block is not None or args.method is not None):
        raise UserError(f"--block and --method are for --to {' and '.join(STEPS)}; leave them out with --to {args.to}.")
    card = _export(args)
    print(json.dumps(card, indent=1) if args.json else _account(args.out, card))
    return 0


def _export(args: Namespace) -> dict[str, Any]:
    """Write the file and its card; returns the card."""
    from tritone.play.export.card import write_card
    from tritone.play.load import load, require

    model: Any = load(args.run, args.checkpoint)
    prior = _prior(args, model)
    if prior is not None:
        model = model.codec
    require(model, "stream", args.run)
    dims = model.streaming(dims=args.dims, fidelity=args.fidelity).dims
    more = {} if prior is None else {"prior": prior}
    write = import_module(f"tritone.play.export.{args.to}").write
    facts = write(model, args.out, dims=dims, noise=args.noise, **_step(args, model), **more)
    return write_card(args.out, facts, title=f"{args.run.resolve().name} as {args.to}")


def _prior(args: Namespace, model: Any) -> Any:
    """What makes latents by itself, where the run is one of a prior; nn alone has a method for it."""
    from tritone.families.prior.model import Prior

    if not isinstance(model, Prior):
        if args.label is not None:
            raise UserError(f"--label is for runs of a prior, and {args.run} is none; leave it out.")
        return None
    if args.to != "nn":
        raise UserError(f"{args.run} is a prior, which --to {args.to} cannot hold; use --to nn, or export its codec.")
    return model.streaming(args.label or "")


def _step(args: Namespace, model: "VAE") -> dict[str, Any]:
    """Block and method, for targets that hold one step."""
    if args.to not in STEPS:
        return {}
    frames = max(1, BLOCK // model.ratio)
    return {"block": args.block or frames * model.ratio, "method": args.method or "forward"}


def _account(path: Path, card: dict[str, Any]) -> str:
    """What was written, in lines."""
    latency, rate = card["latency_samples"], card["sample_rate"]
    apart = ", ".join(f"{name} {value:.1e}" for name, value in card["differences"].items())
    size = sum(file["bytes"] for file in card["files"].values())
    return "\n".join(
        [
            f"{path}: {size / 1e6:.1f} MB, {card['dims']} of {card['latent']} latents, {rate} Hz, "
            f"{card['channels']} channel(s), {card['ratio']} samples a latent frame.",
            f"Compared with the model: {apart} (relative to the loudest value).",
            f"Latency {latency} samples = {1000 * latency / rate:.1f} ms.",
        ]
    )
