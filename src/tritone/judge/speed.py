"""What it takes to make sound with a model: time, memory, size, latency and energy, through the contract alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

from tritone.families.base import Synthesizer
from tritone.judge.energy import EnergyMeter
from tritone.judge.figure import Better, Figure, Metric
from tritone.judge.memory import peak_megabytes
from tritone.play.generate import sound_seed

REPEATS = 5
SECONDS = 4.0
"""Length of the sound that is made; a model of loops makes one at its own tempo."""


def _metric(key: str, name: str, about: str, unit: str, better: Better = "lower") -> Metric:
    return Metric(key, name, about, unit, better, "speed")


GENERATING = _metric(
    "speed-generate",
    "Generating",
    "Seconds of new sound that are made in one second, one sound at a time; above 1 is faster than it plays. The "
    "middle of several times, with the slowest and the fastest.",
    "× real time",
    "higher",
)
RECONSTRUCTING = _metric(
    "speed-reconstruct",
    "Reconstructing",
    "Seconds of sound that go through the model and back in one second, one sound at a time. The middle of several "
    "times, with the slowest and the fastest.",
    "× real time",
    "higher",
)
LATENCY = _metric(
    "latency",
    "Latency of the model",
    "How far the output of a live version lags behind its input by the model's own build, buffers not counted.",
    "ms",
)
PARAMETERS = _metric("parameters", "Parameters", "Numbers that the model consists of, with all that plays.", "millions")
FILE_SIZE = _metric("file-size", "File", "Size of the weights on disk.", "MB")
MEMORY = _metric(
    "memory",
    "Memory",
    "Most memory of a program that only loads the model and makes one sound, with PyTorch itself.",
    "MB",
)
ENERGY = _metric(
    "energy",
    "Energy",
    "Energy of the processors for a second of sound, with all else that ran on them meanwhile.",
    "J",
)


@dataclass(frozen=True)
class Played:
    """A trained model and where its weights lie."""

    model: Synthesizer
    checkpoint: Path
    """The folder of the checkpoint."""


def speed_figures(played: Played, *, seconds: float = SECONDS, repeats: int = REPEATS) -> list[Figure]:
    """All of it; what the model cannot do or the machine does not tell is left out. Times depend on `machine()`."""
    model, able = played.model, played.model.capabilities()
    figures: list[Figure] = []
    if "generate" in able:
        figures += _timed(GENERATING, lambda: new_sound(model, seconds), model.sample_rate, repeats)
    if "reconstruct" in able:
        sound = _noise(model, seconds)
        figures += _timed(RECONSTRUCTING, lambda: model.reconstruct(sound, noise_seeds=[0]), model.sample_rate, repeats)
    facts = model.facts()
    if "reconstruct" in able and "delay_samples" in facts:
        figures.append(Figure(LATENCY, 1000 * facts["delay_samples"] / model.sample_rate, 1))
    numbers = sum(value.numel() for value in model.state_dict().values())
    figures.append(Figure(PARAMETERS, numbers / 1e6, 1))
    figures.append(Figure(FILE_SIZE, (played.checkpoint / "model.safetensors").stat().st_size / 1e6, 1))
    memory = peak_megabytes(played.checkpoint, "latest", seconds, torch.get_num_threads())
    return figures + ([Figure(MEMORY, memory, 1)] if memory is not None else [])


def play_once(model: Synthesizer, seconds: float) -> Tensor:
    """A new sound, or where the model makes none, one that has gone through it."""
    if "generate" in model.capabilities():
        return new_sound(model, seconds)
    return model.reconstruct(_noise(model, seconds), noise_seeds=[0])


def new_sound(model: Synthesizer, seconds: float) -> Tensor:
    """A new sound of about so many seconds; a model of loops gives one of its own length."""
    return model.generate(1, None if "loop" in model.capabilities() else seconds, [sound_seed(0, 0)])


def _timed(metric: Metric, make: Callable[[], Tensor], rate: int, repeats: int) -> list[Figure]:
    """The speed, and what energy it took. The first sound, for which much is set up, does not count."""
    make()
    meter, factors, length = EnergyMeter(), [], 0.0
    for _ in range(repeats):
        begun = time.perf_counter()
        audio = make()
        _finish(audio)
        taken = time.perf_counter() - begun
        length += audio.shape[-1] / rate
        factors.append(audio.shape[-1] / rate / taken)
    energy = meter.joules()
    speed = Figure(metric, median(factors), repeats, min(factors), max(factors))
    return [speed] if energy is None or metric is not GENERATING else [speed, Figure(ENERGY, energy / length, repeats)]


def _finish(audio: Tensor) -> None:
    """Wait until the device has really made it."""
    if audio.device.type == "cuda":
        torch.cuda.synchronize(audio.device)
    elif audio.device.type == "mps":
        torch.mps.synchronize()


def _noise(model: Synthesizer, seconds: float) -> Tensor:
    """Quiet noise to be reconstructed; what it sounds like does not change the work."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.standard_normal((1, model.channels, round(seconds * model.sample_rate)))
    return torch.from_numpy(noise.astype(np.float32)).to(next(model.parameters()).device)
