"""What a path of ours is, in plain numbers and words."""

from pathlib import Path
from typing import Any

from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.play.load import run_of
from tritone.training.run import Run


def inspect(path: Path) -> dict[str, Any]:
    """Facts about a DATA folder, a RUN folder or a checkpoint. Raises UserError for anything else."""
    if not path.exists():
        raise UserError(f"There is no {path}; give a folder that `tritone prepare` or `tritone train` made.")
    if (path / "config.yaml").is_file():
        return _model(path)
    if (path / "index.json").is_file():
        dataset = Dataset.open(path)
        return {"kind": "dataset", "sample_rate": dataset.sample_rate, "channels": dataset.channels, **dataset.summary}
    raise UserError(f"{path} is neither a dataset nor a run nor a checkpoint; give a folder that Tritone made.")


def _model(path: Path) -> dict[str, Any]:
    checkpoint = path if (path / "model.safetensors").is_file() else Run(path).checkpoint("latest")
    run = run_of(checkpoint)
    number = checkpoint.resolve().name.removeprefix("step-")
    model = run_of(checkpoint).load(checkpoint)
    return {
        "kind": "checkpoint" if checkpoint == path else "run",
        "family": run.config.family,
        "preset": run.config.preset,
        "step": int(number) if number.isdigit() else None,
        "data": run.config.data,
        "weights_bytes": (checkpoint / "model.safetensors").stat().st_size,
        "can": ", ".join(sorted(model.capabilities())),
        **model.facts(),
    }
