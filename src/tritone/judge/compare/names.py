"""What the words on the command line of a comparison name: runs, checkpoints, folders of sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tritone.errors import UserError
from tritone.judge.compare.manifest import REAL
from tritone.play.load import run_of
from tritone.shipped import located, shown
from tritone.training.checkpoint import CONFIG, WEIGHTS

Origin = Literal["run", "checkpoint", "folder"]


@dataclass(frozen=True)
class Named:
    """A system that is to be compared."""

    name: str
    """As the report calls it."""
    path: Path
    origin: Origin
    checkpoint: str = "latest"
    """Of a run: latest, best or a step."""

    @property
    def source(self) -> str:
        """As it was written, without the name."""
        return shown(self.path) if self.checkpoint == "latest" else f"{shown(self.path)}@{self.checkpoint}"


def named(words: Sequence[str]) -> list[Named]:
    """Systems of the words RUN, RUN@STEP (or @best), a checkpoint folder, FOLDER of sound, each also as NAME=….

    UserError for a path that is none of these, and for two systems of one name.
    """
    if not words:
        raise UserError("There is nothing to compare; name runs, checkpoints or folders of sound.")
    systems = [_named(word) for word in words]
    taken: dict[str, Named] = {REAL: Named(REAL, Path(), "folder")}
    for system in systems:
        if system.name.casefold() in taken:
            raise UserError(
                f"Two systems would be called {system.name!r}; give {system.source} another name: "
                f"OTHER={system.source}."
            )
        taken[system.name.casefold()] = system
    return systems


def _named(word: str) -> Named:
    path, name = Path(word), ""
    if not path.exists() and "=" in word:
        name, _, rest = word.partition("=")
        path = Path(rest)
        if not name.strip() or not rest:
            raise UserError(f"{word!r} must be NAME=FOLDER, with a name and a folder.")
    which, path = "latest", located(path)
    if not path.exists() and "@" in path.name:
        stem, _, which = path.name.rpartition("@")
        path = path.with_name(stem) if stem else path.parent
    if not path.exists():
        raise UserError(f"There is no run or folder {path}; check the path.")
    return _found(path, name.strip(), which)


def _found(path: Path, name: str, which: str) -> Named:
    own = path.resolve().name
    if not path.is_dir():
        raise UserError(f"{path} is a file; name a run, a checkpoint or a folder of sound files.")
    if (path / WEIGHTS).is_file():
        run = run_of(path).path.resolve().name
        step = own.removeprefix("step-")
        return Named(name or (own if run == own else f"{run}@{step}"), path, "checkpoint")
    if (path / CONFIG).is_file():
        return Named(name or (own if which == "latest" else f"{own}@{which}"), path, "run", which)
    if which != "latest":
        raise UserError(f"{path} is not a run and has no checkpoint {which}; leave @{which} out.")
    if (path / "index.json").is_file():
        raise UserError(f"{path} is a dataset, not a system; give it with --reference.")
    return Named(name or own, path, "folder")
