"""How fast ours trains beside acids-rave: the same weights, the same sound, the same threads, in one process.

A step is whole on both sides: forward, losses, backward, optimiser. Theirs is `RAVE.training_step` (acids_training.py),
ours the update of our Trainer (our_training.py).
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from acids import Name
from acids_training import EVERY, PeerTraining
from our_training import OurTraining
from peak_memory import WARM_UP_SAMPLES, peak_megabytes
from sounds import training_batch
from table import Row, arguments, at_least, finish, machine

THREADS = 2
SAMPLES = 131_072
NAMES: tuple[Name, ...] = ("v1", "v2")
PRECISIONS = {"float32": "float32", "bf16": "ours in bf16, theirs in float32"}


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often; the peer's slowest step takes most of a minute, hence few repeats of stage 2."""

    batches: tuple[int, ...] = (2, 8)
    stage1: int = 7
    stage2: int = 3
    samples: int = SAMPLES


QUICK = Plan(batches=(2,), stage1=3, stage2=1)


def training_rows(name: Name, batch: int, plan: Plan) -> list[Row]:
    """Seconds of every kind of training step, ours in both precisions; the peer has no mixed precision of its own."""
    peer = PeerTraining(name)
    ours = {"float32": OurTraining(name), "bf16": OurTraining(name, "bf16")}
    audio, short = training_batch(batch, plan.samples), training_batch(batch, min(plan.samples, WARM_UP_SAMPLES))

    def seconds(kind: str, repeats: int) -> dict[str, list[float]]:
        sides = {}
        for precision, training in ours.items():
            training.carry(peer.peer)
            sides[precision] = getattr(training, kind)
        sides["peer"] = getattr(peer, kind)
        for step in sides.values():
            step(short)
        rounds = [{side: _seconds(partial(step, audio)) for side, step in sides.items()} for _ in range(repeats)]
        return {side: [one[side] for one in rounds] for side in sides}

    stage1, every = seconds("stage1", plan.stage1), EVERY[name]
    generator, discriminator = seconds("generator", plan.stage2), seconds("discriminator", plan.stage2)
    mixed = {
        side: [((every - 1) * g + d) / every for g, d in zip(generator[side], discriminator[side], strict=True)]
        for side in generator
    }
    rows = []
    for precision in ours:
        label = f"{name} batch {batch}, {PRECISIONS[precision]}"
        mix = f"mean of {every - 1} generator and 1 discriminator step"
        rows += [
            at_least(f"{label}: stage 1 step", stage1[precision], stage1["peer"], "s", 1.5),
            at_least(f"{label}: stage 2 generator step", generator[precision], generator["peer"], "s", None),
            at_least(
                f"{label}: stage 2 discriminator step", discriminator[precision], discriminator["peer"], "s", None
            ),
            at_least(f"{label}: stage 2 as scheduled, {mix}", mixed[precision], mixed["peer"], "s", 3.0),
        ]
    return rows


def memory_rows(name: Name, batch: int, plan: Plan) -> list[Row]:
    """Peak memory of both stages, each side in a fresh process."""
    rows = []
    for stage in (1, 2):
        ours, peer = (
            [peak_megabytes(side, name, batch, plan.samples, stage, THREADS)] for side in ("ours", "peer")
        )  # fmt: skip
        rows.append(
            at_least(f"{name} batch {batch}: peak memory of stage {stage}, beyond imports", ours, peer, "MB", 1.0)
        )
    return rows


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(THREADS)
    plan = QUICK if args.quick else Plan()
    rows: list[Row] = []
    for name in NAMES:
        for batch in plan.batches:
            _say(f"{name} batch {batch}: training steps")
            rows += training_rows(name, batch, plan)
            _say(f"{name} batch {batch}: peak memory")
            rows += memory_rows(name, batch, plan)
    head = machine(["acids-rave", "accelerate"])
    finish("vae_speed", rows, head, args.json)


if __name__ == "__main__":
    main()
