"""Sound files to files of latents, and back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tokenize import TokenError

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from tritone.errors import UserError, unwritten
from tritone.families.base import Synthesizer
from tritone.play.load import require
from tritone.play.reconstruct import sound_seeds
from tritone.play.sound import find_sounds, make_folder, outputs_for, read_for, write
from tritone.play.windows import extent
from tritone.signal.windows import in_windows


def encode(
    model: Synthesizer,
    audio: Sequence[Path],
    out: Path,
    *,
    run: Path | str = "the run",
    file_format: str = "safetensors",
    dims: int | None = None,
    fidelity: float | None = None,
    seed: int = 0,
    sampled: bool = False,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Encode files to latents `(batch, dims, frames)` in `out`. Returns what was written.

    A safetensors file also holds rate, length, channels and ratio, by which `decode` gives exactly those back, and
    what tells latents of one model from those of another, where the model states it (`latent_space` in its facts).
    """
    require(model, "encode", run)
    files = find_sounds(audio)
    targets = outputs_for(files, out, f".{file_format}")
    size, context = extent(model)
    stated = model.facts()
    ratio = int(stated["ratio"])
    device = next(model.parameters()).device
    for done, (path, target) in enumerate(zip(files, targets, strict=True)):
        show(done, len(files))
        sound = read_for(model, path)

        def process(part: Tensor, window: int) -> Tensor:
            seeds = sound_seeds(seed, window, len(part)) if sampled else None
            return model.encode(part, dims=dims, fidelity=fidelity, seeds=seeds).cpu()

        latent = in_windows(process, sound.audio.to(device), size, context, down=ratio)
        facts: dict[str, int | str] = {
            "samples": sound.audio.shape[-1],
            "channels": sound.channels,
            "sample_rate": model.sample_rate,
        }
        if stated.get("latent_space"):
            facts["latent_space"] = stated["latent_space"]
        make_folder(out)
        _save(target, latent, {**facts, "ratio": ratio})
    show(len(files), len(files))
    return targets


def decode(
    model: Synthesizer,
    latents: Sequence[Path],
    out: Path,
    *,
    run: Path | str = "the run",
    seed: int = 0,
    fill: bool = False,
    noise: bool = True,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Decode files of latents to WAV at the model's rate in `out`. Returns what was written.

    `fill` draws the dimensions that a latent lacks from N(0, 1) instead of leaving them at their mean.
    """
    require(model, "decode", run)
    targets = outputs_for(latents, out, ".wav")
    size, context = extent(model)
    stated = model.facts()
    ratio = int(stated["ratio"])
    device = next(model.parameters()).device
    for done, (path, target) in enumerate(zip(latents, targets, strict=True)):
        show(done, len(latents))
        latent, facts, space = _read(path)
        _check(path, facts, {"sample_rate": model.sample_rate, "ratio": ratio})
        _check_space(path, space, stated.get("latent_space"))

        def process(part: Tensor, window: int) -> Tensor:
            seeds = sound_seeds(seed, window, len(part))
            return model.decode(part, seeds=seeds if fill else None, noise_seeds=seeds if noise else None).cpu()

        audio = in_windows(process, latent.to(device), size // ratio, context // ratio, up=ratio)
        audio = audio[..., : facts.get("samples", audio.shape[-1])]
        if len(audio) == facts.get("channels"):
            audio = audio.mean(1, keepdim=True)  # each channel of the file went through the model alone
        write(target, audio.flatten(0, 1).numpy(), model.sample_rate)
    show(len(latents), len(latents))
    return targets


def _save(path: Path, latent: Tensor, facts: dict[str, int | str]) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".npy":
            with temporary.open("wb") as file:
                np.save(file, latent.numpy())
        else:
            metadata = {name: str(value) for name, value in facts.items()}
            temporary.write_bytes(save({"latent": latent.contiguous()}, metadata))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise unwritten(path, error) from error


def _read(path: Path) -> tuple[Tensor, dict[str, int], str | None]:
    """The latents of a file, the numbers that it states about them, and whose they are."""
    space = None
    mend = "give a file that `tritone encode` wrote, or an array (dims, frames) or (batch, dims, frames)"
    if not path.is_file():
        raise UserError(f"There is no file {path}; {mend}.")
    try:
        if path.suffix == ".npy":
            latent, facts = torch.from_numpy(np.load(path, allow_pickle=False)), {}
        else:
            with safe_open(path, "pt") as file:
                latent = file.get_tensor("latent")
                stated = file.metadata() or {}
                facts = {name: int(value) for name, value in stated.items() if value.isascii() and value.isdigit()}
                space = stated.get("latent_space")
    except (OSError, EOFError, MemoryError, ValueError, TypeError, TokenError, SyntaxError, SafetensorError) as error:
        raise UserError(f"{path} holds no latents ({' '.join(str(error).split())}); {mend}.") from error
    latent = latent[None] if latent.ndim == 2 else latent
    if latent.ndim != 3 or 0 in latent.shape or not latent.is_floating_point():
        raise UserError(f"{path} holds {latent.dtype} of shape {tuple(latent.shape)}; {mend}.")
    latent = latent.float()
    if not latent.isfinite().all():
        raise UserError(f"{path} holds values that are not finite; encode the sound again.")
    return latent, facts, space


def _check(path: Path, facts: dict[str, int], model: dict[str, int]) -> None:
    for name, value in model.items():
        if name in facts and facts[name] != value:
            raise UserError(
                f"{path} comes from a model with {name} {facts[name]}, but this one has {value}; use that model."
            )


def _check_space(path: Path, found: str | None, own: str | None) -> None:
    if found and own and found != own:
        raise UserError(
            f"{path} holds latents of another model or of an earlier checkpoint, to which they mean something else "
            f"({found}, not {own}); decode them with that one, or give them as .npy to decode them all the same."
        )
