"""Tritone: neural audio synthesis on your own recordings. Names are imported when first used; torch comes with them."""

from importlib import import_module
from typing import Any

_HOMES = {
    "prepare": "tritone.data.prepare",
    "train": "tritone.training.api",
    "distil": "tritone.training.distil",
    "load": "tritone.play.load",
    "evaluate": "tritone.judge.evaluate",
    "compare": "tritone.judge.compare.compare",
    "UserError": "tritone.errors",
}

__all__ = ["UserError", "compare", "distil", "evaluate", "load", "prepare", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tritone' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
