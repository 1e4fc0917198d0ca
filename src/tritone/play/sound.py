"""Sound files in and out of a model: rates, channels and lengths fitted and given back as they came."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.signal.files import READABLE_SUFFIXES, read_audio, write_wav
from tritone.signal.resample import resample


@dataclass(frozen=True)
class Sound:
    """A file as a model wants it, and what is needed to give the result the file's own form."""

    name: str
    audio: Tensor
    """`(batch, channels, time)` at the model's rate: sound of another channel count is a batch of its channels."""
    rate: int
    """Rate of the file."""
    samples: int
    """Length of the file in its own samples."""
    channels: int
    """Channels of the file."""


def find_sounds(paths: Sequence[Path]) -> list[Path]:
    """Files as given; folders searched recursively, sorted, without hidden ones. UserError where nothing is found."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if _is_sound(each, path))
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(f"There is no file or folder {path}; check the path.")
    if not found:
        raise UserError(f"There is no sound in {', '.join(map(str, paths))}; give audio files or folders of them.")
    return found


def _is_sound(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in READABLE_SUFFIXES and path.is_file()


def read_for(model: Synthesizer, path: Path) -> Sound:
    """Read a file for `model`: resampled, and split into single channels where the model has fewer than the file."""
    return read_at(model, path, model.sample_rate)


def read_at(model: Synthesizer, path: Path, wanted: int | None) -> Sound:
    """Read a file for `model` at the rate `wanted`, or at its own; for the channels see `read_for`."""
    audio, rate = read_audio(path)
    channels, samples = audio.shape
    if samples == 0:
        raise UserError(f"{path} holds no sound; give a file that is longer than nothing.")
    if not np.isfinite(audio).all():
        raise UserError(f"{path} holds samples that are not numbers (NaN or infinity); export it again.")
    fitted = torch.from_numpy(np.ascontiguousarray(resample(audio, rate, wanted or rate)))
    batch = fitted[None] if channels == model.channels else fitted[:, None].expand(-1, model.channels, -1)
    return Sound(path.stem, batch.contiguous(), rate, samples, channels)


def as_it_came(sound: Sound, output: Tensor, model_rate: int) -> np.ndarray:
    """The model's output with the file's channels, rate and exact length: `(channels, samples)`."""
    audio = output[0] if sound.channels == output.shape[1] and len(output) == 1 else output.mean(1)
    numbers = resample(audio.float().cpu().numpy(), model_rate, sound.rate)
    missing = sound.samples - numbers.shape[-1]
    return np.pad(numbers, ((0, 0), (0, max(0, missing))))[:, : sound.samples]


def outputs_for(paths: Sequence[Path], out: Path, suffix: str) -> list[Path]:
    """One file in `out` for each input, told apart by a number where names repeat; never an input itself."""
    taken: set[str] = set()
    targets = []
    for path in paths:
        names = (f"{path.stem}{'' if number == 1 else f'-{number}'}" for number in count(1))
        name = next(each for each in names if each.casefold() not in taken)
        taken.add(name.casefold())
        targets.append(out / f"{name}{suffix}")
    inputs = {os.path.realpath(path) for path in paths}
    for target in targets:
        if os.path.realpath(target) in inputs:
            raise UserError(f"{target} would overwrite the sound it is made from; give another --out folder.")
    return targets


def make_folder(out: Path) -> None:
    """Make the folder `out` where it is missing; UserError where that cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out} cannot be made ({error.strerror}); choose another folder.") from error


def write(path: Path, audio: np.ndarray, rate: int) -> None:
    """Write 24-bit WAV, the folder made where it is missing."""
    make_folder(path.parent)
    write_wav(path, audio, rate)
