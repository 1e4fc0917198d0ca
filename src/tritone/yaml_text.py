"""YAML from anywhere, as plain values: whatever may be wrong with it, it ends in one sentence and in little memory."""

from collections.abc import Mapping
from typing import Any

import yaml

MOST_VALUES = 100_000
"""A few lines of anchors that name anchors can stand for billions of values; no configuration has so many."""
DEEPEST = 50


class BadYaml(ValueError):
    """A text that is no YAML of plain values; `str` says why."""


def load_yaml(text: str) -> Any:
    """The value that a YAML text holds. Raises BadYaml, and nothing else, where it holds none."""
    try:
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f"line {error.problem_mark.line + 1}: "
        raise BadYaml(line + " ".join(str(error.problem).split())) from error
    except yaml.YAMLError as error:
        raise BadYaml(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise BadYaml("it is nested without end") from error
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:  # of tags and of dates
        raise BadYaml(" ".join(str(error).split())) from error
    _count(value, 0, 0)
    return value


def _count(value: Any, seen: int, depth: int) -> int:
    """`seen` and the values within `value`; BadYaml where they are too many or too deep."""
    seen += 1
    if seen > MOST_VALUES:
        raise BadYaml(f"it stands for more than {MOST_VALUES:,} values")
    if depth > DEEPEST:
        raise BadYaml("it is nested without end")
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set):
        for each in value:
            seen = _count(each, seen, depth + 1)
    return seen
