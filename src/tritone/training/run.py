"""A run folder from outside: what it is, and the model in it."""

from pathlib import Path
from typing import Any, Literal

import safetensors
import torch

from tritone import families
from tritone.config import RunConfig, read_run_config
from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.shipped import located
from tritone.training.checkpoint import CONFIG, WEIGHTS, Checkpoints, check_fits
from tritone.training.log import read_log
from tritone.training.slim import read_weights

Which = Literal["latest", "best"] | int | Path | str
"""Which checkpoint: "latest", "best", a step, or the path of a checkpoint folder."""


def which_of(word: str) -> Which:
    """The checkpoint that a word of the command line names: a step where it is a whole number."""
    return int(word) if word.isdecimal() and len(word) < 19 else word


class Run:
    """A folder that `tritone train` made, or `demo:NAME`, a model that ships. UserError for a path that is neither."""

    def __init__(self, path: Path | str) -> None:
        self.path = located(path)
        if not self.path.is_dir():
            raise UserError(f"There is no run folder {self.path}; give one that `tritone train` made.")
        if not (self.path / CONFIG).is_file():
            raise UserError(
                f"{self.path} is not a run folder (it has no {CONFIG}); give one that `tritone train` made."
            )
        self.config: RunConfig = read_run_config(self.path)
        self.checkpoints = Checkpoints(self.path / "checkpoints")

    def checkpoint(self, which: Which = "latest") -> Path:
        """Folder of a checkpoint. UserError names those that there are."""
        if isinstance(which, Path) or (isinstance(which, str) and which not in ("latest", "best")):
            folder = Path(which)
            if not (folder / WEIGHTS).is_file():
                raise UserError(
                    f"{folder} is not a checkpoint (it has no {WEIGHTS}); give latest, best, a step or a folder step-N."
                )
            return folder
        steps = self.checkpoints.steps()
        if not steps and (self.path / WEIGHTS).is_file() and which in ("latest", "best"):
            return self.path
        if not steps:
            raise UserError(f"{self.path} has no checkpoint yet; train it first, the same command continues.")
        step = which if isinstance(which, int) else self.checkpoints.named(which)
        if step is None and which == "latest":
            step = steps[-1]
        if step not in steps:
            raise UserError(
                f"{self.path} has no checkpoint {which}; there are latest, best and steps {', '.join(map(str, steps))}."
            )
        return self.checkpoints.path(step)

    def load(self, which: Which = "latest", device: torch.device | str = "cpu") -> Synthesizer:
        """The model with the weights of a checkpoint, in evaluation mode on `device`."""
        folder = self.checkpoint(which)
        config = read_run_config(folder) if (folder / CONFIG).is_file() else self.config
        if config.family != self.config.family:
            raise UserError(f"{folder} is a checkpoint of the family {config.family}, not {self.config.family}.")
        try:
            weights = read_weights(folder / WEIGHTS)
        except (OSError, safetensors.SafetensorError) as error:
            raise UserError(f"{folder / WEIGHTS} is damaged ({error}); use another checkpoint.") from error
        synthesizer = families.build(config.family, config.model)
        check_fits(weights, synthesizer.state_dict(), folder)
        synthesizer.load_state_dict(weights)
        return synthesizer.to(device).eval()

    def log(self) -> list[dict[str, Any]]:
        """All lines of log.jsonl."""
        return read_log(self.path / "log.jsonl")
