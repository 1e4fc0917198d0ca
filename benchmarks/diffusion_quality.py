"""What is learned in the same minutes: ours and audio-diffusion-pytorch at nano size, on the same drum loops.

Every system has the same CPU minutes on one core, several seeds; of what it makes, 1.5 s of mono sound at 44.1 kHz, the
distance to held-out loops is measured after a quarter, a half and all of the time. Ours samples with the preset's 16
steps, the peer with 50. A run that is there already is not done again (`--work` names the folder).
"""

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusion_contestants import SAMPLES, SYSTEMS
from diffusion_quality_run import JUDGES, MARKS, judged
from gan_data import HELD_OUT, LOOPS, QUICK_HELD_OUT, QUICK_LOOPS, held_out_loops, training_data
from gan_judges import Embeddings, read, write
from gan_processes import run_all
from table import Row, finish, machine

from tritone.judge.frechet import frechet_distance
from tritone.judge.interval import interval
from tritone.judge.kernel import kernel_distance, median_distance

HERE = Path(__file__).parent
THREADS = 2
PEERS = ("peer", "peer-fast")


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    minutes: float = 12.0
    seeds: int = 3
    samples: int = 96
    loops: int = LOOPS
    held_out: int = HELD_OUT
    systems: tuple[str, ...] = tuple(SYSTEMS)
    at_once: int = THREADS


QUICK = Plan(0.5, 1, 24, QUICK_LOOPS, QUICK_HELD_OUT)


def real_sounds(work: Path, plan: Plan) -> tuple[Embeddings, Embeddings]:
    """What the judges hear of held-out loops: a reference, and a control as large as a set of new sounds."""
    path = work / f"real-sounds-{plan.held_out}.npz"
    if not path.exists():
        loops = held_out_loops(work, plan.held_out)
        starts = torch.arange(len(loops)) * 7919 % (loops.shape[-1] - SAMPLES)
        crops = [loop[:, start : start + SAMPLES] for loop, start in zip(loops, starts.tolist(), strict=True)]
        write(path, judged(torch.stack(crops)))
    whole, count = read(path), plan.samples
    return {name: rows[count:] for name, rows in whole.items()}, {name: rows[:count] for name, rows in whole.items()}


def train_all(work: Path, plan: Plan, data: Path) -> dict[str, list[Path]]:
    """Train what is not trained yet; where each run is kept."""
    base = work / f"runs-{plan.minutes:g}-{plan.samples}-{data.name}"
    places = {name: [base / f"{name}-seed-{seed}" for seed in range(plan.seeds)] for name in plan.systems}
    runner = str(HERE / "diffusion_quality_run.py")
    common = ["--minutes", f"{plan.minutes:g}", "--samples", str(plan.samples), "--data", str(data)]
    run_all(
        [
            [sys.executable, runner, str(places[name][seed]), name, "--seed", str(seed), *common]
            for seed in range(plan.seeds)
            for name in plan.systems
        ],
        plan.at_once,
    )
    return places


def rows(places: dict[str, list[Path]], reference: Embeddings, control: Embeddings, plan: Plan) -> list[Row]:
    """Distances at every mark, ours beside the better of the peer's learning rates, and those of real sound."""
    found = []
    last = len(MARKS) - 1
    for judge in JUDGES:
        peer = min(
            (name for name in PEERS if name in places),
            key=lambda name: np.mean(_kernels(places[name], reference, judge, last)),
        )
        for system in (name for name in places if name not in PEERS):
            for mark, share in enumerate(MARKS):
                sides = f"{SYSTEMS[system][0]} | {SYSTEMS[peer][0]}"
                what = f"kernel distance by {judge}, {share * plan.minutes:g} min: {sides}"
                found.append(_row(what, places[system], places[peer], reference, judge, mark, last=mark == last))
            found.append(_frechet(places[system], places[peer], reference, judge, system, peer))
        scale = median_distance(reference[judge])
        real = kernel_distance(reference[judge], control[judge], scale)
        found.append(
            Row(f"kernel distance by {judge}: real held-out sound", real, None, None, "distance", plan.samples, "-")
        )
    return found


