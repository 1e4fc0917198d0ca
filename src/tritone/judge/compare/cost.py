"""What a model cost to train and costs to keep, as its run folder tells."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from tritone.families.base import Synthesizer
from tritone.training.checkpoint import WEIGHTS
from tritone.training.run import Run


@dataclass(frozen=True)
class Cost:
    """Of one checkpoint. What the folder does not tell is None."""

    family: str
    preset: str
    step: int | None
    seconds: float | None
    """Of training up to this checkpoint."""
    batch: int
    """Sounds a step."""
    precision: str
    parameters: int
    """Of all that plays."""
    file_bytes: int
    """Of the weights as a file."""
    data: str
    """What it was trained on."""
    version: str
    """Of Tritone."""
    seed: int
    """Of the training."""
    takes: tuple[str, ...]
    """Other runs that it was built from, whose training counts beside its own."""


def cost_of(run: Run, checkpoint: Path, model: Synthesizer) -> Cost:
    """What the checkpoint folder `checkpoint` of a run, which holds `model`, cost."""
    config = run.config
    step = step_of(run, checkpoint)
    return Cost(
        family=config.family,
        preset=config.preset,
        step=step,
        seconds=_seconds(run, step),
        batch=config.training.batch * config.training.accumulate,
        precision=config.training.precision,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        file_bytes=(checkpoint / WEIGHTS).stat().st_size,
        data=config.data,
        version=config.version,
        seed=config.training.seed,
        takes=tuple(_origins(config.model)),
    )


def step_of(run: Run, checkpoint: Path) -> int | None:
    """The step that a checkpoint's folder name says, else the last of the log."""
    number = checkpoint.resolve().name.removeprefix("step-")
    if number.isdecimal():
        return int(number)
    lines = _log(run)
    return int(lines[-1]["step"]) if lines else None


def _seconds(run: Run, step: int | None) -> float | None:
    lines = [line for line in _log(run) if "seconds" in line and (step is None or line["step"] <= step)]
    return float(lines[-1]["seconds"]) if lines else None


def _log(run: Run) -> list[dict[str, Any]]:
    return run.log() if (run.path / "log.jsonl").is_file() else []


def _origins(config: Any) -> Iterator[str]:
    """Values of all settings that end in "from", which name the runs that something was taken from."""
    values: Any = asdict(config) if is_dataclass(config) and not isinstance(config, type) else config
    if not isinstance(values, Mapping):
        return
    for name, value in values.items():
        if str(name).endswith("_from") and isinstance(value, str) and value:
            yield f"{str(name).removesuffix('_from')} of {value}"
        elif isinstance(value, Mapping):
            yield from _origins(value)
