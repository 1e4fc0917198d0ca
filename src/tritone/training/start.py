"""A run that begins with what another has learned (transfer learning): weights, and discriminators if it has them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors
from torch import Tensor, nn

from tritone.config import RunConfig, read_run_config
from tritone.errors import UserError
from tritone.shipped import located
from tritone.training.checkpoint import CONFIG, TRAINING, WEIGHTS, Damaged, read
from tritone.training.run import Run
from tritone.training.slim import read_weights

if TYPE_CHECKING:
    from tritone.training.trainer import Trainer

LEAST = 0.5
"""A start of which less than this share of the model's numbers fits is no start."""


def start_config(start: str, family: str) -> RunConfig:
    """The configuration of a start. UserError where there is none, or it is of another family."""
    config = read_run_config(_folder(start))
    if config.family != family:
        raise UserError(f"{start} is of the family {config.family}, so that no {family} can begin with it.")
    return config


def begin(trainer: "Trainer", start: str, family: str) -> str:
    """Give `trainer` the weights that are played of `start`, and those of its helpers (discriminators) that fit.

    Tensors of other names or shapes, as those of labels that differ, stay as they are. Returns a sentence for the user.
    UserError where the start is not there, is of another family or of another architecture.
    """
    start_config(start, family)
    folder = _folder(start)
    try:
        weights = read_weights(folder / WEIGHTS)
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"{folder / WEIGHTS} is damaged ({error}); begin with another checkpoint.") from error
    own = trainer.synthesizer.state_dict()
    fitting = {name: value for name, value in weights.items() if name in own and value.shape == own[name].shape}
    if _numbers(fitting) < LEAST * _numbers(own):
        raise UserError(
            f"The model of {start} is of another architecture; leave out --preset, and the settings of its model that "
            f"you changed."
        )
    trainer.begin(fitting, _helpers(folder, trainer.family.helpers))
    anew = len(own) - len(fitting)
    rest = f"; {anew} of {len(own)} tensors do not fit and begin anew" if anew else ""
    return f"Beginning with the weights of {start}{rest}."


def _folder(start: str) -> Path:
    """Folder of the checkpoint that `start` names."""
    path = located(start)
    if (path / WEIGHTS).is_file() and (path / CONFIG).is_file():
        return path
    return Run(path).checkpoint()


def _helpers(folder: Path, own: Any) -> dict[str, dict[str, Tensor]]:
    """States of helpers in the training state of a checkpoint, of those that fit in full; empty where it has none."""
    if not (folder / TRAINING).is_file():
        return {}
    try:
        found = read(folder).training.get("helpers", {})
    except Damaged as problem:
        raise UserError(f"The checkpoint {folder} is damaged ({problem}); begin with another one.") from problem
    return {name: found[name] for name, helper in own.items() if name in found and _same(found[name], helper)}


def _same(state: dict[str, Tensor], helper: nn.Module) -> bool:
    own = helper.state_dict()
    return state.keys() == own.keys() and all(state[name].shape == own[name].shape for name in own)


def _numbers(tensors: dict[str, Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())
