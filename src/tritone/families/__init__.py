"""The families of synthesizers. A new family is one folder beside these and one line here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tritone.errors import UserError

if TYPE_CHECKING:
    from tritone.families.base import Synthesizer

FAMILIES = {"vae": "tritone.families.vae"}


def _part(family: str, module: str) -> Any:
    if family not in FAMILIES:
        raise UserError(f"There is no family {family!r}; choose one of {', '.join(FAMILIES)}.")
    return import_module(f"{FAMILIES[family]}.{module}")


def config_class(family: str) -> type:
    """The frozen dataclass that describes a model of this family (does not import torch).

    It has `sample_rate`, `channels` and `check_crop(samples)`, a UserError where training crops do not fit the model.
    """
    return _part(family, "config").Config


def build(family: str, config: Any) -> "Synthesizer":
    """A model of this family with fresh weights."""
    return _part(family, "model").build(config)


def training_step(family: str) -> type:
    """The family's `TrainingStep` class (see `base.TrainingStep`)."""
    return _part(family, "step").TrainingStep