def _row(
    what: str, ours: list[Path], theirs: list[Path], reference: Embeddings, judge: str, mark: int, *, last: bool
) -> Row:
    mine, peer = (_kernels(runs, reference, judge, mark) for runs in (ours, theirs))
    spread = f"{min(mine):.3g} to {max(mine):.3g} | {min(peer):.3g} to {max(peer):.3g}"
    if last:
        low, high = _interval(reference[judge], [read(run / f"mark-{mark}.npz")[judge] for run in ours])
        spread = f"95 % {low:.3g} to {high:.3g}, seeds {spread}"
    better = float(np.mean(mine)) <= float(np.mean(peer))
    bar = ("no more than the peer", better) if last else (None, None)
    return Row(
        what, float(np.mean(mine)), float(np.mean(peer)), _ratio(mine, peer), "distance", len(mine), spread, *bar
    )


def _frechet(ours: list[Path], theirs: list[Path], reference: Embeddings, judge: str, system: str, peer: str) -> Row:
    sides = [
        [frechet_distance(reference[judge], read(run / f"mark-{len(MARKS) - 1}.npz")[judge]) for run in runs]
        for runs in (ours, theirs)
    ]
    what = f"Fréchet distance by {judge}, at the end: {SYSTEMS[system][0]} | {SYSTEMS[peer][0]}"
    spread = " | ".join(f"{min(side):.3g} to {max(side):.3g}" for side in sides)
    return Row(what, float(np.mean(sides[0])), float(np.mean(sides[1])), _ratio(*sides), "distance", len(ours), spread)


def _kernels(runs: list[Path], reference: Embeddings, judge: str, mark: int) -> list[float]:
    scale = median_distance(reference[judge])
    return [kernel_distance(reference[judge], read(run / f"mark-{mark}.npz")[judge], scale) for run in runs]


def _interval(reference: np.ndarray, runs: list[np.ndarray]) -> tuple[float, float]:
    """Of the mean over runs: row i of every run is a sound of the same seed, drawn together."""
    count, dims = len(runs), reference.shape[1]

    def mean(real: np.ndarray, made: np.ndarray) -> float:
        sides = [slice(run * dims, (run + 1) * dims) for run in range(count)]
        return float(np.mean([kernel_distance(real[:, side], made[:, side]) for side in sides]))

    return interval(mean, np.tile(reference, (1, count)), np.concatenate(runs, 1))


def _ratio(ours: list[float], theirs: list[float]) -> float | None:
    mine, peer = float(np.mean(ours)), float(np.mean(theirs))
    return peer / mine if mine > 0 and peer > 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="half a minute for each system, one seed")
    parser.add_argument("--minutes", type=float, help="CPU minutes for each run (12, or 0.5 with --quick)")
    parser.add_argument("--seeds", type=int, help="runs of each system (3, or 1 with --quick)")
    parser.add_argument("--samples", type=int, help="sounds that are judged at each mark (96, or 24 with --quick)")
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS), help="some of them only")
    parser.add_argument("--at-once", type=int, default=THREADS, help="runs at a time, each on one thread (2)")
    parser.add_argument("--work", type=Path, default=HERE / "results" / "runs" / "diffusion_quality")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    args = parser.parse_args()
    torch.set_num_threads(THREADS)
    usual = QUICK if args.quick else Plan()
    plan = replace(
        usual, minutes=args.minutes or usual.minutes, seeds=args.seeds or usual.seeds,
        samples=args.samples or usual.samples, systems=tuple(args.systems), at_once=args.at_once,
    )  # fmt: skip
    work = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    data = training_data(work, plan.loops)
    reference, control = real_sounds(work, plan)
    places = train_all(work, plan, data)
    about = {
        "training": f"{plan.minutes:g} CPU minutes a run on one thread, {plan.at_once} at a time",
        "judged": f"{plan.samples} sounds of {SAMPLES} samples beside {plan.held_out - plan.samples} held-out ones",
    }
    head = {**machine(["audio-diffusion-pytorch"]), **about}
    finish("diffusion_quality", rows(places, reference, control, plan), head, args.json)


if __name__ == "__main__":
    main()
