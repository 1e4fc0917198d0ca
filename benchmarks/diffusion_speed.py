"""How fast our U-Net is beside audio-diffusion-pytorch 0.1.3 at the size of its README: playing, training, memory.

Both sides take turns in one process on the same input and threads. Theirs runs in float32, as it is published; a row
without a bar shows it under PyTorch's autocast to bf16 too.
"""

import sys
from dataclasses import dataclass
from functools import partial

import torch
from diffusion_memory import Work, peak_megabytes
from diffusion_sides import Learner, Player, Precision, Side, seconds
from table import Row, arguments, at_least, finish, machine

THREADS = 2
CASES: dict[str, tuple[Side, Precision]] = {
    "float32": ("ours", "float32"),
    "bf16": ("ours", "bf16"),
    "peer": ("peer", "float32"),
    "peer in bf16": ("peer", "autocast"),
}


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often."""

    samples: int = 2**18
    forwards: int = 11
    steps: int = 5
    memories: int = 3


QUICK = Plan(samples=2**16, forwards=5, steps=2, memories=1)


def forward_rows(plan: Plan) -> list[Row]:
    """One evaluation of stereo sound."""
    x = torch.randn(1, 2, plan.samples, generator=torch.Generator().manual_seed(0))
    players = {name: Player(*case) for name, case in CASES.items()}
    for player in players.values():
        player(x)
    rounds = [{name: seconds(partial(play, x)) for name, play in players.items()} for _ in range(plan.forwards)]
    times = {name: [one[name] for one in rounds] for name in players}
    what = f"forward, 2 x {plan.samples} samples"
    return [
        at_least(f"{what}, ours in bf16, theirs in float32", times["bf16"], times["peer"], "s", 1.8),
        at_least(f"{what}, both in float32", times["float32"], times["peer"], "s", None),
        at_least(f"{what}, both in bf16", times["bf16"], times["peer in bf16"], "s", None),
    ]


def training_rows(plan: Plan) -> list[Row]:
    """One training step of stereo sound; our two precisions train the same weights in turn."""
    generator = torch.Generator().manual_seed(0)
    x, target = torch.randn(2, 1, 2, plan.samples, generator=generator)
    ours, peer = Learner("ours"), Learner("peer")
    steps = {
        "float32": partial(ours, x, target),
        "bf16": partial(ours, x, target, autocast=True),
        "peer": partial(peer, x, target),
        "peer in bf16": partial(peer, x, target, autocast=True),
    }
    for step in steps.values():
        step()
    rounds = [{name: step() for name, step in steps.items()} for _ in range(plan.steps)]
    whole = {name: [sum(one[name]) for one in rounds] for name in steps}
    passes = {name: [one[name][0] for one in rounds] for name in steps}
    what = f"training step, 2 x {plan.samples} samples"
    return [
        at_least(f"{what}, ours in bf16, theirs in float32", whole["bf16"], whole["peer"], "s", 1.5),
        at_least(f"{what}, both in float32", whole["float32"], whole["peer"], "s", None),
        at_least(f"{what}, both in bf16", whole["bf16"], whole["peer in bf16"], "s", None),
        at_least(f"{what}, without the optimiser, ours in bf16", passes["bf16"], passes["peer"], "s", None),
        at_least(f"{what}, without the optimiser, both in float32", passes["float32"], passes["peer"], "s", None),
    ]


def memory_rows(plan: Plan) -> list[Row]:
    """Peak memory of both, each case in fresh processes."""
    rows = []
    bars: dict[Work, float | None] = {"forward": 1.0, "training": None}
    for work, bar in bars.items():
        peaks = {
            name: [peak_megabytes(*CASES[name], work, plan.samples, THREADS) for _ in range(plan.memories)]
            for name in ("float32", "bf16", "peer")
        }
        what = f"peak memory, {work}, 2 x {plan.samples} samples"
        rows += [
            at_least(f"{what}, ours in bf16, theirs in float32", peaks["bf16"], peaks["peer"], "MB", bar),
            at_least(f"{what}, both in float32", peaks["float32"], peaks["peer"], "MB", None),
        ]
    return rows


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(THREADS)
    plan = QUICK if args.quick else Plan()
    rows: list[Row] = []
    for name, part in {"forward": forward_rows, "training": training_rows, "memory": memory_rows}.items():
        print(f"diffusion_speed: {name}", file=sys.stderr, flush=True)
        rows += part(plan)
    finish("diffusion_speed", rows, machine(["audio-diffusion-pytorch", "a-unet"]), args.json)


if __name__ == "__main__":
    main()
