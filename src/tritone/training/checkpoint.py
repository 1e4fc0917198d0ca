"""Checkpoints: folders that are whole or not there, and the one-line files that name the latest and the best."""

import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from tritone.config import RunConfig, read_run_config, write_config
from tritone.errors import UserError
from tritone.training.atomic import discard, sweep, whole_folder, write_text

FORMAT = 1
UNREADABLE = (
    RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, EOFError, MemoryError,
    zlib.error, AssertionError, ImportError, struct.error,
)  # fmt: skip
"""What torch and the standard library raise for bytes that are no archive of tensors."""
WEIGHTS, TRAINING, CONFIG = "model.safetensors", "training.pt", "config.yaml"
STEP = re.compile(r"step-([0-9]{1,18})")


class Damaged(Exception):
    """A checkpoint that cannot be trusted; the text says why."""


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint, read back."""

    step: int
    config: RunConfig
    weights: dict[str, Tensor]
    """The weights that are played."""
    training: dict[str, Any]
    """What else training follows from; see `Trainer.state`."""


class Checkpoints:
    """The folder RUN/checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def steps(self) -> list[int]:
        """Steps of which there is a checkpoint, rising."""
        names = (STEP.fullmatch(path.name) for path in self.folder.glob("step-*"))
        return sorted(int(name.group(1)) for name in names if name)

    def path(self, step: int) -> Path:
        """Folder of the checkpoint after `step` steps."""
        return self.folder / f"step-{step}"

    def named(self, which: str) -> int | None:
        """The step that the one-line file "latest" or "best" names; None where there is none."""
        try:
            text = (self.folder / which).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        found = STEP.fullmatch(text)
        return int(found.group(1)) if found and self.path(int(found.group(1))).is_dir() else None

    def name(self, which: str, step: int) -> None:
        """Let the one-line file "latest" or "best" name a step."""
        if self.named(which) != step:
            write_text(self.folder / which, f"step-{step}\n")

    def write(self, step: int, config: RunConfig, weights: Mapping[str, Tensor], training: Mapping[str, Any]) -> None:
        """Write a checkpoint and let "latest" name it. Where that fails, everything is as it was."""
        with whole_folder(self.path(step)) as folder:
            data = safetensors.torch.save(
                {name: value.detach().cpu().contiguous().clone() for name, value in weights.items()}
            )
            (folder / WEIGHTS).write_bytes(data)
            whole = {"format": FORMAT, "step": step, "weights_crc32": zlib.crc32(data), **training}
            save_tensors(folder / TRAINING, whole)
            write_config(folder / CONFIG, config)
        self.name("latest", step)

    def prune(self, keep: int) -> None:
        """Remove all but the newest `keep` checkpoints, the latest and the best."""
        stay = {*self.steps()[-keep:], self.named("latest"), self.named("best")}
        for step in self.steps():
            if step not in stay:
                discard(self.path(step))

    def sweep(self) -> None:
        """Remove what a killed process left half written."""
        if self.folder.is_dir():
            sweep(self.folder)

    def read_latest(self, warn: Callable[[str], None]) -> Checkpoint | None:
        """The latest checkpoint that is whole, None where none was ever written. UserError where all are damaged."""
        latest = self.named("latest")
        others = [step for step in reversed(self.steps()) if step != latest]
        for step in ([] if latest is None else [latest]) + others:
            try:
                return read(self.path(step))
            except Damaged as problem:
                warn(f"The checkpoint {self.path(step)} is damaged ({problem}); going back to the one before.")
        if self.steps():
            raise UserError(f"No checkpoint in {self.folder} is whole; start a new run in another --out.")
        return None


def read(folder: Path) -> Checkpoint:
    """Read a checkpoint and check it against its own checksums. Raises Damaged where anything is missing or altered."""
    try:
        data = (folder / WEIGHTS).read_bytes()
        with zipfile.ZipFile(folder / TRAINING) as archive:
            if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
                raise Damaged(f"{TRAINING} is compressed, as none is that Tritone wrote")
            altered = archive.testzip()
        if altered:
            raise Damaged(f"{TRAINING} is altered at {altered}")
        training = torch.load(folder / TRAINING, map_location="cpu", weights_only=True)
        format, step = int(training["format"]), int(training["step"])
        if training["weights_crc32"] != zlib.crc32(data):
            raise Damaged(f"{WEIGHTS} is not what was written")
        weights = safetensors.torch.load(data)
        config = read_run_config(folder / CONFIG)
    except (OSError, zipfile.BadZipFile, safetensors.SafetensorError, UserError) as error:
        raise Damaged(" ".join(str(error).split())) from error
    except pickle.UnpicklingError as error:
        raise Damaged(f"{TRAINING} holds more than tensors and plain values; nothing in it was run") from error
    except UNREADABLE as error:
        raise Damaged(f"{TRAINING} cannot be read: {' '.join(str(error).split())[:200]}") from error
    if not config.version:  # its last line
        raise Damaged(f"{CONFIG} is cut short")
    if format > FORMAT:
        raise UserError(f"{folder} was written by a newer Tritone ({config.version}); update this one.")
    return Checkpoint(step, config, weights, training)


def check_fits(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], source: Path | str) -> None:
    """UserError where weights are of another architecture than a model's own `state_dict`."""
    missing, unknown = [n for n in own if n not in weights], [n for n in weights if n not in own]
    if missing or unknown:
        what = f"it lacks {missing[0]}" if missing else f"it has {unknown[0]}, which the configuration does not"
        raise UserError(
            f"The weights in {source} are of another architecture than its configuration: {what} "
            f"({len(missing)} missing, {len(unknown)} unknown); use the config.yaml that they were trained with."
        )
    for name, value in own.items():
        found, wanted = tuple(weights[name].shape), tuple(value.shape)
        if found != wanted:
            raise UserError(
                f"The weights in {source} are of another architecture than its configuration: {name} is {found}, "
                f"not {wanted}; use the config.yaml that they were trained with."
            )


def save_tensors(path: Path, values: Mapping[str, Any]) -> None:
    """torch.save that raises OSError, and nothing else, where the disk refuses."""
    with open(path, "wb") as file:
        try:
            torch.save(dict(values), file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise
