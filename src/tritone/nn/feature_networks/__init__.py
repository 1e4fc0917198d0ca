"""Frozen feature networks by name: those that ship, and those whose weights lie at a path that the user gives."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.nn.feature_networks.base import FeatureNetwork

SHIPPED = {"aisfx": "aisfx", "musicnn-mtt": "musicnn", "musicnn-msd": "musicnn"}
"""Name -> module with `shipped(name) -> FeatureNetwork`."""
FROM_PATH = {kind: kind for kind in ("vggish", "yamnet", "panns", "clap", "scnn")}
"""Kind, as in KIND:PATH -> module with `load(path) -> FeatureNetwork`."""


def load_network(name: str) -> FeatureNetwork:
    """The network of that name, frozen, in evaluation mode, on the CPU. Raises UserError where there is none."""
    kind, colon, path = name.partition(":")
    if colon and kind in FROM_PATH and path:
        network: FeatureNetwork = _module(FROM_PATH[kind]).load(Path(path).expanduser())
    elif name in SHIPPED:
        network = _module(SHIPPED[name]).shipped(name)
    else:
        known = [*SHIPPED, *(f"{kind}:PATH" for kind in FROM_PATH)]
        raise UserError(f"there is no feature network {name!r}; take one of {', '.join(known)}.")
    network.name = name
    network.freeze()
    return network


def _module(name: str):  # type: ignore[no-untyped-def]
    return import_module(f"tritone.nn.feature_networks.{name}")
