"""The families of synthesizers. A new family is one folder beside these and one line here, or a package of its own."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tritone.errors import UserError
from tritone.families.outside import import_outside, outside_families

if TYPE_CHECKING:
    from tritone.data.store import Dataset
    from tritone.families.base import Synthesizer

FAMILIES = {
    "gan": "tritone.families.gan",
    "vae": "tritone.families.vae",
    "diffusion": "tritone.families.diffusion",
    "prior": "tritone.families.prior",
    "vocoder": "tritone.families.vocoder",
    "tagger": "tritone.families.tagger",
}
"""Those that ship, which no other package can replace."""


def families() -> tuple[str, ...]:
    """Names of all families: those that ship, then those that other installed packages bring (see `outside`)."""
    return (*FAMILIES, *(name for name in outside_families() if name not in FAMILIES))


def _part(family: str, module: str) -> Any:
    if family in FAMILIES:
        return import_module(f"{FAMILIES[family]}.{module}")
    outside = outside_families()
    if family not in outside:
        raise UserError(f"There is no family {family!r}; choose one of {', '.join(families())}.")
    return import_outside(family, outside[family], module)


def config_class(family: str) -> type:
    """The frozen dataclass that describes a model of this family (does not import torch).

    It has `sample_rate`, `channels`, `reading` (see `complete`) and `check_crop(samples)`, a UserError where training
    crops do not fit the model.
    """
    return _part(family, "config").Config


def build(family: str, config: Any) -> "Synthesizer":
    """A model of this family with fresh weights."""
    return _part(family, "model").build(config)


def training_step(family: str, config: Any) -> type:
    """The family's `TrainingStep` class (see `base.TrainingStep`); `step_class(config)` says which of several."""
    module = _part(family, "step")
    chosen: type = module.step_class(config) if hasattr(module, "step_class") else module.TrainingStep
    return chosen


def student(family: str, config: Any, teacher: str, step: int) -> dict[str, Any]:
    """The settings of a model that learns to do in fewer steps what the run `teacher` does, which has this `config`.

    `step` is that of the teacher's checkpoint. UserError where there is nothing to learn.
    """
    module = _part(family, "config")
    if not hasattr(module, "student"):
        raise UserError(f"{teacher} is a run of the family {family}, which needs no distilling; give a diffusion run.")
    settings: dict[str, Any] = module.student(config, teacher, step)
    return settings


def complete(family: str, config: Any, dataset: "Dataset") -> Any:
    """The configuration with what follows from the data and from other runs filled in, before training starts.

    A family whose Config has `reading = "loops"` reads whole loops, one with "crops" random crops. UserError where the
    data has not what the model needs. Completing again changes nothing.
    """
    module = _part(family, "config")
    return module.complete(config, dataset) if hasattr(module, "complete") else config
