"""YAML preset <-> frozen dataclass: what a run is, how it is read, checked and written. Importable without torch."""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

from tritone.errors import UserError
from tritone.families import config_class
from tritone.training.config import TrainingConfig

SECTIONS = ("model", "training")


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
    """Which family: gan, vae or diffusion."""
    preset: str
    """Name of the preset that the run started from."""
    model: Any
    """The family's `Config`."""
    training: TrainingConfig
    """How it is trained."""
    data: str
    """The DATA folder."""
    version: str = field(default_factory=package_version)
    """Version of Tritone that started the run."""


def make_config(
    family: str,
    preset: Mapping[str, Any],
    overrides: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    data: str = "",
    version: str | None = None,
) -> RunConfig:
    """The run that `preset` and then `overrides` describe, both nested by section ("model", "training").

    Keys that neither gives take the dataclasses' defaults. Raises UserError for an unknown key or a wrong type.
    """
    label = name or "the configuration"
    if preset.get("family", family) != family:
        other = preset["family"]
        raise UserError(f"Preset {label} belongs to the family {other}, not {family}; use `tritone train {other}`.")
    merged = deep_merge(preset, overrides or {})
    classes = {"model": config_class(family), "training": TrainingConfig}
    for key in merged:
        if key not in (*SECTIONS, "family", "base", "description"):
            raise UserError(f"{label}: {key} is not a section; use model or training{_nearest(key, SECTIONS)}.")
    parts = {section: _build(cls, merged.get(section) or {}, section, label) for section, cls in classes.items()}
    return RunConfig(
        family, name, parts["model"], parts["training"], data, package_version() if version is None else version
    )


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over`; mappings are merged key by key, everything else (also None) replaces."""
    merged = dict(base)
    for key, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = deep_merge(merged[key], value) if nested else value
    return merged


def to_yaml(config: RunConfig) -> str:
    """The configuration in full as YAML; `from_yaml` gives an equal object back."""
    return yaml.safe_dump(_plain(asdict(config)), sort_keys=False, allow_unicode=True, width=100)


def from_yaml(text: str, source: str) -> RunConfig:
    """The configuration that `to_yaml` wrote; `source` names it in errors."""
    values = parse_yaml(text, source)
    missing = [key for key in ("family", "model", "training") if key not in values]
    if missing:
        raise UserError(f"{source} is not the configuration of a run: it has no {', '.join(missing)}.")
    sections = {section: values[section] for section in SECTIONS}
    config = make_config(values["family"], sections, name=source, data=str(values.get("data", "")))
    return RunConfig(
        config.family,
        str(values.get("preset", "")),
        config.model,
        config.training,
        config.data,
        str(values.get("version", "unknown")),
    )


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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Cannot read {path}: {error}; give a run folder that `tritone train` made.") from error
    return from_yaml(text, str(path))


def differences(old: RunConfig, new: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Dotted keys whose values differ, with both values. The preset's name and the version do not count."""
    before, after = _flat(asdict(old)), _flat(asdict(new))
    ignored = ("preset", "version")
    keys = [key for key in {**before, **after} if key not in ignored and before.get(key) != after.get(key)]
    return {key: (before.get(key), after.get(key)) for key in keys}


def parse_yaml(text: str, source: str) -> dict[str, Any]:
    """A YAML mapping; UserError names `source` where it is something else."""
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{source} is not valid YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(values, dict):
        raise UserError(f"{source} must hold a mapping of model and training, not {type(values).__name__}.")
    return values


def inner_dataclass(hint: Any) -> type | None:
    """The dataclass that a hint names, alone or as an optional one; None for everything else."""
    for candidate in (hint, *get_args(hint)):
        if is_dataclass(candidate) and isinstance(candidate, type) and get_origin(hint) in (None, *_unions()):
            return candidate
    return None


def field_default(spec: Any) -> Any:
    """Default value of a dataclass field; MISSING where it has none."""
    return spec.default_factory() if spec.default_factory is not MISSING else spec.default


def type_name(hint: Any) -> str:
    """A hint in plain words, for errors and help."""
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
    if hint in words:
        return words[hint]
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    if get_origin(hint) in _unions():
        return " or ".join(type_name(choice) for choice in get_args(hint))
    if get_origin(hint) is tuple:
        inner = [choice for choice in get_args(hint) if choice is not Ellipsis]
        plural = {int: "whole numbers", float: "numbers"}.get(inner[0], "lists")
        return f"a list of {plural}" if Ellipsis in get_args(hint) else f"a list of {len(inner)} {plural}"
    return "a mapping"


def _unions() -> tuple[Any, ...]:
    return (get_origin(int | None), get_origin(Literal["a"] | None))


def _build(cls: type, values: Mapping[str, Any], section: str, label: str) -> Any:
    from jsonargparse import ArgumentParser

    values = deep_merge(_plain(_defaults(cls)), values)
    _check_keys(cls, values, section, label)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(cls, section)
    try:
        parsed = parser.parse_object({section: values})
        return parser.instantiate(parsed)[section]
    except UserError as error:
        raise UserError(f"{label}: {error}") from error
    except (Exception, SystemExit) as error:
        raise UserError(f"{label}: {_sentence(cls, values, section, str(error))}") from error


def _check_keys(cls: type, values: Mapping[str, Any], where: str, label: str) -> None:
    hints = get_type_hints(cls)
    specs = {spec.name: spec for spec in fields(cls)}
    for key, value in values.items():
        if key not in specs:
            raise UserError(f"{label}: {where}.{key} is not an option{_nearest(key, specs)}.")
        inner = inner_dataclass(hints[key])
        if inner and isinstance(value, Mapping):
            _check_keys(inner, value, f"{where}.{key}", label)
        elif isinstance(value, Mapping):
            known = field_default(specs[key])
            for name in value:
                if known and known is not MISSING and name not in known:
                    raise UserError(f"{label}: {where}.{key}.{name} is not an option{_nearest(name, known)}.")


def _sentence(cls: type, values: Mapping[str, Any], section: str, message: str) -> str:
    found = re.search(r'[Pp]arser key "([^"]+)"', message)
    if not found:
        return " ".join(message.split())
    hint, value, path = cls, values, found.group(1).split(".")[1:]
    for name in path:
        owner = inner_dataclass(hint)
        hint = get_type_hints(owner)[name] if owner else hint
        value = value[name] if isinstance(value, Mapping) and name in value else value
    owner = inner_dataclass(hint)
    if owner and isinstance(value, Mapping):
        return f"{found.group(1)} has a value of the wrong type in {_plain(value)}."
    return f"{found.group(1)} must be {type_name(hint)}, not {value!r}."


def _nearest(key: str, known: Any) -> str:
    close = get_close_matches(str(key), list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?".rstrip("?") + "" if close else ""


def _defaults(cls: type) -> dict[str, Any]:
    values = {spec.name: field_default(spec) for spec in fields(cls)}
    return {name: asdict(v) if is_dataclass(v) else v for name, v in values.items() if v is not MISSING}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
