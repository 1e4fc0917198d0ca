"""Do generated loops loop, and are they all kinds of loops? 200 of a run beside the loops it learned from.

`--run` names a run of `tritone train gan`, whose DATA folder is still there; without it gan-nano first learns rendered
loops for `--minutes` on two threads (kept in `--work`, and continued there). The reference are training loops, the peer
is real sound: loops of the same data that were held out, and for seams recorded loops too. New loops get the labels and
tempos of training loops. Seeds are 0, 1, 2, ...: nothing is chosen, neither for the figures nor for the picture.
"""

import argparse
import sys
from pathlib import Path

import torch
from gan_data import LOOPS, QUICK_LOOPS, training_data
from gan_loop_seams import length_rows, seam_rows, wrap_row
from gan_loop_sounds import Maker, Sets, beats_per_bar, data_sounds, evenly
from gan_loop_variety import variety_rows
from table import finish, machine

from tritone.data.store import Dataset
from tritone.families.gan.model import LoopGAN
from tritone.play.contact_sheet import contact_sheet, picture_of
from tritone.play.load import load
from tritone.training.api import train
from tritone.training.run import Run

HERE = Path(__file__).parent
THREADS = 2
LOOPS_MADE, QUICK_LOOPS_MADE = 200, 24
REFERENCE = 512
"""Most training loops that are compared with."""
PICTURES, COLUMNS = 12, 4


def write_picture(path: Path, model: LoopGAN, sets: Sets) -> None:
    """The first twelve seeds, and a row of training loops below."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [
        picture_of(title, one.audio, one.rate, beats=one.beats, beats_per_bar=beats_per_bar(model))
        for title, one in [
            *((f"new: seed {seed}", one) for seed, one in enumerate(sets.made[:PICTURES])),
            *(("real", one) for one in sets.known[:COLUMNS]),
        ]
    ]
    contact_sheet(path, pictures, COLUMNS)


def trained_run(work: Path, minutes: float, loops: int) -> Path:
    """The run of gan-nano on rendered loops, trained for so many minutes."""
    work.mkdir(parents=True, exist_ok=True)
    out, done = work / f"nano-{minutes:g}-{loops}", work / f"nano-{minutes:g}-{loops}.done"
    if not done.exists():
        print(f"training gan-nano for {minutes:g} minutes", file=sys.stderr, flush=True)
        train("gan", training_data(work, loops, validation=0.1), out, "gan-nano", minutes=minutes, device="cpu")
        done.touch()
    return out


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="24 loops; without a run, one that trained for a minute")
    parser.add_argument("--run", type=Path, help="a run of `tritone train gan`")
    parser.add_argument("--vocoder", help="another vocoder than the run's: a run, or the name of one that ships")
    parser.add_argument("--minutes", type=float, help="without a run: minutes of training (60, or 1 with --quick)")
    parser.add_argument("--work", type=Path, default=HERE / "results" / "runs" / "gan_loops")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and a picture to NAME_examples")
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    torch.set_num_threads(THREADS)
    count, loops = (QUICK_LOOPS_MADE, QUICK_LOOPS) if args.quick else (LOOPS_MADE, LOOPS)
    minutes = args.minutes or (1.0 if args.quick else 60.0)
    path = args.run or trained_run(args.work.resolve(), minutes, loops)
    config, model = Run(path).config, load(path)
    if not isinstance(model, LoopGAN):
        sys.exit(f"{path} is a run of the family {config.family}; give one of the family gan.")
    if args.vocoder:
        model.use_vocoder(args.vocoder)
    dataset = Dataset.open(config.data)
    train_items, held_items = dataset.split("train"), dataset.split("validation")
    maker = Maker(model, evenly(train_items, REFERENCE))
    sets = Sets(
        maker.sounds(range(count)),
        data_sounds(dataset, evenly(train_items, REFERENCE), model.beats),
        data_sounds(dataset, evenly(held_items, count), model.beats),
    )
    if args.json:
        write_picture(args.json.with_name(f"{args.json.stem}_examples") / "spectrograms.png", model, sets)
    rows = [wrap_row(maker, count), *length_rows(maker), *seam_rows(sets), *variety_rows(maker, sets)]
    steps = Run(path).checkpoint("latest").name.removeprefix("step-")
    vocoder = args.vocoder or model.config.vocoder.architecture
    about = f"{config.preset}, {steps} steps, vocoder {vocoder}, {len(train_items)} training loops"
    finish("gan_loops", rows, {**machine(), "run": about + ("" if args.run else f", {minutes:g} min")}, args.json)


if __name__ == "__main__":
    main()
