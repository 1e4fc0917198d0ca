"""config.gin as text: what it binds, and nothing that it could run.

Of the language (github.com/google/gin-config) this reads what such files hold: comments, `import`, `include`, macros
(`NAME = value`), bindings (`scope/module.Class.parameter = value`), lines that go on after a backslash or within
brackets; values are Python literals, `%MACRO` and `@reference`, also inside lists and dicts.
"""

import ast
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tritone.errors import UserError

BINDING = re.compile(r"^\s*([A-Za-z_][\w./]*)\s*=\s*(.+)$", re.DOTALL)
INCLUDE = re.compile(r"""^\s*include\s+['"]([^'"]+)['"]\s*$""")
IMPORT = re.compile(r"^\s*(import|from)\s+[\w.]+")
TEXT_OR_MARK = re.compile(r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|([@%][\w./]+(?:\(\))?)""")
MARK = "\0"
"""Stands before a macro or reference while a value is read as a literal."""
DEPTH = 20
MOST_VALUES = 100_000
"""A few macros that name macros can stand for billions of values; no model has so many."""
LARGEST_BYTES = 1 << 20
"""A larger file is no config.gin; those of acids-rave take some thousand."""


@dataclass(frozen=True)
class Reference:
    """`@scope/module.Class`: something of theirs by name."""

    name: str

    @property
    def last(self) -> str:
        """The class alone."""
        return self.name.rsplit(".", 1)[-1]


@dataclass(frozen=True)
class Gin:
    """What a file binds. Names of modules do not count, as they depend on how the file was written."""

    macros: dict[str, Any]
    bindings: dict[tuple[str, str, str], Any]
    """By scope, class and parameter."""

    def find(self, name: str, default: Any = None, scope: str = "") -> Any:
        """The value of "Class.parameter", first in `scope`, then without one; of "NAME" the macro's value."""
        if "." not in name:
            return self._value(self.macros.get(name, default), name, 0, iter(range(MOST_VALUES)))
        owner, parameter = name.split(".")
        for where in dict.fromkeys((scope, "")):
            if (where, owner, parameter) in self.bindings:
                return self._value(self.bindings[where, owner, parameter], name, 0, iter(range(MOST_VALUES)))
        return default

    def scopes(self, name: str) -> list[str]:
        """Scopes in which "Class.parameter" is bound."""
        owner, parameter = name.split(".")
        return [where for where, of, what in self.bindings if (of, what) == (owner, parameter)]

    def _value(self, value: Any, name: str, depth: int, left: Iterator[int]) -> Any:
        """The value with macros replaced, however deep they lie; `left` ends when they are too many."""
        if next(left, None) is None:
            raise UserError(f"config.gin: {name} stands for more than {MOST_VALUES:,} values; mend the file.")
        if depth > DEPTH:
            raise UserError(f"config.gin: the macros behind {name} name each other in a circle; mend the file.")
        if isinstance(value, list | tuple):
            return type(value)(self._value(each, name, depth + 1, left) for each in value)
        if isinstance(value, dict):
            return {key: self._value(each, name, depth + 1, left) for key, each in value.items()}
        if not isinstance(value, str) or not value.startswith(MARK):
            return value
        if value[1] == "@":
            return Reference(value[2:].removesuffix("()"))
        macro = value[2:]
        if macro not in self.macros:
            raise UserError(f"config.gin: {name} refers to %{macro}, which the file does not set; give the whole file.")
        return self._value(self.macros[macro], name, depth + 1, left)


def read_gin(path: Path) -> Gin:
    """The bindings of a file and of what it includes. UserError names the line that is no gin."""
    gin = Gin({}, {})
    _read_into(gin, path, ())
    return gin


def _read_into(gin: Gin, path: Path, above: tuple[Path, ...]) -> None:
    if len(above) > DEPTH or os.path.realpath(path) in map(os.path.realpath, above):
        raise UserError(f"{path} includes itself; mend the file.")
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
            raise OSError
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        beside = f", which {above[-1]} includes" if above else ""
        raise UserError(
            f"Cannot read {path}{beside}; give the config.gin that acids-rave wrote into the folder of the run."
        ) from error
    for number, line in _logical_lines(text):
        if included := INCLUDE.match(line):
            _read_into(gin, _included(included.group(1), path, above[0] if above else path), (*above, path))
        elif not IMPORT.match(line):
            _bind(gin, line, f"{path}, line {number}")


def _included(name: str, path: Path, first: Path) -> Path:
    """The file that `path` includes. UserError where it lies outside of the folder of the first one."""
    folder, target = os.path.realpath(first.parent), os.path.realpath(path.parent / name)
    if os.path.commonpath((folder, target)) != folder:
        raise UserError(f"{path} includes {name}, which lies outside of its folder; put it beside the file.")
    return path.parent / name


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Statements with the number of their first line, without comments; see the top of the file."""
    found: list[tuple[int, str]] = []
    start, whole = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        line = _without_comment(line).rstrip()
        start = start or number
        goes_on = line.endswith("\\")
        whole += line.removesuffix("\\") + "\n"
        if goes_on or _open_brackets(whole) > 0:
            continue
        if whole.strip():
            found.append((start, whole.strip()))
        start, whole = 0, ""
    return [*found, (start, whole.strip())] if whole.strip() else found


def _without_comment(line: str) -> str:
    quote = ""
    for place, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote and line[place - 1] != "\\" else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "#":
            return line[:place]
    return line


def _open_brackets(text: str) -> int:
    bare = re.sub(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", "", text)
    return sum(bare.count(sign) for sign in "([{") - sum(bare.count(sign) for sign in ")]}")


def _bind(gin: Gin, line: str, where: str) -> None:
    found = BINDING.match(line)
    if not found:
        raise UserError(f"{where}: {line.splitlines()[0]!r} is not a line of gin; give the config.gin of the run.")
    value = _literal(found.group(2), where)
    scope, _, selector = found.group(1).rpartition("/")
    parts = selector.split(".")
    if len(parts) == 1:
        gin.macros[selector] = value
    else:
        gin.bindings[scope, parts[-2], parts[-1]] = value


def _literal(text: str, where: str) -> Any:
    """A Python literal in which macros and references have become texts that begin with MARK."""
    marked = TEXT_OR_MARK.sub(lambda found: found.group(1) or repr(MARK + found.group(2)), text.strip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.literal_eval(" ".join(marked.splitlines()))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        short = text.strip().splitlines()[0][:60]
        raise UserError(
            f"{where}: {short!r} is not a value that can be read; give the config.gin of the run."
        ) from error
