"""Control of diffusion: words that are heard, loops without a seam, gaps that are filled without one.

`--text` names a run of `tritone train diffusion` that was told captions (model.text), `--run` any run of sound; one may
be both. Without `--text` nothing is asked for in words, and without labels in any run nothing by label: the head says
what was left out. `--reference` is a dataset with held-out sound (by default that of the run), its labels what is asked
for and its training sounds what the judges learned; the peer is real sound that was held out. Seeds are 0, 1, 2, ...:
nothing is chosen, neither for the figures nor for the pictures.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from diffusion_control_inpainting import inpainting_rows
from diffusion_control_loops import loop_rows
from diffusion_control_sounds import Player, labelled, labels_of, player
from diffusion_control_text import tellings, text_rows
from diffusion_steps_sounds import Judges, pieces
from table import Row, finish, machine

from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.training.run import Run

THREADS = 2
COUNT, QUICK_COUNT = 12, 1
"""Sounds for each label."""
KNOWN, QUICK_KNOWN = 48, 8
"""Most training sounds of each label that the judges learn from."""
HELD_OUT, QUICK_HELD_OUT = 48, 2
"""Most held-out sounds of each label that they are tried on."""
LOOPS, QUICK_LOOPS = 64, 4
FILLED, QUICK_FILLED = 64, 4
GUIDANCE = 3.0
"""Of words and labels, where the model's own is none; the other row is always 1."""


def asked_rows(args: argparse.Namespace, dataset: Dataset, players: list[Player], samples: int) -> list[Row]:
    """What is asked for by words and by label."""
    labels = labels_of(dataset)
    guidance = args.guidance or players[0].model.config.sampling.guidance
    ways = list(tellings(players, labels, GUIDANCE if guidance == 1 else guidance)) if len(labels) > 1 else []
    if not ways:
        return []
    known, held_out = (
        labelled(dataset, split, labels, samples, most)
        for split, most in (
            ("train", QUICK_KNOWN if args.quick else KNOWN),
            ("validation", QUICK_HELD_OUT if args.quick else HELD_OUT),
        )
    )
    count = args.count or (QUICK_COUNT if args.quick else COUNT)
    judges, items = Judges(dataset.sample_rate), dataset.split("train")
    return text_rows(judges, known, held_out, ways, items, count, _picture(args, "asked"))


def _picture(args: argparse.Namespace, name: str) -> Path | None:
    return args.json.with_name(f"{args.json.stem}_examples") / f"{name}.png" if args.json else None


def _head(args: argparse.Namespace, dataset: Dataset, players: list[Player]) -> dict[str, str]:
    """What was measured, and what was left out."""
    labels = labels_of(dataset)
    told = {name: f"{path.name}, {Run(path).checkpoint().name}" for name, path in _runs(args).items()}
    named = any(set(labels) <= set(one.model.config.labels) for one in players)
    words = next((one.prompts for one in players if one.prompts), {})
    return {
        "text": "prompts left out (--text names a run)",
        "run": "that of the text",
        **told,
        "labels": f"{len(labels)} in the data" + ("" if named else ", which no run knows"),
        **({"prompts": "; ".join(words.values())} if words else {}),
        "steps": str(args.steps or "the model's own"),
        "precision": args.precision,
    }


def _runs(args: argparse.Namespace) -> dict[str, Path]:
    return {name: path for name, path in (("text", args.text), ("run", args.run)) if path}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a sound for each label, four loops, four gaps")
    parser.add_argument("--text", type=Path, metavar="RUN", help="a run of `tritone train diffusion` with captions")
    parser.add_argument("--run", type=Path, metavar="RUN", help="a run for loops, gaps and labels (that of --text)")
    parser.add_argument("--reference", type=Path, metavar="DATA", help="labelled dataset with held-out sound")
    parser.add_argument("--count", type=int, help=f"sounds for each label ({COUNT}, or {QUICK_COUNT} with --quick)")
    parser.add_argument("--steps", type=int, help="of the sampler (the model's own)")
    parser.add_argument("--guidance", type=float, help=f"(the model's own; of words and labels {GUIDANCE:g} where 1)")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and pictures to NAME_examples")
    args = parser.parse_args()
    if not _runs(args):
        parser.error("give --text RUN, --run RUN, or both")
    return args


def measure(args: argparse.Namespace) -> None:
    """Everything, from the runs to the table."""
    torch.set_num_threads(THREADS)
    configs = [Run(path).config for path in _runs(args).values()]
    dataset = Dataset.open(args.reference or configs[0].data)
    sampling: dict[str, Any] = {"steps": args.steps, "guidance": args.guidance}
    sampling = {name: value for name, value in sampling.items() if value is not None}
    players = [player(path, dataset, sampling, args.precision) for path in _runs(args).values()]
    if args.text and not players[0].model.config.text:
        sys.exit(f"{args.text} was trained without words; give it as --run, or train with --model.text minilm.")
    samples = configs[-1].training.crop_samples
    loops, gaps = (QUICK_LOOPS, QUICK_FILLED) if args.quick else (LOOPS, FILLED)
    rows = asked_rows(args, dataset, players, samples)
    rows += loop_rows(players[-1], dataset, loops, _picture(args, "loops"))
    held_out = pieces(dataset, "validation", samples, gaps)
    rows += inpainting_rows(players[-1], dataset, held_out, _picture(args, "inpainting"))
    finish("diffusion_control", rows, {**machine(), **_head(args, dataset, players)}, args.json)


def main() -> None:
    args = _arguments()
    try:
        measure(args)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
