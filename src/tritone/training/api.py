"""Training from Python and from the command line: preset and overrides in, run folder out."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from tritone.config import RunConfig, load_preset, make_config, read_run_config
from tritone.errors import UserError
from tritone.families import families
from tritone.families.outside import outside_default
from tritone.training.display import Display

SMALL_PRESETS = {
    "gan": "gan-nano",
    "vae": "vae-nano",
    "diffusion": "diffusion-latent-nano",
    "prior": "prior-nano",
    "vocoder": "vocoder-nano",
    "tagger": "tagger-nano",
}
"""What a family trains without a GPU, where no preset is named."""
FULL_PRESETS = {
    "gan": "gan-loop",
    "vae": "vae-v2",
    "diffusion": "diffusion-latent",
    "prior": "prior",
    "vocoder": "vocoder-vocos",
    "tagger": "tagger-scnn",
}
"""What it trains on a GPU."""


def train(
    family: str,
    data: Path | str,
    out: Path | str,
    preset: str | None = None,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    device: Literal["auto", "cpu"] = "auto",
    show: Display | None = None,
) -> str:
    """Train a model of `family` on the dataset `data` into the run folder `out`, or go on with the run that is there.

    `overrides` is nested by section: {"model": {...}, "training": {...}}. Returns why training ended: "finished",
    "minutes", "interrupted" or "terminated". Raises UserError for whatever the user can mend.
    """
    config = with_data(resolve(family, data, out, preset, steps, overrides or {}))
    from tritone.training.loop import train as run_loop

    return run_loop(config, out, minutes=minutes, show=show, device=device)


def resolve(
    family: str,
    data: Path | str,
    out: Path | str,
    preset: str | None,
    steps: int | None,
    overrides: Mapping[str, Any],
) -> RunConfig:
    """The configuration of the run: that of the folder where one is, else of the preset; with the overrides on top."""
    if not Path(data).is_dir():
        raise UserError(f"There is no dataset {data}; make one with `tritone prepare SOUND --out {data}`.")
    said = _with_steps(overrides, steps)
    if preset is None and (Path(out) / "config.yaml").is_file():
        return _continued(family, data, out, said)
    name = preset or default_preset(family)
    values = load_preset(name)
    return make_config(family, values, said, name=name, data=str(Path(data).resolve()))


def default_preset(family: str) -> str:
    """The full model where there is a GPU, else the one made for small machines."""
    import torch

    presets = FULL_PRESETS if torch.cuda.is_available() else SMALL_PRESETS
    if family in presets:
        return presets[family]
    if family not in families():
        raise UserError(f"There is no family {family!r}; choose one of {', '.join(families())}.")
    return outside_default(family)


def _continued(family: str, data: Path | str, out: Path | str, said: Mapping[str, Any]) -> RunConfig:
    old = read_run_config(out)
    if old.family != family:
        raise UserError(
            f"{out} is a run of the family {old.family}; use `tritone train {old.family}`, or another --out."
        )
    sections = {"model": asdict(old.model), "training": asdict(old.training)}
    return make_config(family, sections, said, name=old.preset, data=str(Path(data).resolve()))


def with_data(config: RunConfig) -> RunConfig:
    """The configuration with what follows from the data filled in.

    UserError, before anything is written, where the dataset is none, is empty, or does not fit the model.
    """
    from tritone.data.store import Dataset
    from tritone.families import complete
    from tritone.training.sources import check_sound

    dataset = Dataset.open(config.data)
    dataset.split("train")
    check_sound(config, dataset, config.model.sample_rate, config.model.channels)
    config.model.check_crop(config.training.crop_samples)
    return replace(config, model=complete(config.family, config.model, dataset))


def _with_steps(overrides: Mapping[str, Any], steps: int | None) -> dict[str, Any]:
    said = {key: dict(value) for key, value in overrides.items()}
    if steps is not None:
        said.setdefault("training", {})["steps"] = steps
    return said
