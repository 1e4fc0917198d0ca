"""Sound files in and out of a model: rates, channels and lengths fitted and given back as they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.signal.files import read_audio, write_wav
from tritone.signal.resample import resample

EXTENSIONS = frozenset(
    [
        ".wav",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".aifc",
        ".caf",
        ".w64",
        ".rf64",
        ".au",
        ".m4a",
        ".aac",
        ".mp4",
        ".wma",
        ".webm",
        ".mka",
    ]
)


@dataclass(frozen=True)
class Sound:
    """A file as a model wants it, and what is needed to give the result the file's own form."""

    name: str
    audio: Tensor
    """`(batch, channels, time)` at the model's rate: a sound with more channels than the model is a batch of channels."""
    rate: int
    """Rate of the file."""
    samples: int
    """Length of the file in its own samples."""
    channels: int
    """Channels of the file."""


def find_sounds(paths: Sequence[Path]) -> list[Path]:
    """Files as given, folders searched recursively, sorted. Raises UserError where there is nothing."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in EXTENSIONS and p.is_file())
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(f"There is no file or folder {path}; check the path.")
    if not found:
        raise UserError(f"There is no sound in {', '.join(map(str, paths))}; give audio files or folders of them.")
    return found


def read_for(model: Synthesizer, path: Path) -> Sound:
    """Read a file for `model`: resampled, and split into single channels where the model has fewer than the file."""
    audio, rate = read_audio(path)
    channels, samples = audio.shape
    if samples == 0:
        raise UserError(f"{path} holds no sound; give a file that is longer than nothing.")
    fitted = torch.from_numpy(np.ascontiguousarray(resample(audio, rate, model.sample_rate)))
    if channels == model.channels:
        batch = fitted[None]
    else:
        batch = fitted[:, None].expand(-1, model.channels, -1)
    return Sound(path.stem, batch.contiguous(), rate, samples, channels)


def as_it_came(sound: Sound, output: Tensor, model_rate: int) -> np.ndarray:
    """The model's output with the file's channels, rate and exact length: `(channels, samples)`."""
    if sound.channels == output.shape[1] and output.shape[0] == 1:
        audio = output[0]
    else:
        audio = output.mean(1)
    numbers = resample(audio.float().cpu().numpy(), model_rate, sound.rate)
    missing = sound.samples - numbers.shape[-1]
    return np.pad(numbers, ((0, 0), (0, max(0, missing))))[:, : sound.samples]


def outputs_for(paths: Sequence[Path], out: Path, suffix: str) -> list[Path]:
    """One file in `out` for each input, told apart by a number where names repeat; never an input itself."""
    seen: dict[str, int] = {}
    targets = []
    for path in paths:
        seen[path.stem] = seen.get(path.stem, 0) + 1
        number = "" if seen[path.stem] == 1 else f"-{seen[path.stem]}"
        targets.append(out / f"{path.stem}{number}{suffix}")
    inputs = {path.resolve() for path in paths}
    for target in targets:
        if target.resolve() in inputs:
            raise UserError(f"{target} would overwrite the sound it is made from; give another --out folder.")
    return targets


def write(path: Path, audio: np.ndarray, rate: int) -> None:
    """Write 24-bit WAV, the folder made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, audio, rate)
