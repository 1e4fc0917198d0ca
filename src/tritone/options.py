"""Dotted command-line options for everything in a configuration: `--model.capacity 32 --training.batch 4`."""

from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

import yaml

from tritone.config import SECTIONS
from tritone.errors import UserError
from tritone.families import config_class
from tritone.schema import Option, nearest, options, plain, type_name
from tritone.training.config import TrainingConfig
from tritone.yaml_text import BadYaml, load_yaml


def config_options(family: str) -> list[Option]:
    """Every setting of a family's model and of its training."""
    return [*options(config_class(family), "model"), *options(TrainingConfig, "training")]


def add_config_arguments(parser: ArgumentParser, family: str, preset: Mapping[str, Any] | None = None) -> None:
    """Adds one option for each setting. Help shows the defaults, those of `preset` (see `load_preset`) first.

    Options that are not given leave no trace in the namespace, so that `config_overrides` has only what was said.
    """
    groups = {section: parser.add_argument_group(f"{section} settings") for section in SECTIONS}
    for option in config_options(family):
        default = plain(_default(option, preset or {}))
        shown = yaml.safe_dump(default, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
        about = f"{option.about} " if option.about else ""
        groups[option.key.split(".")[0]].add_argument(
            f"--{option.key}",
            dest=option.key,
            default=SUPPRESS,
            metavar="VALUE",
            help=f"{about}({type_name(option.hint)}; {shown})".replace("%", "%%"),
        )


def config_overrides(namespace: Namespace) -> dict[str, Any]:
    """What the user said with the options of `add_config_arguments`, nested, for `make_config`."""
    nested: dict[str, Any] = {}
    given = {key: text for key, text in vars(namespace).items() if key.split(".")[0] in SECTIONS and "." in key}
    for key, text in sorted(given.items()):
        *folders, last = key.split(".")
        level = nested
        for folder in folders:
            inner = level.setdefault(folder, {})
            if not isinstance(inner, dict):
                raise UserError(
                    f"--{key} cannot be set where --{key.rpartition('.')[0]} is {inner!r}; leave one of them out."
                )
            level = inner
        level[last] = _value(key, text)
    return nested


def unknown_option(argument: str, family: str) -> UserError:
    """The error for an argument that is no option, with the nearest ones."""
    name = argument.removeprefix("--").split("=")[0]
    return UserError(f"There is no option --{name}{nearest(name, [option.key for option in config_options(family)])}")


def _value(key: str, text: str) -> Any:
    try:
        return load_yaml(text)
    except BadYaml as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise UserError(f"--{key} cannot be read: {shown!r}; write a number, a word, or a list like [1, 2].") from error


def _default(option: Option, preset: Mapping[str, Any]) -> Any:
    level: Any = preset
    for part in option.key.split("."):
        if not isinstance(level, Mapping) or part not in level:
            return option.default
        level = level[part]
    return level
