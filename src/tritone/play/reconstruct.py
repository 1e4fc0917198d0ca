"""Sound files through a model and back; with sound that the model has not learned from, timbre transfer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from tritone.families.base import Synthesizer
from tritone.play.gain import brought_to, loudness
from tritone.play.load import require
from tritone.play.sound import as_it_came, find_sounds, outputs_for, read_for, write
from tritone.play.windows import extent
from tritone.signal.windows import in_windows

PEAK = 0.999
"""Largest magnitude of what is brought back to its own loudness."""


def reconstruct(
    model: Synthesizer,
    audio: Sequence[Path],
    out: Path,
    *,
    run: Path | str = "the run",
    dims: int | None = None,
    fidelity: float | None = None,
    seed: int = 0,
    sampled: bool = False,
    noise: bool = True,
    known_loudness: float | None = None,
    style: Path | None = None,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Reconstruct files into `out`, each with the rate, channels and exact length of its original. Returns the files.

    `dims` or `fidelity` limit the latent, `sampled` draws it from the posterior. Channels that the model does not have
    jointly go through it one by one. With `known_loudness`, in LUFS, a sound enters the model that loud and leaves it
    as loud as it was (as far as full scale allows). `style` is a sound whose statistics every result takes on.
    """
    require(model, "reconstruct", run)
    files = find_sounds(audio)
    targets = outputs_for(files, out, ".wav")
    wanted = _style_target(model, style, known_loudness, run)
    size, context = extent(model)
    device = next(model.parameters()).device
    for done, (path, target) in enumerate(zip(files, targets, strict=True)):
        show(done, len(files))
        sound = read_for(model, path)
        entering = _at(known_loudness, sound.audio, model.sample_rate).to(device)
        wishes: dict[str, Any] = {"dims": dims, "fidelity": fidelity}
        if wanted is not None:
            wishes["style"] = model.learn_style(entering[..., :size], wanted[..., :size].to(device))

        def process(part: Tensor, window: int, wishes: dict[str, Any] = wishes) -> Tensor:
            seeds = sound_seeds(seed, window, len(part))
            drawn = {"seeds": seeds if sampled else None, "noise_seeds": seeds if noise else None}
            return model.reconstruct(part, **wishes, **drawn).cpu()

        output = in_windows(process, entering, size, context)
        if known_loudness is not None:
            output = brought_to(output, loudness(sound.audio, model.sample_rate), model.sample_rate, PEAK)
        write(target, as_it_came(sound, output, model.sample_rate), sound.rate)
    show(len(files), len(files))
    return targets


def sound_seeds(seed: int, window: int, count: int) -> list[int]:
    """Different seeds for the channels and windows of a sound."""
    return [(seed << 20) + (window << 4) + channel for channel in range(count)]


def _style_target(
    model: Synthesizer, style: Path | None, known_loudness: float | None, run: Path | str
) -> Tensor | None:
    """The sound whose style is wanted, as it would enter the model. UserError where the model takes no style."""
    if style is None:
        return None
    require(model, "style", run)
    (path,) = find_sounds([style])[:1]
    return _at(known_loudness, read_for(model, path).audio, model.sample_rate)


def _at(known_loudness: float | None, audio: Tensor, rate: int) -> Tensor:
    return audio if known_loudness is None else brought_to(audio, known_loudness, rate)
