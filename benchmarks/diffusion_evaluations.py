"""Evaluations that a trained network needs: ours beside audio-diffusion-pytorch's sampler, from the same noise.

Both sides sample with the same network of `--run` (its averaged weights, unguided, without label or under `--label`)
from the same normal numbers. What is measured is the error of solving: how far each lands from where the network's
probability-flow equation, solved finely, leads from that noise, as root mean square per sound in units of the data's
deviation, and as the log-mel distance between the decoded sounds. Rows at the top show that the fine solution is one:
other ways to it end far nearer to it than what it judges.

It says how many evaluations a trained network costs at equal error of solving. It does not say that sounds are good: a
network's own error is in both sides alike, and a sampler that strays may happen to stray to something as good. That is
what diffusion_steps measures. Nor does it speak of guidance, or of networks distilled for few steps.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite
from pathlib import Path

import numpy as np
import torch
from diffusion_evaluations_flow import ACCURATE, CHECKS, Flow, open_flow
from diffusion_samplers import FEWER, THEIR_STEPS, steps_for
from numpy.typing import NDArray
from table import Row, at_most, finish, in_turn, machine, median_spread
from torch import Tensor

from tritone.nn.diffusion.config import SamplingConfig
from tritone.signal.spectrogram import mel_decibels

THREADS = 2
COUNT, QUICK_COUNT, CHECKED = 32, 4, 8
"""Sounds, with --quick, and of those the ones on which the accurate solution is checked."""
EVALUATIONS = (4, *range(6, 19), 24, 32)
QUICK_EVALUATIONS = (4, 8, 10, 12, 14, 16)
SHOWN = (4, 8, 12, 16, 32)
MANY = 200
"""Evaluations after which what is left of the default's error is that of where it begins and ends."""
SLOW = ("ddim", "heun")
"""Samplers beside the default whose errors are shown, but not searched for the peer's."""
RANGES = ((8.0, 0.01), (16.0, 0.01), (25.0, 0.03), (80.0, 0.005))
"""Other ranges of levels for the default sampler, which have no bar."""
DIFFERENT = 0.1
"""Share of the peer's error under which other ways to the accurate solution must lie."""
QUIET_DB = -80.0
"""Of a full-scale sine; whatever is quieter counts as so quiet."""
RESAMPLES, REPEATS = 2000, 5

SIGNAL, SOUND = "signal", "sound"
UNITS = {SIGNAL: "data deviations", SOUND: "dB of log-mel"}
Errors = dict[str, NDArray[np.float64]]
"""Error of each sound `(count,)`, by measure."""


@dataclass(frozen=True)
class Ruler:
    """Distances to the accurate solution."""

    flow: Flow
    wanted: Tensor
    heard: Sequence[NDArray[np.float32]]

    @classmethod
    def of(cls, flow: Flow, noise: Tensor) -> "Ruler":
        wanted = flow.ours(noise, ACCURATE)
        return cls(flow, wanted, levels(flow, wanted))

    def errors(self, signal: Tensor) -> Errors:
        heard = levels(self.flow, signal)
        apart = [float(np.abs(one - other).mean()) for one, other in zip(heard, self.heard, strict=True)]
        return {SIGNAL: distance(signal, self.wanted), SOUND: np.array(apart)}


def distance(signal: Tensor, other: Tensor) -> NDArray[np.float64]:
    """Root mean square of each sound's difference."""
    return (signal - other[: len(signal)]).square().mean((1, 2)).sqrt().numpy()


def levels(flow: Flow, signal: Tensor) -> list[NDArray[np.float32]]:
    """Mel spectrograms in dB."""
    rate = flow.model.sample_rate
    return [np.maximum(mel_decibels(one, rate), QUIET_DB) for one in flow.heard(signal)]


def systems() -> dict[str, SamplingConfig]:
    """Ours by name; the first is the default."""
    usual = SamplingConfig()
    span = f"{usual.grid} {usual.sigma_max:g} to {usual.sigma_min:g}"
    found = {f"default ({usual.sampler}, {span})": usual}
    found |= {
        f"{name}, {span}": replace(usual, sampler=name) for name in ("2m", "ddim", "heun") if name != usual.sampler
    }
    ranges = {f"{usual.sampler}, {usual.grid} {a:g} to {b:g}": (a, b) for a, b in RANGES}
    others = {name: replace(usual, sigma_max=a, sigma_min=b) for name, (a, b) in ranges.items()}
    return found | {name: config for name, config in others.items() if config != usual}


def interval(statistic: Callable[[NDArray[np.intp]], float], count: int) -> str:
    """95 % bootstrap interval of what is said of sounds by their numbers."""
    drawn = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    low, high = np.percentile([statistic(rows) for rows in drawn], [2.5, 97.5], method="nearest")
    return f"{low:.3g} to {high:.3g}"


def median_interval(values: NDArray[np.float64]) -> str:
    return interval(lambda rows: float(np.median(values[rows])), len(values))


def fewest(errors: Mapping[int, Errors], peer: Errors, measure: str, rows: NDArray[np.intp]) -> float:
    """Least evaluations whose median error over those sounds is at most the peer's; infinite where none is."""
    bar = np.median(peer[measure][rows])
    return next((n for n in sorted(errors) if np.median(errors[n][measure][rows]) <= bar), inf)


# rows -----------------------------------------------------------------------------------------------------------------


