"""REPORT/manifest.json: which sounds a comparison made, of what, and which real sound stands beside each.

The files lie in `REPORT/sounds/FOLDER/NAME.wav`, 32-bit floats just as a system made them (at the rate and with the
channels of the reference): neither loudness nor peaks are changed. `gain` is what brings one to the common loudness.
"""

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tritone.errors import UserError
from tritone.training.atomic import write_text

SCHEMA = 1
"""Version of the file; a reader refuses a newer one."""
NAME = "manifest.json"
REAL = "real"
"""System of the real sounds."""

Kind = Literal["real", "generated", "reconstructed"]
"""Recorded and held out; new, out of a seed; or the real sound of `item` gone through a system."""


@dataclass(frozen=True)
class Sound:
    """One file."""

    file: str
    """Path below REPORT, with "/": "sounds/gan/seed-3.wav". Unique."""
    system: str
    """Name that the report gives it; `REAL` for real sound."""
    kind: Kind
    item: str
    """What systems share: "seed 3" (of which the same was asked of all), or the held-out sound that went through them.
    Within a system and kind each item occurs once; files of another system, whose names match none, have their own.
    """
    rate: int
    channels: int
    samples: int
    loop: bool
    """Whether the last sample leads into the first."""
    loudness: float | None
    """Of the file, in LUFS (ITU-R BS.1770); None where nothing of it is loud enough to have one."""
    gain: float
    """Decibels that bring it to the loudness of all; 0 where it has none."""
    seed: int | None = None
    """As `tritone generate --seed` takes it."""
    label: str = ""
    """That it has or was asked for; empty where the system knows no labels."""
    bpm: float | None = None
    """Likewise of a loop."""
    real: str = ""
    """File of the real sound that belongs to it: what went in, or the held-out sound whose label and tempo were asked
    for; itself for real sound.
    """
    source: str = ""
    """What it was made of: a checkpoint, a file, an item of a dataset."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / self.rate


@dataclass(frozen=True)
class Manifest:
    """All sounds of a comparison."""

    loudness: float
    """What all are brought to, in LUFS."""
    sounds: tuple[Sound, ...]
    """Real ones first, then system by system, each in the order of items."""
    made: dict[str, str] = field(default_factory=dict)
    """Command, version, machine, date."""

    def systems(self, kind: Kind = "generated") -> tuple[str, ...]:
        """Systems with sounds of this kind, in the order of the report."""
        return tuple(dict.fromkeys(sound.system for sound in self.sounds if sound.kind == kind))

    def of(self, system: str, kind: Kind = "generated") -> tuple[Sound, ...]:
        """The sounds of this kind of a system, in the order of items."""
        return tuple(sound for sound in self.sounds if sound.system == system and sound.kind == kind)

    def sound(self, file: str) -> Sound:
        """The sound with this `file`; KeyError where there is none."""
        return self._files[file]

    @cached_property
    def _files(self) -> dict[str, Sound]:
        return {sound.file: sound for sound in self.sounds}


def write_manifest(report: Path, manifest: Manifest) -> Path:
    """Write `report/manifest.json`, whole or not at all; gives its path. ValueError where a file is named twice."""
    if len({sound.file for sound in manifest.sounds}) < len(manifest.sounds):
        raise ValueError("a file is named twice in the manifest")
    path = report / NAME
    write_text(path, json.dumps({"schema": SCHEMA, **asdict(manifest)}, indent=1, ensure_ascii=False) + "\n")
    return path


def read_manifest(report: Path | str) -> Manifest:
    """What a comparison left in the folder `report`.

    UserError where there is none, it is damaged or of a newer version, or names a file that is outside the folder or
    not there.
    """
    path = Path(report) / NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{report} holds no comparison (there is no {NAME} in it); give the folder that `tritone compare --out` "
            "wrote."
        ) from error
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(values, dict) or not isinstance(values.get("schema"), int):
        raise _damaged(path)
    if values.pop("schema") > SCHEMA:
        raise UserError(f"{path} was written by a newer Tritone; update this one.")
    return _checked(path, values)


def _checked(path: Path, values: dict[str, Any]) -> Manifest:
    try:
        sounds = tuple(Sound(**sound) for sound in values.pop("sounds"))
        manifest = Manifest(sounds=sounds, **values)
        files = [PurePosixPath(sound.file) for sound in sounds]
    except (KeyError, TypeError) as error:
        raise _damaged(path) from error
    for file in files:
        if file.is_absolute() or ".." in file.parts or "\\" in str(file):
            raise UserError(f"{path} names {file}, which is not below it; write the report again.")
        if not path.parent.joinpath(file).is_file():
            raise UserError(f"{path.parent / file} is missing; write the report again with `tritone compare`.")
    return manifest


def _damaged(path: Path) -> UserError:
    return UserError(f"{path} is not what `tritone compare` writes; write the report again.")
