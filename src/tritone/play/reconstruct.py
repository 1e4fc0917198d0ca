"""Sound files through a model and back."""

from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

from tritone.families.base import Synthesizer
from tritone.play.load import require
from tritone.play.sound import as_it_came, find_sounds, outputs_for, read_for, write
from tritone.play.windows import extent
from tritone.signal.windows import in_windows


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
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Reconstruct files into `out`, each with the rate, channels and exact length of its original. Returns the files.

    `dims` or `fidelity` limit the latent, `sampled` draws it from the posterior. Channels that the model does not have
    jointly go through it one by one.
    """
    require(model, "reconstruct", run)
    files = find_sounds(audio)
    targets = outputs_for(files, out, ".wav")
    size, context = extent(model)
    device = next(model.parameters()).device
    for done, (path, target) in enumerate(zip(files, targets, strict=True)):
        show(done, len(files))
        sound = read_for(model, path)

        def process(part: Tensor, window: int) -> Tensor:
            seeds = sound_seeds(seed, window, len(part))
            return model.reconstruct(
                part,
                dims=dims,
                fidelity=fidelity,
                seeds=seeds if sampled else None,
                noise_seeds=seeds if noise else None,
            ).cpu()

        output = in_windows(process, sound.audio.to(device), size, context)
        write(target, as_it_came(sound, output, model.sample_rate), sound.rate)
    show(len(files), len(files))
    return targets


def sound_seeds(seed: int, window: int, count: int) -> list[int]:
    """Different seeds for the channels and windows of a sound."""
    return [(seed << 20) + (window << 4) + channel for channel in range(count)]
