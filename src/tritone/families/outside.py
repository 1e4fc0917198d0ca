"""Families that other installed packages bring, as entry points of the group `tritone.families`. Imports no torch.

An entry point is a family's name and the package that holds its `config`, `model` and `step`; YAML files in that
package are presets. Nothing is read before somebody asks for a name that does not ship.
"""

from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from tritone.errors import UserError

GROUP = "tritone.families"


def outside_families() -> dict[str, str]:
    """Name and package of each family that an installed package brings, by name."""
    found: dict[str, str] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        if found.setdefault(entry.name, entry.value) != entry.value:
            raise UserError(
                f"Two installed packages bring a family {entry.name!r}, {found[entry.name]} and {entry.value}; "
                "uninstall one of them."
            )
    return found


def outside_presets() -> dict[str, Traversable]:
    """Presets in the packages of such families, by name."""
    return {
        entry.name.removesuffix(".yaml"): entry
        for family, package in outside_families().items()
        for entry in files(import_outside(family, package)).iterdir()
        if entry.name.endswith(".yaml")
    }


def outside_default(family: str) -> str:
    """The preset that such a family trains where none is named: the one that is called like the family."""
    if family in outside_presets():
        return family
    raise UserError(f"The family {family} has no preset of its own name; name one with --preset.")


def import_outside(family: str, package: str, module: str = "") -> Any:
    """`package`, or a module of it; UserError where it cannot be imported."""
    name = f"{package}.{module}" if module else package
    try:
        return import_module(name)
    except ImportError as error:
        raise UserError(
            f"The family {family!r} comes with the installed package {package}, whose {name} cannot be imported "
            f"({error}); mend that package, or uninstall it."
        ) from error
