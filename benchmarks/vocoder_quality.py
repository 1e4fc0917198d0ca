"""Mel spectrogram to waveform on sound that was not trained on: a diffusion vocoder beside three others, at 44.1 kHz.

`--diffusion` names a run of `tritone train diffusion --preset diffusion-vocoder-nano`, `--melgan` one of `tritone train
vocoder --preset vocoder-melgan` at 44.1 kHz (benchmarks/README.md has the words). What is not named is left out, and
the head says so. Griffin-Lim and loops-44k, the vocoder with an inverse Fourier transform that ships, need no run.

Each side measures the spectrogram that it was made for. The sound is mono: loops as they were recorded, drum loops of
kits that neither loops-44k nor data from `--shelves a,b,c` holds, and harmonic loops of another seed. Griffin-Lim runs
in float64 and everything else in `--precision`. Seconds of compute count from spectrogram to sound.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from quality_measure import RATE, SPECTRAL, interval, write_examples
from sounds import shipped_loops
from table import Row, finish, machine
from torch import Tensor

from tritone.data.render import Kind, render_loops
from tritone.families.base import Precision
from tritone.nn.losses import SpectralDistance
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.base import Vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.diffusion import DiffusionVocoder
from tritone.nn.vocoders.loop import fit_channels
from tritone.nn.vocoders.shipped import load_shipped
from tritone.play.load import load
from tritone.signal.files import read_audio
from tritone.signal.stft import magnitude

HERE = Path(__file__).parent
THREADS = 2
LOG_SPECTRAL = "log-spectral distance"
UNITS = {SPECTRAL: "distance", LOG_SPECTRAL: "dB"}
COMPUTE = "seconds of compute for a second of sound"
WINDOW, LEAST = 2048, 5e-3
"""Of the log-spectral distance; a bin of less magnitude, 100 dB below a sine at full scale, counts as that much."""
RECORDED_SECONDS = 4
EXAMPLES = 2
"""Sounds of each set that are written as files and pictures."""
HELD_OUT_SEED = 9001
PEERS = ("Griffin-Lim", "MelGAN")


@dataclass(frozen=True)
class Side:
    """A vocoder: from log-mel `(1, 1, mels, frames)` as `spectrogram` measures it to mono sound."""

    name: str
    spectrogram: MelFrames
    make: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Measured:
    """One side on one set of sounds, sound by sound."""

    distances: Mapping[str, list[float]]
    seconds: list[float]


def side(name: str, vocoder: Vocoder, make: Callable[[Tensor], Tensor] | None = None) -> Side:
    """A side that reads mono, whatever channels its vocoder has; `make` stands for the vocoder where it is given."""
    render = make or vocoder

    def mono(log_mel: Tensor) -> Tensor:
        return fit_channels(render(fit_channels(log_mel, vocoder.channels)), 1).float()

    return Side(name, MelFrames(vocoder.config.mel), mono)


def free_sides(precision: Precision) -> list[Side]:
    """Those that need no run: Griffin-Lim and the vocoder that ships, from the same spectrograms."""
    config, weights = load_shipped("loops-44k")
    shipped = build_vocoder(config).eval()
    shipped.load_state_dict(weights)
    if precision != "float32":
        shipped.use_precision(precision)
    griffin = build_vocoder(VocoderConfig("griffin-lim", mel=config.mel))
    return [side("loops-44k", shipped), side("Griffin-Lim", griffin)]


def trained(path: Path, precision: Precision) -> Vocoder:
    """The vocoder of a run. Leaves with a sentence where it has none for this rate."""
    model = load(path, precision=precision)
    vocoder = getattr(model, "vocoder", None)
    if not isinstance(vocoder, Vocoder) or model.sample_rate != RATE:
        sys.exit(f"{path} is no run of a vocoder at {RATE} Hz.")
    return vocoder


def diffusion_sides(path: Path, steps: Sequence[int], precision: Precision) -> list[Side]:
    """A diffusion vocoder at each number of steps."""
    vocoder = trained(path, precision)
    if not isinstance(vocoder, DiffusionVocoder):
        sys.exit(f"--diffusion {path} is no diffusion vocoder.")
    sampling = vocoder.sampling
    counts = steps or [sampling.steps]
    return [
        side(f"diffusion, {n} steps", vocoder, partial(vocoder.render, sampling=replace(sampling, steps=n)))
        for n in counts
    ]


def sound_sets(work: Path, count: int) -> dict[str, list[Tensor]]:
    """Sounds `(1, 1, time)` by set, at most `count` of each."""
    recorded = [audio[None, :, : RECORDED_SECONDS * RATE] for audio in shipped_loops().values()]
    return {
        "recorded loops": recorded[:count],
        "drums of other kits": rendered(work / f"drums-{count}", count, "drums", ("d",)),
        "harmonic loops": rendered(work / f"synth-{count}", count, "synth", "abcd"),
    }


def rendered(folder: Path, count: int, kind: Kind, shelves: Sequence[str]) -> list[Tensor]:
    """Loops of one bar at several tempos."""
    paths = render_loops(
        folder, count, kind=kind, bpm=(80, 174), channels=1, sample_rate=RATE, seed=HELD_OUT_SEED, shelves=shelves
    )
    return [torch.from_numpy(np.ascontiguousarray(read_audio(path)[0], np.float32))[None] for path in paths]


def log_spectral_distance(output: Tensor, target: Tensor) -> float:
    """Mean over frames of the root mean square over bins of the difference of levels, in decibels."""
    levels = [20 * magnitude(sound[0], WINDOW, WINDOW // 4).clamp(min=LEAST).log10() for sound in (output, target)]
    return float((levels[0] - levels[1]).square().mean(-2).sqrt().mean())


@torch.inference_mode()
def measure(one: Side, sounds: Sequence[Tensor]) -> Measured:
    """The distances of every sound, and the compute that a second of it took."""
    distances: dict[str, list[float]] = {SPECTRAL: [], LOG_SPECTRAL: []}
    seconds = []
    one.make(one.spectrogram.at_hop(sounds[0][..., : RATE // 4]))
    for sound in sounds:
        log_mel = one.spectrogram.at_hop(sound)
        begun = time.perf_counter()
        output = one.make(log_mel)[..., : sound.shape[-1]]
        seconds.append((time.perf_counter() - begun) / (sound.shape[-1] / RATE))
        distances[SPECTRAL].append(SpectralDistance()(output, sound).item())
        distances[LOG_SPECTRAL].append(log_spectral_distance(output, sound))
    return Measured(distances, seconds)


def rows_of(name: str, ours: str, peer: str, mine: Measured, theirs: Measured) -> list[Row]:
    """Both distances, means beside each other; and the compute, medians."""
    found = []
    for what, unit in UNITS.items():
        own, other = mine.distances[what], theirs.distances[what]
        spread = f"{interval(own)} | {interval(other)}"
        ratio = float(np.mean(other) / np.mean(own))
        title = f"{what}, {name}: {ours} | {peer}"
        found.append(Row(title, float(np.mean(own)), float(np.mean(other)), ratio, unit, len(own), spread))
    own_time, other_time = float(np.median(mine.seconds)), float(np.median(theirs.seconds))
    spread = " | ".join(f"{min(times):.3g} to {max(times):.3g}" for times in (mine.seconds, theirs.seconds))
    title = f"{COMPUTE}, {name}: {ours} | {peer}"
    found.append(Row(title, own_time, other_time, other_time / own_time, "s", len(mine.seconds), spread))
    return found


def compared(sides: Sequence[Side], sets: Mapping[str, Sequence[Tensor]]) -> list[Row]:
    """Each of ours beside all that follow it in `sides`, set by set; not beside itself at other steps."""
    pairs = [
        (ours.name, peer.name)
        for place, ours in enumerate(sides)
        for peer in sides[place + 1 :]
        if ours.name not in PEERS and not peer.name.startswith("diffusion")
    ]
    rows = []
    for name, sounds in sets.items():
        measured = {one.name: measure(one, sounds) for one in sides}
        for ours, peer in pairs:
            rows += rows_of(name, ours, peer, measured[ours], measured[peer])
        print(f"measured {name}", file=sys.stderr, flush=True)
    return rows


def write_some(folder: Path, sides: Sequence[Side], sets: Mapping[str, Sequence[Tensor]]) -> None:
    """The first sounds of each set, as files and in a picture."""
    chosen = {f"{name} {place}": one for name, sounds in sets.items() for place, one in enumerate(sounds[:EXAMPLES])}

    def through(one: Side, sound: Tensor) -> list[Tensor]:
        return [one.make(one.spectrogram.at_hop(sound))[..., : sound.shape[-1]]]

    with torch.inference_mode():
        write_examples(folder, chosen, {one.name: partial(through, one) for one in sides})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four sounds of each set")
    parser.add_argument("--diffusion", type=Path, help="a run of `tritone train diffusion` for the task vocoder")
    parser.add_argument("--steps", type=int, nargs="*", default=[], help="steps of its sampler; by default its own")
    parser.add_argument("--melgan", type=Path, help="a run of `tritone train vocoder` with a MelGAN")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="bf16")
    parser.add_argument("--work", type=Path, default=HERE / "results" / "runs" / "vocoder_quality")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and sounds to NAME_examples")
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    torch.set_num_threads(THREADS)
    sides = [*(diffusion_sides(args.diffusion, args.steps, args.precision) if args.diffusion else [])]
    sides += free_sides(args.precision)
    if args.melgan:
        sides.append(side("MelGAN", trained(args.melgan, args.precision)))
    sets = sound_sets(args.work.resolve(), 4 if args.quick else 24)
    head = {**machine(), "precision": args.precision}
    for name, run in (("diffusion", args.diffusion), ("melgan", args.melgan)):
        head[name] = run.name if run else f"left out (--{name} names a run)"
    if args.json:
        write_some(args.json.with_name(f"{args.json.stem}_examples"), sides, sets)
    finish("vocoder_quality", compared(sides, sets), head, args.json)


if __name__ == "__main__":
    main()
