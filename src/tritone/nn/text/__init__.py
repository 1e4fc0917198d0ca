"""Frozen text encoders by name: the one that a package carries, and those whose files lie in a folder of the user's."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from tritone.errors import UserError
from tritone.nn.text.base import TextEncoder

PACKAGED = {"minilm": "minilm"}
"""Name -> module with `folder() -> Path`, `load(path) -> TextEncoder` and `feature_count(path) -> int`."""
FROM_PATH = {kind: kind for kind in ("t5", "clap")}
"""Kind, as in KIND:PATH -> module with `load` and `feature_count`."""


def load_encoder(name: str) -> TextEncoder:
    """The encoder of that name ("minilm", "t5:PATH", "clap:PATH"), frozen, on the CPU. Raises UserError where there is
    none.
    """
    encoder: TextEncoder = _module(name).load(encoder_folder(name))
    encoder.name = name
    return encoder


def feature_count(name: str) -> int:
    """Features of a token, known without loading the encoder; for minilm also where its package is not installed.
    Raises UserError where there is no such encoder.
    """
    count: int = _module(name).feature_count(Path(name.partition(":")[2]).expanduser())
    return count


def encoder_folder(name: str) -> Path:
    """The folder with an encoder's files. Raises UserError where there is none."""
    module, path = _module(name), name.partition(":")[2]
    folder = Path(path).expanduser() if path else Path(module.folder())
    if not folder.is_dir():
        raise UserError(f"{folder}, where the text encoder {name} should lie, is not a folder; give the right one.")
    return folder


def _module(name: str) -> ModuleType:
    kind, colon, path = name.partition(":")
    if colon and path and kind in FROM_PATH:
        return import_module(f"tritone.nn.text.{FROM_PATH[kind]}")
    if name in PACKAGED:
        return import_module(f"tritone.nn.text.{PACKAGED[name]}")
    known = [*PACKAGED, *(f"{kind}:PATH" for kind in FROM_PATH)]
    raise UserError(f"there is no text encoder {name!r}; take one of {', '.join(known)}.")
