"""What all commands share in reading their words: complaints in one sentence, and numbers within bounds."""

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from typing import NoReturn

from tritone.errors import UserError

MOST = 2**31 - 1
"""Largest whole number that an option takes."""


class CommandParser(ArgumentParser):
    """A parser of one command that raises UserError instead of printing its usage and leaving."""

    def __init__(self, command: str, about: str | None, usage: str | None = None, add_help: bool = True) -> None:
        super().__init__(f"tritone {command}".strip(), usage, about, add_help=add_help, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """UserError with the parser's complaint."""
        raise UserError(f"{message}; `{self.prog} --help` says more.")

    def parse(self, argv: Sequence[str]) -> Namespace:
        """The namespace of `argv`; UserError names a word that means nothing, and what it may have been meant to be."""
        args, rest = self.parse_known_args(list(argv))
        if rest:
            raise self.unknown(rest[0])
        return args

    def unknown(self, word: str) -> UserError:
        """The error for a word that is neither an option nor expected."""
        from tritone.schema import nearest

        if not word.startswith("-"):
            return UserError(f"{word!r} is one word too many; `{self.prog} --help` says what goes where.")
        option = word.split("=")[0]
        known = [name for action in self._actions for name in action.option_strings]
        return UserError(f"{self.prog} has no option {option}{nearest(option, known)}")


def whole(least: int = 0, most: int = MOST) -> Callable[[str], int]:
    """A type for whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            bounds = f"of at least {least}" if most == MOST and value <= most else f"from {least} to {most}"
            raise ArgumentTypeError(f"must be a whole number {bounds}, not {text}")
        return value

    return parse


def number(least: float = 0.0, above: bool = False) -> Callable[[str], float]:
    """A type for finite numbers of at least `least`, or (`above`) more than that."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least or (above and value == least):
            bounds = "more than" if above else "at least"
            raise ArgumentTypeError(f"must be a number of {bounds} {least:g}, not {text}")
        return value

    return parse
