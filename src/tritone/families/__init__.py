"""The families of synthesizers. A new family is one folder beside these and one line here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.data.store import Dataset
    from tritone.families.base import Synthesizer

FAMILIES = {
    "gan": "tritone.families.gan",
    "vae": "tritone.families.vae",
    "vocoder": "tritone.families.vocoder",
    "tagger": "tritone.families.tagger",
}


def _part(family: str, module: str) -> Any:
    if family not in FAMILIES:
        raise UserError(f"There is no family {family!r}; choose one of {', '.join(FAMILIES)}.")
    return import_module(f"{FAMILIES[family]}.{module}")


def config_class(family: str) -> type:
    """The frozen dataclass that describes a model of this family (does not import torch).

    It has `sample_rate`, `channels`, `reading` (see `complete`) and `check_crop(samples)`, a UserError where training
    crops do not fit the model.
    """
    return _part(family, "config").Config


def build(family: str, config: Any) -> "Synthesizer":
    """A model of this family with fresh weights."""
    return _part(family, "model").build(config)


def training_step(family: str) -> type:
    """The family's `TrainingStep` class (see `base.TrainingStep`)."""
    return _part(family, "step").TrainingStep


def complete(family: str, config: Any, dataset: "Dataset") -> Any:
    """The configuration with what follows from the data and from other runs filled in, before training starts.

    A family whose Config has `reading = "loops"` reads whole loops, one with "crops" random crops. UserError where the
    data has not what the model needs. Completing again changes nothing.
    """
    module = _part(family, "config")
    return module.complete(config, dataset) if hasattr(module, "complete") else config
