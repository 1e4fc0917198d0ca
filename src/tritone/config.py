"""YAML preset <-> frozen dataclass: what a run is, how it is read, checked and written. Importable without torch."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from tritone.errors import UserError
from tritone.families import config_class
from tritone.families.outside import outside_presets
from tritone.schema import build, deep_merge, nearest, plain
from tritone.training.config import TrainingConfig
from tritone.yaml_text import BadYaml, load_yaml

SECTIONS = ("model", "training")
PRESET_KEYS = ("family", "base", "about", *SECTIONS)
LARGEST_BYTES = 1 << 24
"""A larger file is no configuration."""


def package_version() -> str:
    """The version of the installed package, or "unknown" when it runs from a source tree that is not installed."""
    try:
        return installed_version("tritone")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True)
class RunConfig:
    """Everything that a training run follows from."""

    family: str
    """Which family: gan, vae, diffusion or another (see `tritone.families`)."""
    preset: str
    """Name of the preset that the run started from."""
    model: Any
    """The family's `Config`."""
    training: TrainingConfig
    """How it is trained."""
    data: str
    """The DATA folder."""
    start: str = ""
    """The run or checkpoint whose weights it began with; empty where they were random."""
    version: str = field(default_factory=package_version)
    """Version of Tritone that started the run."""


def preset_names() -> tuple[str, ...]:
    """Names of the presets that ship with the package."""
    names = (entry.name for entry in files("tritone").joinpath("presets").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def load_preset(name: str) -> dict[str, Any]:
    """A preset as nested mapping: one that ships or comes with another package by name, any .yaml file by path.

    Its key `base` names another preset (for a file also a path beside it), over which it is merged key by key.
    """
    return _load_preset(name, Path(), ())


def make_config(
    family: str,
    preset: Mapping[str, Any],
    overrides: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    data: str = "",
    start: str = "",
    version: str | None = None,
) -> RunConfig:
    """The run that `preset` and then `overrides` describe, both nested by section ("model", "training").

    Keys that neither gives take the dataclasses' defaults. Raises UserError for an unknown key or a wrong type.
    """
    label = name or "the settings"
    other = preset.get("family", family)
    if other != family:
        raise UserError(f"Preset {label} belongs to the family {other}, not {family}; use `tritone train {other}`.")
    merged = deep_merge(preset, overrides or {})
    for key in merged:
        if key not in PRESET_KEYS:
            raise UserError(f"{label}: {key} is not a section{nearest(key, PRESET_KEYS)}")
    for key in SECTIONS:
        for given in (preset, overrides or {}):
            if not isinstance(given.get(key) or {}, Mapping):
                raise UserError(f"{label}: {key} must be a mapping of settings, not {given[key]!r}.")
    model = build(config_class(family), merged.get("model") or {}, "model", label)
    training = build(TrainingConfig, merged.get("training") or {}, "training", label)
    return RunConfig(family, name, model, training, data, start, package_version() if version is None else version)


def to_yaml(config: RunConfig) -> str:
    """The configuration in full as YAML; `from_yaml` gives an equal object back."""
    return yaml.safe_dump(plain(asdict(config)), sort_keys=False, allow_unicode=True, width=100)


def from_yaml(text: str, source: str) -> RunConfig:
    """The configuration that `to_yaml` wrote; `source` names it in errors."""
    values = parse_yaml(text, source)
    missing = [key for key in ("family", *SECTIONS) if key not in values]
    if missing:
        raise UserError(f"{source} is not the configuration of a run: it has no {', '.join(missing)}.")
    family, sections = str(values["family"]), {section: values[section] for section in SECTIONS}
    checked = make_config(family, sections, name=source)
    preset, data, start, version = (str(values.get(key, "")) for key in ("preset", "data", "start", "version"))
    return RunConfig(family, preset, checked.model, checked.training, data, start, version)


def write_config(path: Path | str, config: RunConfig) -> None:
    """Writes the configuration as YAML; the file is whole or not there."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(to_yaml(config), encoding="utf-8")
    os.replace(temporary, path)


def read_run_config(path: Path | str) -> RunConfig:
    """The configuration in `path`: a config.yaml, or a folder (run or checkpoint) that holds one."""
    path = Path(path)
    path = path / "config.yaml" if path.is_dir() else path
    return from_yaml(_read_text(path, "give a run folder that `tritone train` made"), str(path))


def differences(old: RunConfig, new: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Dotted keys whose values differ, with both values. The preset's name and the version do not count."""
    before, after = _flat(asdict(old)), _flat(asdict(new))
    keys = [
        key for key in {**before, **after} if key not in ("preset", "version") and before.get(key) != after.get(key)
    ]
    return {key: (before.get(key), after.get(key)) for key in keys}


def parse_yaml(text: str, source: str) -> dict[str, Any]:
    """A YAML mapping; UserError names `source` where it is something else."""
    try:
        values = load_yaml(text)
    except BadYaml as error:
        raise UserError(f"{source} is not valid YAML: {str(error).rstrip('.')}.") from error
    if not isinstance(values, dict):
        found = {type(None): "nothing", list: "a list", str: "a text"}.get(type(values), str(values)[:60])
        raise UserError(f"{source} must hold settings under `model:` and `training:`, but holds {found}.")
    return values


def _load_preset(name: str, beside: Path, above: tuple[str, ...]) -> dict[str, Any]:
    if name in above:
        raise UserError(f"Preset {name} is its own base ({' -> '.join((*above, name))}); remove one `base`.")
    is_file = name.endswith((".yaml", ".yml"))
    path = beside / name if is_file else Path()
    if is_file:
        text = _read_text(path, "give another file, or one of those that `tritone presets` lists")
    elif name in preset_names():
        text = files("tritone").joinpath("presets").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    elif name in (outside := outside_presets()):
        text = outside[name].read_text(encoding="utf-8")
    else:
        known = (*preset_names(), *outside)
        raise UserError(f"There is no preset {name}{nearest(name, known)} `tritone presets` lists them all.")
    values = parse_yaml(text, str(path) if is_file else f"preset {name}")
    base = values.pop("base", None)
    if base is None:
        return values
    return deep_merge(_load_preset(str(base), path.parent, (*above, name)), values)


def _read_text(path: Path, mend: str) -> str:
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is not a file; {mend}.")
        if path.exists() and path.stat().st_size > LARGEST_BYTES:
            raise UserError(f"{path} is larger than any configuration; {mend}.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a text file; {mend}.") from error
    except ValueError as error:
        raise UserError(f"There is no file {str(path)!r}; {mend}.") from error
    except OSError as error:
        raise UserError(f"Cannot read {path} ({error.strerror}); {mend}.") from error


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
