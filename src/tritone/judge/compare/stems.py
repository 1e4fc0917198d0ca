"""File names of items: readable, harmless on any system, and each of them once."""

from collections.abc import Sequence
from itertools import count
from pathlib import PurePosixPath

from tritone.play.loop_names import safe
from tritone.signal.files import READABLE_SUFFIXES

_LONGEST = 100


def stems(names: Sequence[str]) -> list[str]:
    """A stem for each name, without the ending of a sound file; names that come out alike get numbers, in order."""
    taken: set[str] = set()
    found = []
    for name in names:
        stem = _stem(name)
        numbered = (f"{stem}-{number}" if number > 1 else stem for number in count(1))
        each = next(each for each in numbered if each.casefold() not in taken)
        taken.add(each.casefold())
        found.append(each)
    return found


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    whole = str(path.with_suffix("")) if path.suffix.lower() in READABLE_SUFFIXES else name
    return safe(whole)[-_LONGEST:].strip("._- ") or "sound"
