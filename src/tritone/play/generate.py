"""New sound into files."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.load import require
from tritone.play.sound import read_for, write


def generate(
    model: Synthesizer,
    out: Path,
    *,
    run: Path | str = "the run",
    count: int = 8,
    seconds: float = 4.0,
    seed: int = 0,
    temperature: float = 1.0,
    speed: float = 1.0,
    dims: int | None = None,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Write `count` new sounds to `out`; sound i of `seed` is the same whatever the count. Returns what was written."""
    require(model, "generate", run)
    if count < 1:
        raise UserError(f"--count must be at least 1, not {count}.")
    written = []
    for index in range(count):
        show(index, count)
        audio = model.generate(1, seconds, [sound_seed(seed, index)], temperature=temperature, morph=speed, dims=dims)
        written.append(out / f"seed-{seed}-{index:03d}.wav")
        write(written[-1], audio[0].cpu().numpy(), model.sample_rate)
    show(count, count)
    return written


def morph(
    model: Synthesizer,
    start: Path,
    end: Path,
    out: Path,
    *,
    run: Path | str = "the run",
    count: int = 8,
    seconds: float | None = None,
    seed: int = 0,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Write `count` sounds on the straight way between the latents of two files, both ends included."""
    require(model, "encode", run)
    require(model, "decode", run)
    if count < 2:
        raise UserError(f"--count must be at least 2 for --morph, which holds both ends, not {count}.")
    sounds = [_joint(read_for(model, path).audio) for path in (start, end)]
    samples = min(sound.shape[-1] for sound in sounds)
    if seconds is not None:
        samples = min(samples, round(seconds * model.sample_rate))
    latents = [model.encode(sound[..., :samples]) for sound in sounds]
    written = []
    for index, latent in enumerate(model.interpolate(*latents, count)):
        show(index, count)
        audio = model.decode(latent[None], samples, noise_seeds=[seed])
        written.append(out / f"{start.stem}-to-{end.stem}-{index:03d}.wav")
        write(written[-1], audio[0].cpu().numpy(), model.sample_rate)
    show(count, count)
    return written


def sound_seed(seed: int, index: int) -> int:
    """The seed of sound `index`; distinct for every pair (below a million sounds)."""
    return seed * 1_000_003 + 2 * index


def _joint(audio: Tensor) -> Tensor:
    """One sound `(1, channels, time)`: channels that went apart are mixed down."""
    return audio if len(audio) == 1 else torch.mean(audio, 0, keepdim=True)
