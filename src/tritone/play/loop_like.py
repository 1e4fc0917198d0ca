"""Loops like a file: where it lies among the styles of a model, and others around it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.loop_model import LoopModel, LoopOptions, Show, beats_per_bar, fit_options, loop_model
from tritone.play.loop_names import bars_words, like_stem, tempo_words
from tritone.play.loop_tempo import file_tempo
from tritone.play.loops import LoopWriter
from tritone.play.sound import read_for
from tritone.signal.loops import loop_length
from tritone.signal.spectrogram import RANGE_DB, mel_decibels

SILENCE = 1e-4
"""Peak under which a file is silent."""
SLACK_SECONDS = 0.05
"""So much may be missing at the end of a loop; it is filled with silence."""


@dataclass(frozen=True)
class Likeness:
    """What imitating a file gave."""

    written: list[Path]
    """The loops; the first is the nearest that was found."""
    bpm: float
    """Tempo that the file was read at."""
    distance: float
    """Mean distance in dB between the mel spectrograms of the file's loop and the nearest one."""


def like_file(
    model: Synthesizer,
    path: Path,
    out: Path,
    *,
    run: Path | str = "the run",
    count: int = 16,
    seed: int = 0,
    strength: float = 0.3,
    steps: int = 200,
    options: LoopOptions | None = None,
    show: Show = lambda done, total: None,
) -> Likeness:
    """Write `count` loops like the first loop in a file to `out`: the nearest that the model has, then variations.

    Variation i moves the style of the nearest towards that of the seed `seed + i`, its last layer by `strength`, its
    first ones less. `steps` are spent on finding the nearest. For tempo and bars see `loop_tempo.file_tempo`; the loops
    have the file's tempo unless `options` say another. UserError for a file without sound, tempo or a whole loop.
    """
    loops, options = loop_model(model, run), options or LoopOptions()
    _check(count, steps, strength)
    fit_options(loops, options)
    audio, bpm = _read(model, loops, path, options)
    writer = LoopWriter(loops, fit_options(loops, options, bpm), out, options.sheet)
    total, stem, digits = steps + count, like_stem(path.stem), max(2, len(str(count - 1)))
    device = next(model.parameters()).device
    nearest = loops.project(
        audio.to(device), bpm=bpm, label=options.label, steps=steps, seed=seed, show=lambda done, _: show(done, total)
    ).detach()
    distance = _distance(loops, audio, nearest, seed, bpm)
    for index in range(count):
        show(steps + index, total)
        other = writer.style(seed + index) if index else nearest
        title = f"variation {index}, seed {seed + index}" if index else "nearest"
        writer.write(f"like-{stem}_{index:0{digits}d}", title, vary(nearest, other, strength), seed)
    show(total, total)
    return Likeness(writer.finish(), bpm, distance)


def vary(style: Tensor, other: Tensor, strength: float) -> Tensor:
    """A style `(1, layers, w)` moved towards another: the last layer by `strength`, the first by a share of it."""
    layers = style.shape[1]
    share = torch.arange(1, layers + 1, device=style.device, dtype=style.dtype) / layers
    return torch.lerp(style, other, strength * share[None, :, None])


def _check(count: int, steps: int, strength: float) -> None:
    for name, value in (("--count", count), ("--steps", steps)):
        if value < 1:
            raise UserError(f"{name} must be at least 1, not {value}.")
    if not 0 <= strength <= 1:
        raise UserError(f"--strength must lie between 0 and 1, not {strength:g}.")


def _read(model: Synthesizer, loops: LoopModel, path: Path, options: LoopOptions) -> tuple[Tensor, float]:
    """The first loop of a file `(1, channels, time)` as the model wants it, and its tempo."""
    sound = read_for(model, path)
    audio = torch.mean(sound.audio, 0, keepdim=True)
    if float(audio.abs().max()) < SILENCE:
        raise UserError(f"{path} is silent; give a loop that sounds.")
    rate = loops.sample_rate
    bpm = file_tempo(path, sound.samples / sound.rate, loops, options)
    wanted = loop_length(loops.bars, bpm, rate, beats_per_bar(loops))
    missing = wanted - audio.shape[-1]
    if missing > SLACK_SECONDS * rate:
        loop = f"one loop of {bars_words(loops.bars)} at {tempo_words(bpm)} BPM ({wanted / rate:.2f} s)"
        raise UserError(
            f"{path} is shorter ({audio.shape[-1] / rate:.2f} s) than {loop}, which this model makes; give a longer "
            "one, or its right tempo in its name."
        )
    return torch.nn.functional.pad(audio, (0, max(0, missing)))[..., :wanted].contiguous(), bpm


def _distance(loops: LoopModel, audio: Tensor, style: Tensor, seed: int, bpm: float) -> float:
    """Mean distance in dB of two loops' mel spectrograms, each cut off 80 dB under the louder one's peak."""
    found = loops.render(style, [seed], bars=loops.bars, bpm=bpm)[0].detach()
    pictures = [mel_decibels(sound, loops.sample_rate) for sound in (audio[0], found)]
    floor = max(float(picture.max()) for picture in pictures) - RANGE_DB
    here, there = (np.maximum(picture, floor) for picture in pictures)
    return float(np.abs(here - there).mean())
