"""How fast loops are made and learned: gan-loop and its vocoder beside pjloop-gan's generator and MelGAN, in one run.

The peer is the paper's model (arXiv 2209.01751) built by our own code as `gan-pjloop` (on the authors' code 96.8 GFLOP
a loop were counted). Weights are random: what they are makes no difference to the time. Two threads, one loop of one
bar at 120 BPM (2 s) at a time, rendered to its exact length.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from gan_models import BPM, run_config, trainer
from table import Row, arguments, finish, in_turn, machine, median_spread
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from tritone import families
from tritone.families.base import Precision
from tritone.nn.blocks import fold_weight_norm

THREADS = 2
OURS, PEER = "gan-loop", "gan-pjloop"
SECONDS = 4 * 60 / BPM
REAL_TIME, LIGHTER = 30.0, 20.0
"""The bars: times real time, and how many times lighter the generator is."""
ABOUT = {OURS: "44.1 kHz stereo", PEER: "16 kHz mono"}


@dataclass(frozen=True)
class Plan:
    """How often everything is measured; a training step of the peer takes most of a minute."""

    playing: int = 7
    training: int = 3
    peer_batch: int = 4


QUICK = Plan(playing=3, training=1, peer_batch=1)


class Player:
    """A preset that plays, whole and by its parts."""

    def __init__(self, preset: str, precision: Precision) -> None:
        torch.manual_seed(0)
        self.model = families.build("gan", run_config(preset).model).eval()
        self.parameters = {part: _millions(getattr(self.model, part)) for part in ("generator", "vocoder")}
        fold_weight_norm(self.model)
        self.model.requires_grad_(False)
        if precision != "float32":
            self.model.use_precision(precision)
        self.seed = 0
        self.spectrograms = self.generator()

    @property
    def samples(self) -> int:
        return round(SECONDS * self.model.sample_rate)

    @torch.no_grad()
    def whole(self) -> Tensor:
        """A new loop from its seed, as `tritone generate` makes it."""
        self.seed += 1
        audio = self.model.render(self.model.styles([self.seed], bpm=BPM), [self.seed], bars=1, bpm=BPM)
        if audio.shape != (1, self.model.channels, self.samples):
            raise RuntimeError(f"a loop of {tuple(audio.shape)} instead of {self.samples} samples")
        return audio

    @torch.no_grad()
    def generator(self) -> Tensor:
        """Its spectrogram alone."""
        self.seed += 1
        styles = self.model.styles([self.seed], bpm=BPM)
        return self.model.spectrograms(styles, [0])

    @torch.no_grad()
    def vocoder(self) -> Tensor:
        """Its sound alone."""
        return self.model.sound(self.spectrograms, self.samples)


def playing_rows(precision: Precision, plan: Plan) -> list[Row]:
    """Times real time of the whole, and milliseconds of its parts."""
    ours, peer = Player(OURS, precision), Player(PEER, precision)
    rows = []
    for part in ("whole", "generator", "vocoder"):
        mine, theirs = getattr(ours, part), getattr(peer, part)
        seconds = in_turn(plan.playing + 1, partial(_seconds, mine), partial(_seconds, theirs))
        measured = [side[1:] for side in seconds]
        rows.append(_real_time(precision, *measured) if part == "whole" else _part(part, precision, *measured))
    return rows


def _real_time(precision: str, ours: list[float], peer: list[float]) -> Row:
    sides = [median_spread([SECONDS / seconds for seconds in side]) for side in (ours, peer)]
    what = f"one loop, generator and vocoder, {precision} ({ABOUT[OURS]} | {ABOUT[PEER]})"
    (mine, mine_spread), (theirs, their_spread) = sides
    spread = f"{mine_spread} | {their_spread}"
    return Row(
        what, mine, theirs, mine / theirs, "x real time", len(ours), spread, f">= {REAL_TIME:g}", mine >= REAL_TIME
    )


def _part(part: str, precision: str, ours: list[float], peer: list[float]) -> Row:
    (mine, mine_spread), (theirs, their_spread) = (median_spread([1000 * one for one in side]) for side in (ours, peer))
    names = "Vocos | MelGAN" if part == "vocoder" else f"{OURS} | {PEER}"
    return Row(
        f"{part} alone, {precision} ({names})", mine, theirs, theirs / mine, "ms", len(ours),
        f"{mine_spread} | {their_spread}",
    )  # fmt: skip


def work_rows() -> list[Row]:
    """GFLOP of a loop (two for each multiply-add; Fourier transforms are not counted) and parameters."""
    ours, peer = Player(OURS, "float32"), Player(PEER, "float32")
    rows = []
    for part in ("generator", "vocoder"):
        mine, theirs = (_gigaflop(getattr(side, part)) for side in (ours, peer))
        bar = (f">= {LIGHTER:g} x", theirs / mine >= LIGHTER) if part == "generator" else (None, None)
        rows.append(Row(f"work of the {part} for one loop", mine, theirs, theirs / mine, "GFLOP", 1, "-", *bar))
        mine, theirs = (side.parameters[part] for side in (ours, peer))
        rows.append(Row(f"parameters of the {part}", mine, theirs, theirs / mine, "million", 1, "-"))
    return rows


def _gigaflop(action: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        action()
    return counter.get_total_flops() / 1e9


def _millions(module: torch.nn.Module) -> float:
    return sum(parameter.numel() for parameter in module.parameters()) / 1e6


def training_rows(plan: Plan) -> list[Row]:
    """Steps a minute of whole training steps, each preset in its own precision beside the paper's model in float32."""
    theirs = _steps_a_minute(PEER, plan.peer_batch, 1)
    rows = []
    for preset in (OURS, "gan-nano"):
        mine = _steps_a_minute(preset, plan.peer_batch, plan.training)
        rows.append(_training_row(f"training steps, {preset} | {PEER}, batch {plan.peer_batch}", mine, theirs))
    batch = run_config("gan-nano").training.batch
    mine = _steps_a_minute("gan-nano", batch, plan.training)
    rows.append(_training_row(f"training steps, gan-nano, batch {batch}", mine, None))
    return rows


def _training_row(what: str, ours: list[float], peer: list[float] | None) -> Row:
    mine, spread = median_spread(ours)
    if peer is None:
        return Row(what, mine, None, None, "a minute", len(ours), spread)
    theirs, their_spread = median_spread(peer)
    return Row(what, mine, theirs, mine / theirs, "a minute", len(ours), f"{spread} | {their_spread}")


def _steps_a_minute(preset: str, batch: int, repeats: int) -> list[float]:
    _say(f"training steps of {preset}, batch {batch}")
    config = run_config(preset)
    training = trainer(config, batch)
    if repeats > 1:
        training.update()
    every = _rhythm(config.model)
    return [60 * every / _seconds(lambda: [training.update() for _ in range(every)]) for _ in range(repeats)]


def _rhythm(model) -> int:
    """Steps after which penalties that are taken on some steps only have had their turn."""
    rhythms = {"r1": model.penalty_every, "r2": model.penalty_every, "path_length": model.path_every}
    return max([1, *(every for name, every in rhythms.items() if model.weights.get(name))])


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
    rows = work_rows()
    for precision in ("float32", "bf16"):
        _say(f"playing in {precision}")
        rows += playing_rows(precision, plan)
    rows += training_rows(plan)
    finish("gan_speed", rows, {**machine(), "loop": f"{SECONDS:g} s, one bar at {BPM:g} BPM"}, args.json)


if __name__ == "__main__":
    main()
