"""Nested mapping -> frozen dataclass, strictly: an unknown key or a wrong type is a UserError that names it."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from tritone.errors import UserError


@dataclass(frozen=True)
class Option:
    """One leaf of a nested dataclass."""

    key: str
    """Dotted name, "training.augment.gain"."""
    hint: Any
    """Its type."""
    default: Any
    """What it is unless something else is said."""
    about: str
    """Its docstring."""


def build(cls: type, values: Mapping[str, Any], section: str, source: str) -> Any:
    """An instance of the dataclass `cls` from nested `values`; what they leave out takes its default.

    `section` is the first part of the dotted names in errors, `source` says where the values come from.
    """
    from jsonargparse import ArgumentParser

    values = deep_merge(plain(_defaults(cls)), values)
    _check(cls, values, section, source)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(cls, "it")
    try:
        return parser.instantiate(parser.parse_object({"it": values})).it
    except UserError as error:
        raise UserError(f"{source}: {error}") from error
    except (Exception, SystemExit) as error:
        raise _wrong_type(cls, values, section, source, str(error)) from error


def options(cls: type, section: str) -> Iterator[Option]:
    """Every leaf of a dataclass, depth first; optional dataclasses and mappings give themselves and their leaves."""
    hints, docs = get_type_hints(cls), attribute_docs(cls)
    for spec in fields(cls):
        key, hint, default, about = (
            f"{section}.{spec.name}",
            hints[spec.name],
            default_of(spec),
            docs.get(spec.name, ""),
        )
        inner = inner_dataclass(hint)
        if inner is None or inner is not hint:
            yield Option(key, hint, default, about)
        if inner is not None:
            yield from options(inner, key)
        elif isinstance(default, Mapping):
            value_hint = get_args(hint)[1] if get_args(hint) else str
            yield from (Option(f"{key}.{name}", value_hint, value, "") for name, value in default.items())


@cache
def attribute_docs(cls: type) -> dict[str, str]:
    """The docstrings under a dataclass's fields, by field."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            docs[ast.unparse(before.target)] = " ".join(str(after.value.value).split())
    return docs


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over`; mappings are merged key by key, everything else (also None) replaces."""
    merged = dict(base)
    for key, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = deep_merge(merged[key], value) if nested else value
    return merged


def plain(value: Any) -> Any:
    """The value with lists for tuples, as YAML has it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def inner_dataclass(hint: Any) -> type | None:
    """The dataclass that a hint names, alone or as an optional one; None for everything else."""
    choices = get_args(hint) if _is_union(hint) else (hint,)
    return next((choice for choice in choices if isinstance(choice, type) and is_dataclass(choice)), None)


def default_of(spec: Any) -> Any:
    """Default value of a dataclass field; MISSING where it has none."""
    return spec.default_factory() if spec.default_factory is not MISSING else spec.default


def type_name(hint: Any) -> str:
    """A hint in plain words, for errors and help."""
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
    if isinstance(hint, type) and hint in words:
        return words[hint]
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    if _is_union(hint):
        return " or ".join(type_name(choice) for choice in get_args(hint))
    if get_origin(hint) is tuple:
        inner = [choice for choice in get_args(hint) if choice is not Ellipsis]
        plural = {int: "whole numbers", float: "numbers"}.get(inner[0], "lists")
        return f"a list of {plural}" if Ellipsis in get_args(hint) else f"a list of {len(inner)} {plural}"
    return "a mapping"


def nearest(key: str, known: Iterable[str]) -> str:
    """The end of a sentence that names what `key` may have been meant to be; nothing where nothing is near."""
    close = get_close_matches(str(key), list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "."


def _check(cls: type, values: Mapping[str, Any], where: str, source: str) -> None:
    hints, specs = get_type_hints(cls), {spec.name: spec for spec in fields(cls)}
    for key, value in values.items():
        dotted = f"{where}.{key}"
        if key not in specs:
            raise UserError(f"{source}: {dotted} is not an option{nearest(key, specs)}")
        hint = hints[key]
        inner = inner_dataclass(hint)
        if value is None and NoneType not in get_args(hint) and hint is not NoneType:
            raise UserError(f"{source}: {dotted} must be {type_name(hint)}, not null.")
        if inner and value is not None:
            if not isinstance(value, Mapping):
                raise UserError(f"{source}: {dotted} must be a mapping, not {value!r}.")
            _check(inner, value, dotted, source)
        elif isinstance(value, Mapping):
            known = default_of(specs[key])
            for name in value:
                if isinstance(known, Mapping) and known and name not in known:
                    raise UserError(f"{source}: {dotted}.{name} is not an option{nearest(name, known)}")


def _wrong_type(cls: type, values: Mapping[str, Any], section: str, source: str, message: str) -> UserError:
    """Jsonargparse's report of a wrong type as one sentence about the value that is meant."""
    found = re.search(r'[Pp]arser key "it\.([^"]+)"', message)
    if not found:
        return UserError(f"{source}: {' '.join(message.split())}")
    path, key = found.group(1).split("."), f"{section}.{found.group(1)}"
    hint: Any = cls
    value: Any = values
    for name in path:
        owner = inner_dataclass(hint)
        hint = get_type_hints(owner)[name] if owner else hint
        value = value[name] if isinstance(value, Mapping) and name in value else value
    optional = inner_dataclass(hint)
    if optional is not None and isinstance(value, Mapping):
        try:
            build(optional, value, key, source)
        except UserError as inner:
            return inner
    if isinstance(value, Mapping) and isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        hint = get_args(hint)[1]
        name, value = next((item for item in value.items() if not isinstance(item[1], hint | int)), ("", value))
        key = f"{key}.{name}"
    return UserError(f"{source}: {key} must be {type_name(hint)}, not {value!r}.")


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _defaults(cls: type) -> dict[str, Any]:
    values = {spec.name: default_of(spec) for spec in fields(cls)}
    return {
        name: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for name, value in values.items()
        if value is not MISSING
    }
