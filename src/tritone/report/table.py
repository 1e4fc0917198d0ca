"""Tables of a page, which scroll sideways in a box of their own where they are wide."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table."""

    text: str
    note: str = ""
    """Small, below."""
    good: bool = False
    """Whether it is the better one, and surely so."""
    marks: Sequence[int] = ()
    """Numbers, from 1, of the table's notes that it must be taken with."""


@dataclass(frozen=True)
class Row:
    """A line; without cells its name is the heading of those that follow."""

    name: str
    cells: Sequence[Cell] = ()
    note: str = ""
    """Small, below the name."""
    about: str = ""
    """What the name means; shown when the name is clicked."""


@dataclass(frozen=True)
class Table:
    """Lines with their names in the first column."""

    title: str
    head: Sequence[str]
    """Of every column, that of the names first."""
    rows: Sequence[Row]
    folded: bool = False
    """Whether it is shown only when its title is clicked."""
    notes: Sequence[str] = ()
    """Sentences below it, numbered."""
