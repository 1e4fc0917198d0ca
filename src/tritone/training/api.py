"""Training from Python and from the command line: preset and overrides in, run folder out."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from tritone.config import RunConfig, load_preset, make_config, read_run_config
from tritone.errors import UserError
from tritone.families import families
from tritone.families.outside import outside_default
from tritone.shipped import PREFIX
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
    start: Path | str | None = None,
    device: Literal["auto", "cpu"] = "auto",
    show: Display | None = None,
) -> str:
    """Train a model of `family` on the dataset `data` into the run folder `out`, or go on with the run that is there.

    With `start` (a run, one of its checkpoints, or `demo:NAME`) a new run begins with the weights of that one, and with
    its settings where no preset is named. `overrides` is nested by section: {"model": {...}, "training": {...}}.
    Returns why training ended: "finished", "minutes", "interrupted" or "terminated". Raises UserError for whatever the
    user can mend.
    """
    config = with_data(resolve(family, data, out, preset, steps, overrides or {}, start))
    from tritone.training.loop import train as run_loop

    return run_loop(config, out, minutes=minutes, show=show, device=device)


def resolve(
    family: str,
    data: Path | str,
    out: Path | str,
    preset: str | None,
    steps: int | None,
    overrides: Mapping[str, Any],
    start: Path | str | None = None,
) -> RunConfig:
    """The configuration of the run, with the overrides on top: of the folder where one is, else preset or start."""
    if not Path(data).is_dir():
        raise UserError(f"There is no dataset {data}; make one with `tritone prepare SOUND --out {data}`.")
    said = _with_steps(overrides, steps)
    there = (Path(out) / "config.yaml").is_file()
    begun = _named(start) if start is not None else read_run_config(out).start if there else ""
    if preset is None and there:
        return replace(_continued(family, data, out, said), start=begun)
    name, values = _begun_from(family, begun) if begun and preset is None else _preset(family, preset)
    return make_config(family, values, said, name=name, data=str(Path(data).resolve()), start=begun)


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


def _preset(family: str, preset: str | None) -> tuple[str, dict[str, Any]]:
    name = preset or default_preset(family)
    return name, load_preset(name)


def _named(start: Path | str) -> str:
    """How a configuration names a start: `demo:NAME` as it is, a path in full."""
    return str(start) if str(start).startswith(PREFIX) else str(Path(start).resolve())


def _begun_from(family: str, start: str) -> tuple[str, dict[str, Any]]:
    """Name of the preset of the run `start`, and its settings."""
    from tritone.training.start import start_config

    config = start_config(start, family)
    return config.preset, {"model": asdict(config.model), "training": asdict(config.training)}


def _with_steps(overrides: Mapping[str, Any], steps: int | None) -> dict[str, Any]:
    said = {key: dict(value) for key, value in overrides.items()}
    if steps is not None:
        said.setdefault("training", {})["steps"] = steps
    return said
