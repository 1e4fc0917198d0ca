"""From a run folder or checkpoint to a model that plays."""

from pathlib import Path

from tritone.errors import UserError
from tritone.families.base import Capability, Synthesizer
from tritone.training.run import Run


def load(run: Path | str, checkpoint: str = "latest", device: str = "cpu") -> Synthesizer:
    """The model of a run folder (or of one of its `checkpoints/step-N` folders), in evaluation mode.

    `checkpoint` is "latest", "best" or a step. Raises UserError for a path that is no run.
    """
    path = Path(run)
    if path.parent.name == "checkpoints" and (path / "model.safetensors").is_file():
        return Run(path.parent.parent).load(path, device)
    return Run(path).load(int(checkpoint) if checkpoint.isdigit() else checkpoint, device)


def require(model: Synthesizer, capability: Capability, path: Path | str) -> None:
    """UserError where the model of `path` cannot do this."""
    if capability not in model.capabilities():
        able = ", ".join(sorted(model.capabilities())) or "nothing yet"
        raise UserError(f"The model in {path} cannot {capability}; it can {able}.")
