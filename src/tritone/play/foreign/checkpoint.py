"""acids-rave's `.ckpt` as data: tensors by name, the moving average if there is one, and how far training was.

The file is a pickle. It is read by torch's loader for weights alone, which knows tensors, containers and numbers, and
refuses every other name before anything is called; `ALLOWED` adds the plain values that trainers put beside them.
"""

import argparse
import collections
import pathlib
import pickle
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError

ALLOWED: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    argparse.Namespace,
    collections.defaultdict,
    pathlib.PosixPath,
    pathlib.PurePosixPath,
]
"""Classes beside torch's own list; none of them does anything when it is made."""
NAMED = re.compile(r"(?:GLOBAL|global|class) `?([\w.]+\.[\w.]+)")
WRONG = (
    RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError,
    MemoryError, ImportError, struct.error, zipfile.BadZipFile,
)  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds of a model."""

    tensors: dict[str, Tensor]
    """The state of the model by dotted name."""
    averaged: dict[str, Tensor]
    """The parameters of the moving average; empty where none was kept."""
    step: int
    """Batches that training has seen."""


def read_checkpoint(path: Path) -> Saved:
    """The content of a `.ckpt`. UserError where it names anything but tensors and plain values, or is damaged."""
    try:
        _check_not_compressed(path)
        with torch.serialization.safe_globals(ALLOWED):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(_refusal(path, str(error))) from error
    except WRONG as error:
        reason = " ".join(str(error).split())[:160] or "it ends too early"
        raise UserError(f"{path} is damaged or no checkpoint ({reason}); give a whole .ckpt of acids-rave.") from error
    if not isinstance(content, Mapping):
        raise UserError(f"{path} holds a {type(content).__name__}, not a checkpoint; give a .ckpt of acids-rave.")
    tensors = _tensors(content.get("state_dict", content))
    if not tensors:
        raise UserError(f"{path} holds no weights; give a .ckpt of acids-rave.")
    callbacks = content.get("callbacks")
    averaged = _tensors(callbacks.get("EMA")) if isinstance(callbacks, Mapping) else {}
    step = content.get("global_step", 0)
    return Saved(tensors, averaged, step if isinstance(step, int) else 0)


def _check_not_compressed(path: Path) -> None:
    """ValueError for an archive that unpacks to more than it is: torch compresses nothing."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
                raise ValueError("it is compressed, as no checkpoint is")


def _tensors(values: Any) -> dict[str, Tensor]:
    if not isinstance(values, Mapping):
        return {}
    return {str(name): value for name, value in values.items() if isinstance(value, Tensor)}


def _refusal(path: Path, message: str) -> str:
    named = NAMED.search(message)
    if named:
        return (
            f"{path} is refused: its pickle names {named.group(1)}, which no weights need; nothing in it was run. "
            "Give a checkpoint that holds weights alone."
        )
    return f"{path} cannot be read as weights alone; nothing in it was run. Give a .ckpt of acids-rave."
