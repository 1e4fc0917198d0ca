"""Quality against steps: a diffusion model with its samplers, and the student that it taught (`tritone distil`).

New sounds of the teacher (2M and DDIM) and of the student (ping-pong) in 1 to 50 steps beside held-out sound of
`--reference`: kernel and Fréchet distance by each judge, with intervals of the kernel distance over files, and seconds
of compute for a second of sound, decoder included. The peer of every row is the teacher's 50 steps of 2M. Training
sound and, of models of latents, held-out sound that only went through the codec say how far apart real sounds are. All
sets have the same size, new sounds the labels and tempos of training sounds, and seeds are 0, 1, 2, ...: nothing is
chosen.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusion_steps_curves import Curve, write_curves
from diffusion_steps_sounds import Embeddings, Judges, Measured, Piece, made, pieces
from table import Row, finish, machine

from tritone.data.store import Dataset
from tritone.families.diffusion.sound import SoundDiffusion
from tritone.judge.frechet import frechet_distance
from tritone.judge.interval import interval
from tritone.judge.kernel import kernel_distance, median_distance
from tritone.play.load import load
from tritone.training.run import Run

THREADS = 2
STEPS, QUICK_STEPS = (1, 2, 4, 8, 16, 50), (1, 4, 50)
COUNT, QUICK_COUNT = 128, 16
FEWEST = 8
"""Held-out pieces under which there is no comparing of sets."""
TEACHER, STUDENT = "teacher", "student"
SYSTEMS = ((TEACHER, "2m"), (TEACHER, "ddim"), (STUDENT, "ping-pong"))
BASELINE = (TEACHER, "2m", 50)

Kind = tuple[str, str, int]
"""Whose sound, by which sampler, in how many steps."""


def distance_rows(
    what: str, found: Embeddings, baseline: Embeddings, held_out: Embeddings, files: Sequence[str]
) -> list[Row]:
    """Kernel and Fréchet distance of a set to held-out sound by each judge, beside those of the baseline."""
    rows = []
    for judge, real in held_out.items():
        bandwidth = median_distance(real)

        def kernel(reference: Any, samples: Any, bandwidth: float = bandwidth) -> float:
            return kernel_distance(reference, samples, bandwidth)

        several = len(set(files)) > 1
        low, high = interval(kernel, real, found[judge], reference_files=files if several else None)
        measures: dict[str, tuple[Callable[[Any, Any], float], str]] = {
            "kernel distance": (kernel, f"95 % {low:.3g} to {high:.3g}"),
            "Fréchet distance": (frechet_distance, "-"),
        }
        for name, (measure, note) in measures.items():
            ours, peer = measure(real, found[judge]), measure(real, baseline[judge])
            rows.append(Row(f"{what}: {name} by {judge}", ours, peer, None, "distance", len(found[judge]), note))
    return rows


def cost_row(what: str, ours: Sequence[float], peer: Sequence[float]) -> Row:
    """Median seconds of compute, and how many times less they are than the baseline's."""
    mine, theirs = statistics.median(ours), statistics.median(peer)
    spread = f"{min(ours):.3g} to {max(ours):.3g} | {min(peer):.3g} to {max(peer):.3g}"
    return Row(f"{what}: compute", mine, theirs, theirs / mine, "s for 1 s of sound", len(ours), spread)


def real_rows(
    teacher: SoundDiffusion, judges: Judges, known: Sequence[Piece], held_out: Sequence[Piece], baseline: Embeddings
) -> list[Row]:
    """How far training sound is from held-out sound, and held-out sound from itself behind the codec."""
    reference, files = judges.embed([each.audio for each in held_out]), [each.item.name for each in held_out]
    sets = {"training sound": judges.embed([each.audio for each in known])}
    if teacher.config.in_latents:
        with torch.no_grad():
            through = [
                teacher.domain.leave(teacher.domain.enter(each.audio[None]), each.audio.shape[-1])[0]
                for each in held_out
            ]
        sets["held-out sound through the codec"] = judges.embed(through)
    return [row for what, one in sets.items() for row in distance_rows(what, one, baseline, reference, files)]


