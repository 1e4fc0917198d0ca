"""JSON values -> frozen dataclasses, strictly: what is missing, unknown or of a wrong type is named by its place."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from json import JSONDecodeError
from typing import Any, Literal, get_args, get_origin, get_type_hints

_PLAIN = {str: "text", bool: "true or false", int: "a whole number"}


class Malformed(ValueError):
    """A value is not what its place asks for; the message names both."""


def said(error: Exception) -> str:
    """Why a text could not be read as JSON or as a table, in plain words."""
    if isinstance(error, RecursionError):
        return "it is nested without end"
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    if isinstance(error, JSONDecodeError):
        return f"line {error.lineno} is no JSON"
    return " ".join(str(error).split())


def decode(hint: Any, value: Any, where: str) -> Any:
    """`value`, as `json.loads` gave it, as the type `hint`: a dataclass, tuple, mapping, literal or plain type.

    `where` names the value in the message of `Malformed`, which is raised for everything that does not fit. Numbers
    must be finite; a whole number is also a number.
    """
    if is_dataclass(hint):
        return _dataclass(hint, value, where)
    origin = get_origin(hint)
    if origin is tuple:
        return _tuple(get_args(hint), value, where)
    if origin is dict:
        items = _typed(dict, value, where, "a mapping").items()
        return {name: decode(get_args(hint)[1], item, f"{where}.{name}") for name, item in items}
    if origin is Literal:
        if value not in get_args(hint):
            raise Malformed(f"{where} must be one of {', '.join(map(str, get_args(hint)))}, not {_shown(value)}")
        return value
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise Malformed(f"{where} must be a number, not {_shown(value)}")
        return float(value)
    if hint is int and isinstance(value, bool):
        raise Malformed(f"{where} must be a whole number, not {_shown(value)}")
    return _typed(hint, value, where, _PLAIN[hint])


def _finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _dataclass(cls: Any, value: Any, where: str) -> Any:
    given: Mapping[str, Any] = _typed(dict, value, where, "a mapping")
    hints, specs = get_type_hints(cls), {spec.name: spec for spec in fields(cls)}
    for name in given:
        if name not in specs:
            raise Malformed(f"{where} has an unknown entry {_shown(name)}")
    for name, spec in specs.items():
        if name not in given and spec.default is MISSING and spec.default_factory is MISSING:
            raise Malformed(f"{where} lacks {name}")
    return cls(**{name: decode(hints[name], item, f"{where}.{name}") for name, item in given.items()})


def _tuple(hints: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    items = _typed(list, value, where, "a list")
    if hints[-1] is Ellipsis:
        return tuple(decode(hints[0], item, f"{where}[{number}]") for number, item in enumerate(items))
    if len(items) != len(hints):
        raise Malformed(f"{where} must have {len(hints)} entries, not {len(items)}")
    pairs = zip(hints, items, strict=True)
    return tuple(decode(hint, item, f"{where}[{number}]") for number, (hint, item) in enumerate(pairs))


def _typed(kind: type, value: Any, where: str, words: str) -> Any:
    if not isinstance(value, kind):
        raise Malformed(f"{where} must be {words}, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
