"""From a trained model to one that needs fewer steps: another run, by the same loop."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from tritone import families
from tritone.config import RunConfig, load_preset, make_config, read_run_config
from tritone.errors import UserError
from tritone.schema import deep_merge
from tritone.shipped import located, shown
from tritone.training.api import with_data
from tritone.training.display import Display
from tritone.training.run import Run, Which

SMALL, FULL = "{}-distil-nano", "{}-distil"
"""Presets for a family without and with a GPU."""


def distil(
    teacher: Path | str,
    out: Path | str,
    preset: str | None = None,
    *,
    data: Path | str | None = None,
    checkpoint: Which = "latest",
    steps: int | None = None,
    minutes: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    device: Literal["auto", "cpu"] = "auto",
    show: Display | None = None,
) -> str:
    """Train, into the run folder `out`, a student that does in a few steps what the run `teacher` does in many.

    All that `preset` and `overrides` (nested by section) do not say is the teacher's, its data too. A run that is there
    is continued. Returns why training ended, as `train` does. Raises UserError for whatever the user can mend.
    """
    said = {key: dict(value) for key, value in (overrides or {}).items()}
    if steps is not None:
        said.setdefault("training", {})["steps"] = steps
    there = preset is None and (Path(out) / "config.yaml").is_file()
    source = located(teacher).resolve()
    config = _continued(source, Path(out), said, data) if there else _begun(source, checkpoint, preset, said, data)
    config = with_data(config)
    from tritone.training.loop import train as run_loop

    return run_loop(config, out, minutes=minutes, show=show, device=device)


def _begun(
    teacher: Path, checkpoint: Which, preset: str | None, said: Mapping[str, Any], data: Path | str | None
) -> RunConfig:
    """The configuration of a new student: the teacher's, over it the preset, over that what was said."""
    run = Run(teacher)
    family, number = run.config.family, run.checkpoint(checkpoint).name.removeprefix("step-")
    if not number.isdecimal():
        raise UserError(f"{shown(teacher)} does not say how long it was trained; give a run that `tritone train` made.")
    step = int(number)
    if step == 0:
        raise UserError(f"{teacher} was never trained (its checkpoint is at step 0) and can teach nothing; train it.")
    own = {
        "model": families.student(family, run.config.model, str(teacher), step),
        "training": asdict(run.config.training),
    }
    name = preset or _default_preset(family)
    told = deep_merge(load_preset(name), said)
    return make_config(family, deep_merge(own, told), name=name, data=_data(data or run.config.data, teacher))


def _continued(teacher: Path, out: Path, said: Mapping[str, Any], data: Path | str | None) -> RunConfig:
    """The configuration of a student that is there already; its teacher may have learned on since."""
    old = read_run_config(out)
    own = getattr(old.model, "distil", None)
    if own is None:
        raise UserError(f"{out} is no student but a run of its own; choose another --out.")
    if Path(own.teacher) != teacher:
        raise UserError(f"{out} learns from {own.teacher}, not from {teacher}; name that, or choose another --out.")
    sections = {"model": asdict(old.model), "training": asdict(old.training)}
    return make_config(old.family, sections, said, name=old.preset, data=_data(data or old.data, teacher))


def _data(data: Path | str, teacher: Path) -> str:
    if not Path(data).is_dir():
        raise UserError(f"The dataset {data}, from which {teacher} learned, is gone; name one with --data DATA.")
    return str(Path(data).resolve())


def _default_preset(family: str) -> str:
    import torch

    return (FULL if torch.cuda.is_available() else SMALL).format(family)