def check_rows(flow: Flow, noise: Tensor, ruler: Ruler, peer: Errors) -> list[Row]:
    """Other ways to the accurate solution, beside a tenth of the peer's error."""
    first, bar = noise[:CHECKED], round(DIFFERENT * float(np.median(peer[SIGNAL])), 4)
    rows = []
    for name, config in CHECKS.items():
        apart = distance(flow.ours(first, config), ruler.wanted)
        what = f"the accurate solution ({ACCURATE.steps} steps of 2m) reached otherwise: {name}"
        middle, spread = median_spread(apart.tolist())
        rows.append(at_most(what, middle, bar, UNITS[SIGNAL], len(first), spread))
    return rows


def error_rows(name: str, found: Mapping[int, Errors], peer: Errors) -> list[Row]:
    """Both errors against evaluations, beside the peer's 50 steps."""
    rows = []
    for count in (n for n in found if n in (*SHOWN, MANY)):
        for measure, unit in UNITS.items():
            own, other = found[count][measure], peer[measure]
            mine, theirs = float(np.median(own)), float(np.median(other))
            spread = f"{median_interval(own)} | {median_interval(other)}"
            what = f"error of the {measure}, {count} evaluations, {name}"
            rows.append(Row(what, mine, theirs, theirs / mine, unit, len(own), spread))
    return rows


def fewest_row(name: str, found: Mapping[int, Errors], peer: Errors, measure: str, bar: float | None) -> Row:
    """Evaluations for the error of the peer's 50."""
    count = len(peer[measure])
    evaluations = fewest(found, peer, measure, np.arange(count))
    spread = interval(partial(fewest, found, peer, measure), count)
    ratio = THEIR_STEPS / evaluations
    bar_text, holds = (None, None) if bar is None else (f">= {bar:g} x", ratio >= bar)
    what = f"evaluations for the error of the {measure} of VSampler's {THEIR_STEPS} steps, {name}"
    return Row(what, evaluations, THEIR_STEPS, ratio, "evaluations", count, spread, bar_text, holds)


def time_row(flow: Flow, config: SamplingConfig, repeats: int) -> Row:
    """Times real time of sampling one sound, what decodes latents left out."""
    noise, seconds = flow.noise(1), flow.samples / flow.model.sample_rate

    def speed(make: Callable[[], Tensor]) -> float:
        begun = time.perf_counter()
        make()
        return seconds / (time.perf_counter() - begun)

    flow.ours(noise, replace(config, steps=2))
    ours, theirs = partial(flow.ours, noise, config), partial(flow.theirs, noise, THEIR_STEPS)
    sides = in_turn(repeats, partial(speed, ours), partial(speed, theirs))
    (mine, spread), (other, their_spread) = (median_spread(side) for side in sides)
    what = f"sampling one sound, ours in {config.steps} evaluations | VSampler in {THEIR_STEPS}"
    return Row(what, mine, other, mine / other, "x real time", repeats, f"{spread} | {their_spread}")


# the whole ------------------------------------------------------------------------------------------------------------


def measured(flow: Flow, noise: Tensor, ruler: Ruler, evaluations: Sequence[int]) -> dict[str, dict[int, Errors]]:
    """Errors by name and evaluations: every system of ours, the default with very many, and the peer's sampler."""
    found: dict[str, dict[int, Errors]] = {}
    for name, config in systems().items():
        own = found[name] = {}
        for count in (*evaluations, *([] if found.keys() - {name} else [MANY])):
            config = replace(config, steps=steps_for(config.sampler, count))
            own[count] = ruler.errors(flow.ours(noise, config))
        print(f"measured {name}", file=sys.stderr, flush=True)
    found["VSampler"] = {count: ruler.errors(flow.theirs(noise, count)) for count in evaluations if count in SHOWN}
    return found


def rows_of(flow: Flow, count: int, quick: bool) -> list[Row]:
    noise = flow.noise(count)
    ruler = Ruler.of(flow, noise)
    peer = ruler.errors(flow.theirs(noise, THEIR_STEPS))
    rows = check_rows(flow, noise, ruler, peer)
    found = measured(flow, noise, ruler, QUICK_EVALUATIONS if quick else EVALUATIONS)
    default = next(iter(systems()))
    for name, config in systems().items():
        if config.sampler not in SLOW:
            bar = FEWER if name == default else None
            rows += [fewest_row(name, found[name], peer, measure, b) for measure, b in ((SIGNAL, bar), (SOUND, None))]
    rows += [row for name, own in found.items() for row in error_rows(name, own, peer)]
    reached = rows[len(CHECKS)].ours
    steps = {SamplingConfig().steps, *([int(reached)] if isfinite(reached) else [])}
    return rows + [time_row(flow, SamplingConfig(steps=each), 2 if quick else REPEATS) for each in sorted(steps)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="a run of `tritone train diffusion`")
    parser.add_argument("--label", default="", help="one of the model's labels (none)")
    parser.add_argument("--quick", action="store_true", help="under five minutes: same code, fewer sounds and steps")
    parser.add_argument("--count", type=int, help=f"sounds ({COUNT}, or {QUICK_COUNT} with --quick)")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    return parser.parse_args()


@torch.no_grad()
def main() -> None:
    """Print the table; see the top of the file."""
    args = _arguments()
    torch.set_num_threads(THREADS)
    flow = open_flow(args.run, args.label)
    rows = rows_of(flow, args.count or (QUICK_COUNT if args.quick else COUNT), args.quick)
    sounds = f"of {flow.samples / flow.model.sample_rate:.2f} s, {flow.model.domain.name}, {flow.model.sample_rate} Hz"
    head = {**machine(["audio-diffusion-pytorch"]), "sounds": sounds, "label": args.label or "none"}
    finish("diffusion_evaluations", rows, head, args.json)


if __name__ == "__main__":
    main()
