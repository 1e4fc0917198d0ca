"""Finding the sound files in folders."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tritone.errors import UserError
from tritone.signal.files import READABLE_SUFFIXES


@dataclass(frozen=True)
class Source:
    """A file that may hold sound. `name` is its path below the folder that was given, with forward slashes."""

    path: Path
    name: str
    label: str


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    name: str
    reason: str


def scan(sounds: Sequence[Path], out: Path) -> tuple[list[Source], list[Skipped]]:
    """All sound files below the folders (or the files) given, by name, and what could not be looked into.

    Follows links without running in circles; leaves out hidden files, each file once. Raises UserError where a folder
    is missing, or where `out` lies in one of them.
    """
    sources: dict[Path, Source] = {}
    skipped: list[Skipped] = []
    for sound in dict.fromkeys(map(Path, sounds)):
        _check(sound, Path(out))
        prefix = f"{sound.name}/" if len(sounds) > 1 and sound.is_dir() else ""
        for path in _walk(sound, skipped) if sound.is_dir() else [sound]:
            name = prefix + (path.relative_to(sound).as_posix() if path != sound else path.name)
            sources.setdefault(Path(os.path.realpath(path)), Source(path, name, path.absolute().parent.name))
    found = sorted(sources.values(), key=lambda source: source.name)
    twice = {source.name for source, after in pairwise(found) if source.name == after.name}
    return [s if s.name not in twice else Source(s.path, s.path.absolute().as_posix(), s.label) for s in found], skipped


def printable(name: str) -> str:
    """A file name that any terminal and text file can take, also where the name is not valid unicode."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _check(sound: Path, out: Path) -> None:
    if not sound.exists():
        raise UserError(f"{printable(str(sound))} does not exist; check the name of the sound folder.")
    inside = Path(os.path.realpath(out))
    if sound.is_dir() and (inside == Path(os.path.realpath(sound)) or Path(os.path.realpath(sound)) in inside.parents):
        raise UserError(
            f"--out {out} lies in the sound folder {sound}, which is never written to; choose another place."
        )
    if sound.is_dir() and not os.access(sound, os.R_OK | os.X_OK):
        raise UserError(f"{sound} cannot be read; check its permissions.")


def _walk(folder: Path, skipped: list[Skipped]) -> list[Path]:
    seen: set[tuple[int, int]] = set()
    found: list[Path] = []

    def unreadable(error: OSError) -> None:
        skipped.append(Skipped(str(error.filename), f"folder cannot be read ({error.strerror})"))

    for here, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        status = os.stat(here)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names = (name for name in files if not name.startswith("."))
        found += [Path(here, name) for name in names if Path(name).suffix.lower() in READABLE_SUFFIXES]
    return found
