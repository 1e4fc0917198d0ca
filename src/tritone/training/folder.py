"""A run folder that is being trained into. Only the main process writes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from tritone.config import RunConfig, differences, read_run_config, write_config
from tritone.errors import UserError
from tritone.training.atomic import sweep
from tritone.training.card import write_card
from tritone.training.checkpoint import Checkpoint, Checkpoints, check_fits
from tritone.training.log import JsonLog, Tracker
from tritone.training.preview import write_previews

MAY_CHANGE = frozenset(
    f"training.{name}"
    for name in ("steps", "checkpoint_minutes", "keep", "log_every", "workers", "previews", "validate_every")
)
"""What may differ when a run is continued. `steps` is when to stop; the others do not change what is learned."""


def check_place(path: Path) -> None:
    """UserError where `path` cannot become a run folder: it is a file, or holds something else."""
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file, not a folder for a run; choose another --out.")
    if path.is_dir() and not (path / "config.yaml").is_file():
        for each in path.iterdir():
            if not each.name.startswith("."):
                raise UserError(f"{path} is not a run folder but holds {each.name}; choose another --out.")


class RunFolder:
    """RUN with its config.yaml, README.md, log.jsonl, tensorboard/, previews/ and checkpoints/."""

    def __init__(self, path: Path, config: RunConfig, main: bool) -> None:
        self.path = path
        self.config = config
        self.main = main
        self.checkpoints = Checkpoints(path / "checkpoints")
        self.trackers: list[Tracker] = []
        self._json: JsonLog | None = None
        if main:
            self._claim()

    def latest(self, warn: Callable[[str], None], own: Mapping[str, Tensor]) -> Checkpoint | None:
        """The checkpoint to continue from, if any. UserError where it is of another family or architecture."""
        checkpoint = self.checkpoints.read_latest(warn)
        if checkpoint is not None:
            source = self.checkpoints.path(checkpoint.step)
            if checkpoint.config.family != self.config.family:
                raise UserError(
                    f"{source} is a checkpoint of the family {checkpoint.config.family}, not {self.config.family}; "
                    f"continue it with `tritone train {checkpoint.config.family}` or choose another --out."
                )
            check_fits(checkpoint.weights, own, source)
        return checkpoint

    def open_logs(self, step: int) -> None:
        """Open log.jsonl and TensorBoard after `step`; what lies beyond is cut away."""
        if self.main:
            from tritone.training.tensorboard import TensorBoard

            self._json = JsonLog(self.path / "log.jsonl", step)
            self.trackers = [self._json, TensorBoard(self.path / "tensorboard", step)]

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers after `step` steps."""
        for tracker in self.trackers:
            tracker.scalars(step, values)

    def previews(self, step: int, sounds: Mapping[str, Sequence[Tensor]], rate: int) -> None:
        """Write previews, sounds `(channels, time)` by name."""
        if self.main and sounds:
            write_previews(self.path / "previews", step, sounds, rate, self.trackers)

    def save(
        self,
        step: int,
        weights: Mapping[str, Tensor],
        training: Mapping[str, Any],
        best: Mapping[str, float],
        data: Mapping[str, Any],
    ) -> None:
        """Write a checkpoint, let latest and best name theirs, prune, and renew the model card."""
        if not self.main:
            return
        if self._json is not None:
            self._json.sync()
        self.checkpoints.write(step, self.config, weights, training)
        self.rename_best(best)
        self.checkpoints.prune(self.config.training.keep)
        write_card(self.path, self.config, step, training["seconds"], best, data)

    def rename_best(self, best: Mapping[str, float]) -> None:
        """Let "best" name the checkpoint of the best validation, if it is there."""
        if self.main and best and self.checkpoints.path(int(best["step"])).is_dir():
            self.checkpoints.name("best", int(best["step"]))

    def close(self) -> None:
        """Close the logs."""
        for tracker in self.trackers:
            tracker.close()

    def _claim(self) -> None:
        target = self.path / "config.yaml"
        if target.exists():
            self._check_same(read_run_config(target))
        self.checkpoints.folder.mkdir(exist_ok=True)
        for folder in (self.path, self.path / "previews", self.checkpoints.folder):
            if folder.is_dir():
                sweep(folder)
        write_config(target, self.config)

    def _check_same(self, before: RunConfig) -> None:
        if before.family != self.config.family:
            raise UserError(
                f"{self.path} is a run of the family {before.family}, not {self.config.family}; choose another --out."
            )
        changed = {k: v for k, v in differences(before, self.config).items() if k not in MAY_CHANGE}
        if "data" in changed and not Path(before.data).exists():
            del changed["data"]  # the dataset was moved, or the run was taken to another machine
        if changed:
            listing = ", ".join(f"{key} {old!r} -> {new!r}" for key, (old, new) in changed.items())
            raise UserError(
                f"{self.path} was started with other settings ({listing}); give the same ones, or choose another --out."
            )