def sound_model(path: Path, precision: str) -> SoundDiffusion:
    """The model of a run; ends the program where it is of another kind."""
    model = load(path, precision=precision)  # type: ignore[arg-type]
    if not isinstance(model, SoundDiffusion):
        sys.exit(f"{path} is no diffusion model that makes sound; give a run of `tritone train diffusion`.")
    return model


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="16 sounds in 1, 4 and 50 steps")
    parser.add_argument("--teacher", type=Path, required=True, metavar="RUN")
    parser.add_argument("--student", type=Path, required=True, metavar="RUN", help="what `tritone distil` made of it")
    parser.add_argument("--reference", type=Path, required=True, metavar="DATA", help="dataset with held-out sound")
    parser.add_argument("--count", type=int, help=f"sounds of each kind ({COUNT}, or {QUICK_COUNT} with --quick)")
    parser.add_argument("--seconds", type=float, help="length of a sound (that of the teacher's training crops)")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and a picture to NAME_curves.png")
    return parser.parse_args()


def measured(
    models: dict[str, SoundDiffusion], judges: Judges, like: Sequence[Piece], seconds: float, steps: Sequence[int]
) -> dict[Kind, Measured]:
    """Everything that is made, by kind."""
    found = {}
    for who, sampler in SYSTEMS:
        for count in steps:
            print(f"{who}, {sampler}, {count} step(s)", file=sys.stderr, flush=True)
            found[who, sampler, count] = made(models[who], judges, like, seconds, steps=count, sampler=sampler)
    return found


def kind_rows(found: dict[Kind, Measured], reference: Embeddings, files: Sequence[str]) -> list[Row]:
    """Distances and cost of every kind."""
    rows, best = [], found[BASELINE]
    for (who, sampler, count), one in found.items():
        what = f"{who}, {sampler}, {count} step{'s' * (count > 1)}"
        rows += distance_rows(what, one.embeddings, best.embeddings, reference, files)
        rows.append(cost_row(what, one.seconds, best.seconds))
    return rows


def write_picture(path: Path, found: dict[Kind, Measured], reference: Embeddings) -> None:
    """Kernel distance against steps, a panel for each judge."""
    curves = [
        Curve(f"{who}, {sampler}", count, judge, kernel_distance(real, one.embeddings[judge]))
        for (who, sampler, count), one in found.items()
        for judge, real in reference.items()
    ]
    write_curves(path, curves)


def main() -> None:
    args = _arguments()
    torch.set_num_threads(THREADS)
    models = {TEACHER: sound_model(args.teacher, args.precision), STUDENT: sound_model(args.student, args.precision)}
    if models[STUDENT].config.distil is None:
        sys.exit(f"{args.student} is no student; make one with `tritone distil {args.teacher} --out STUDENT`.")
    config, dataset = Run(args.teacher).config, Dataset.open(args.reference)
    seconds = args.seconds or config.training.crop_samples / config.model.sample_rate
    samples = round(seconds * dataset.sample_rate)
    held_out = pieces(dataset, "validation", samples, args.count or (QUICK_COUNT if args.quick else COUNT))
    known = pieces(dataset, "train", samples, len(held_out))
    if len(held_out) < FEWEST or len(known) < len(held_out):
        sys.exit(
            f"{args.reference} has {len(held_out)} held-out and {len(known)} training pieces of {seconds:.2f} s; there "
            f"must be at least {FEWEST} held out and as many to train on; prepare more sound."
        )
    judges = Judges(dataset.sample_rate)
    reference, files = judges.embed([each.audio for each in held_out]), [each.item.name for each in held_out]
    found = measured(models, judges, known, seconds, QUICK_STEPS if args.quick else STEPS)
    rows = real_rows(models[TEACHER], judges, known, held_out, found[BASELINE].embeddings)
    rows += kind_rows(found, reference, files)
    if args.json:
        write_picture(args.json.with_name(f"{args.json.stem}_curves.png"), found, reference)
    trained = {name: Run(path).checkpoint().name for name, path in ((TEACHER, args.teacher), (STUDENT, args.student))}
    about = {**trained, "sounds": f"{len(known)} of {seconds:.2f} s", "precision": args.precision}
    finish("diffusion_steps", rows, {**machine(), **about}, args.json)


if __name__ == "__main__":
    main()
