"""New sound into files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.load import require
from tritone.play.loop_model import Show
from tritone.play.loop_names import walk_stem
from tritone.play.sound import Sound, read_for, write
from tritone.play.wishes import asked, finish


def generate(
    model: Synthesizer,
    out: Path,
    *,
    run: Path | str = "the run",
    count: int = 8,
    seconds: float = 4.0,
    seed: int = 0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` new sounds to `out`; sound i of `seed` is the same whatever the count. Returns what was written.

    `controls` are keywords that the model's `generate` takes beside these (`Synthesizer.controls`).
    """
    require(model, "generate", run)
    check_count(count)
    written = []
    for index in range(count):
        wishes = asked(model, run, controls or {}, show, index, count)
        audio = model.generate(1, seconds, [sound_seed(seed, index)], **wishes)
        written.append(out / f"seed-{seed}-{index:03d}.wav")
        write(written[-1], audio[0].cpu().numpy(), model.sample_rate)
    finish(model, show, count)
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
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` sounds on the straight way between the latents of two files, both ends included."""
    require(model, "encode", run)
    require(model, "decode", run)
    _check_ends(count)
    sounds = [_joint(read_for(model, path).audio) for path in (start, end)]
    samples = min(sound.shape[-1] for sound in sounds)
    if seconds is not None:
        samples = min(samples, round(seconds * model.sample_rate))
    first, last = (model.encode(sound[..., :samples]) for sound in sounds)
    written = []
    for index, latent in enumerate(model.interpolate(first, last, count)):
        show(index, count)
        audio = model.decode(latent[None], samples, noise_seeds=[seed])
        written.append(out / f"{start.stem}-to-{end.stem}-{index:03d}.wav")
        write(written[-1], audio[0].cpu().numpy(), model.sample_rate)
    show(count, count)
    return written


def morph_seeds(
    model: Synthesizer,
    seeds: Sequence[int],
    out: Path,
    *,
    run: Path | str = "the run",
    count: int = 8,
    seconds: float = 4.0,
    controls: Mapping[str, Any] | None = None,
    show: Show = lambda done, total: None,
) -> list[Path]:
    """Write `count` sounds on the way from the first sound of one seed to that of the next, all ends included.

    They are evenly spaced over the whole way. UserError for fewer than two seeds, or fewer sounds than seeds.
    """
    require(model, "morph", run)
    _check_ends(count, len(seeds))
    written = []
    for index in range(count):
        place = index * (len(seeds) - 1) / (count - 1)
        leg = min(int(place), len(seeds) - 2)
        wishes = asked(model, run, controls or {}, show, index, count)
        first, second = (sound_seed(seeds[end], 0) for end in (leg, leg + 1))
        audio = model.morph(first, second, [place - leg], seconds, **wishes)
        written.append(out / f"morph-{walk_stem(list(seeds))}-{index:03d}.wav")
        write(written[-1], audio[0].cpu().numpy(), model.sample_rate)
    finish(model, show, count)
    return written


def sound_seed(seed: int, index: int) -> int:
    """The seed of sound `index`; distinct for every pair (below a million sounds)."""
    return seed * 1_000_003 + 2 * index


def channel_seeds(sound: Sound, seed: int, index: int) -> list[int]:
    """The seed of sound `index` for each of the channels that go through a model apart, so that they stay together."""
    return [sound_seed(seed, index)] * len(sound.audio)


def check_count(count: int) -> None:
    """UserError where no sound is asked for."""
    if count < 1:
        raise UserError(f"--count must be at least 1, not {count}.")


def _check_ends(count: int, ends: int = 2) -> None:
    if ends < 2:
        raise UserError(f"--morph wants at least two seeds, not {ends}.")
    if count < ends:
        held = "both ends" if ends == 2 else f"all {ends} ends"
        raise UserError(f"--count must be at least {ends} for --morph, which holds {held}, not {count}.")


def _joint(audio: Tensor) -> Tensor:
    """One sound `(1, channels, time)`: channels that went apart are mixed down."""
    return audio if len(audio) == 1 else torch.mean(audio, 0, keepdim=True)
