"""An exported TorchScript archive as data: tensors and attributes by name. Nothing in it is run.

The archive is a zip file. `data.pkl` is a pickle of module objects whose classes are written in the archive's own code;
here such an object only holds attributes. Tensors lie in `data/N` as raw numbers. The pickle can name a handful of
functions that put tensors and lists together (`ALLOWED`); whoever names another is refused before anything is called.
"""

import io
import pickle
import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tritone.errors import UserError

LARGEST_PICKLE = 1 << 26
"""Bytes that the structure of a model may take; those of acids-rave take some hundred thousand."""
SHARED_NUMBERS = 1 << 20
"""Places of a tensor that may share numbers; no model needs more."""
STORAGES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


UNREADABLE = (
    pickle.UnpicklingError, LookupError, ValueError, TypeError, EOFError, AttributeError, ArithmeticError, MemoryError,
    RuntimeError, struct.error, ImportError,
)  # fmt: skip
"""What the standard library and torch raise for bytes that are no archive of a model."""


class Refused(pickle.UnpicklingError):
    """The pickle asks for something that has no place in a model."""


class Opaque:
    """An object of a class whose code is not run: its attributes, as they were written."""

    kind = ""


@dataclass(frozen=True)
class Archive:
    """What an exported model holds."""

    tensors: dict[str, Tensor]
    """Parameters and buffers by dotted name."""
    values: dict[str, Any]
    """Numbers, texts and lists of these by dotted name."""
    kinds: dict[str, str]
    """Class of every module by dotted name, the model's own under ""."""


def read_archive(path: Path) -> Archive:
    """The content of an exported `.ts`. UserError where it is no such archive, is damaged, or hides something else."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = _read_root(archive, path)
    except Refused as error:
        raise UserError(f"{path} is refused: {error}. Nothing in it was run.") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError) as error:
        raise UserError(f"{path} is no exported TorchScript model ({error}); give a whole .ts file.") from error
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(f"{path} is damaged or no TorchScript model ({reason}); give a whole .ts file.") from error
    found = Archive({}, {}, {})
    _collect(root, "", found, depth=0)
    return found


def _read_root(archive: zipfile.ZipFile, path: Path) -> Opaque:
    named = [name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(named) != 1:
        raise UserError(f"{path} is no exported TorchScript model (it has no data.pkl); give a whole .ts file.")
    if archive.getinfo(named[0]).file_size > LARGEST_PICKLE:
        raise Refused(f"its structure takes more than {LARGEST_PICKLE} bytes")
    root = _Unpickler(archive, named[0].removesuffix("data.pkl")).load()
    if not isinstance(root, Opaque):
        raise Refused(f"it holds a {type(root).__name__}, not a model")
    return root


class _Unpickler(pickle.Unpickler):
    """Builds attribute holders and tensors; refuses every name that is neither."""

    def __init__(self, archive: zipfile.ZipFile, prefix: str) -> None:
        super().__init__(io.BytesIO(archive.read(prefix + "data.pkl")))
        self.archive, self.prefix = archive, prefix
        self.classes: dict[str, type[Opaque]] = {}
        self.storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if module == "__torch__" or module.startswith("__torch__."):
            return self.classes.setdefault(full, type("Opaque", (Opaque,), {"kind": full}))
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if full in ALLOWED:
            return ALLOWED[full]
        raise Refused(f"its pickle names {full}, which no exported model needs")

    def persistent_load(self, pid: Any) -> Tensor:
        mark, dtype, key, _, count = pid
        if mark != "storage" or not isinstance(dtype, torch.dtype):
            raise Refused("its pickle asks for something other than a tensor")
        if key not in self.storages:
            self.storages[key] = self._storage(f"{self.prefix}data/{key}", dtype, int(count))
        return self.storages[key]

    def _storage(self, name: str, dtype: torch.dtype, count: int) -> Tensor:
        info = self.archive.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != count * dtype.itemsize:
            raise ValueError(f"{name} is not {count} numbers of {dtype}")
        data = bytearray(self.archive.read(info))
        return torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *rest: Any) -> Tensor:
    """A view of a storage, within its bounds."""
    if not isinstance(storage, Tensor) or len(size) != len(stride):
        raise ValueError("a tensor without numbers")
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride), default=0) < 0 or (0 not in size and last >= len(storage)):
        raise ValueError("a tensor reaches beyond its numbers")
    if prod(size) > max(len(storage), SHARED_NUMBERS):
        raise ValueError("a tensor has more places than numbers")
    return storage.as_strided(tuple(size), tuple(stride), offset).clone()


def _same(value: Any, *rest: Any) -> Any:
    return value


ALLOWED: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _same,
    "torch.jit._pickle.build_intlist": _same,
    "torch.jit._pickle.build_doublelist": _same,
    "torch.jit._pickle.build_boollist": _same,
    "torch.jit._pickle.build_tensorlist": _same,
    "torch.jit._pickle.restore_type_tag": _same,
    "collections.OrderedDict": OrderedDict,
}
"""What the pickle may call, each replaced by a function of this module or a plain container."""


def _collect(module: Opaque, prefix: str, found: Archive, depth: int) -> None:
    """All that `module` holds, below `prefix`."""
    if depth > 64:
        raise UserError("The exported model holds modules within modules without end; give another file.")
    found.kinds[prefix.removesuffix(".")] = type(module).kind
    for name, value in vars(module).items():
        if isinstance(value, Opaque):
            _collect(value, f"{prefix}{name}.", found, depth + 1)
        elif isinstance(value, Tensor):
            found.tensors[prefix + name] = value
        else:
            found.values[prefix + name] = value
