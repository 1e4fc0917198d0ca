"""From a run folder or checkpoint to a model that plays."""

from pathlib import Path

import torch

from tritone.errors import UserError
from tritone.families.base import Capability, Precision, Synthesizer
from tritone.nn.blocks import fold_weight_norm
from tritone.shipped import located
from tritone.training.checkpoint import CONFIG, WEIGHTS
from tritone.training.run import Run, which_of


def load(
    run: Path | str, checkpoint: str = "latest", device: str = "cpu", precision: Precision = "float32"
) -> Synthesizer:
    """The model of a run folder (or of one of its `checkpoints/step-N` folders, or `demo:NAME`), in evaluation mode.

    Weight norm is folded into the weights: it plays faster and sounds the same, but is not for training on.

    `checkpoint` is "latest", "best" or a step; `precision` "bf16" is faster on a CPU that has it. Raises UserError for
    a path that is no run, and for a device that this machine does not have.
    """
    path = located(run)
    _check_device(device)
    if (path / WEIGHTS).is_file():
        model = run_of(path).load(path, device)
    else:
        model = Run(path).load(which_of(checkpoint), device)
    fold_weight_norm(model)
    if precision != "float32":
        model.use_precision(precision)
    return model


def run_of(checkpoint: Path) -> Run:
    """The run that a checkpoint folder lies in; where it was moved out, itself, which says what it is."""
    folder = located(checkpoint).resolve().parent
    inside = folder.name == "checkpoints" and (folder.parent / CONFIG).is_file()
    return Run(folder.parent if inside else checkpoint)


def require(model: Synthesizer, capability: Capability, path: Path | str) -> None:
    """UserError where the model of `path` cannot do this."""
    if capability not in model.capabilities():
        able = ", ".join(sorted(model.capabilities())) or "nothing yet"
        raise UserError(f"The model in {path} cannot {capability}; it can {able}.")


def _check_device(device: str) -> None:
    try:
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(f"--device {device} is not there; use cpu, or cuda or mps where the machine has it.") from error
