"""Which sounds could be listened to: those of a comparison's report, or of plain folders from any system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from tritone.data.scan import scan
from tritone.errors import UserError
from tritone.judge.compare.manifest import NAME, Manifest, Sound, read_manifest
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, REFERENCE
from tritone.signal.loop_chunks import read_loop_chunks

Of = Literal["generated", "reconstructed"]
"""New sound, or real sound that went through the systems."""

_T = TypeVar("_T")
_TAKEN = (REAL, ANCHOR, MID_ANCHOR, REFERENCE)


@dataclass(frozen=True)
class Take:
    """A sound file that may become a stimulus."""

    path: Path
    loop: bool
    """Whether its last sample leads into its first."""


@dataclass(frozen=True)
class Source:
    """Sounds of several systems, item by item, and the real sound of each item."""

    systems: tuple[str, ...]
    items: tuple[str, ...]
    """What all systems have."""
    takes: Mapping[tuple[str, str], Take]
    """By (system, item)."""
    real: Mapping[str, Take]
    """By item."""
    notes: tuple[str, ...] = ()
    """Sentences that whoever plans should read."""

    def row(self, item: str) -> list[Take]:
        """The files of an item: of each system, and the real one."""
        return [*(self.takes[name, item] for name in self.systems), self.real[item]]


def find_source(sources: Sequence[str], real: Path | None, of: Of, loops: bool) -> Source:
    """What `tritone listen plan` was given: the folder of one report, or `[NAME=]FOLDER` for each system and `real`.

    UserError where a folder holds no sound, a name is taken, or the systems have too little in common to be compared.
    `loops` says that all files of plain folders are loops; else those are that have loop points.
    """
    if len(sources) == 1 and (Path(sources[0]) / NAME).is_file():
        if real is not None:
            raise UserError("A report has its own real sound; leave --real out.")
        return _of_report(Path(sources[0]), of)
    if real is None:
        raise UserError(
            "Real sound is needed beside that of the systems, hidden among it; name a folder of it with --real, "
            "or give a report that `tritone compare` wrote."
        )
    return _of_folders(_named(sources), Path(real), of, loops)


def _of_report(report: Path, of: Of) -> Source:
    manifest = read_manifest(report)
    systems = manifest.systems(of)
    if not systems:
        raise UserError(f"{report} has no {of} sound; see --of.")
    sounds = {name: {sound.item: sound for sound in manifest.of(name, of)} for name in systems}
    rows, notes = _aligned(sounds, of)
    takes = {
        (name, item): Take(report / sound.file, sound.loop)
        for item, row in rows.items()
        for name, sound in zip(systems, row, strict=True)
    }
    real = {item: Take(report / sound.file, sound.loop) for item, sound in _real_of(manifest, rows, report).items()}
    return Source(systems, tuple(rows), takes, real, notes)


def _real_of(manifest: Manifest, rows: Mapping[str, Sequence[Sound]], report: Path) -> dict[str, Sound]:
    """The real sound of each item: the one that the manifest puts beside it, or else one that is not taken yet."""
    every = manifest.of(REAL, "real")
    if not every:
        raise UserError(f"{report} has no real sound, which every listening test hides among the others.")
    found, free = {}, [sound for sound in every if all(sound.file != row[0].real for row in rows.values())] or every
    for number, (item, row) in enumerate(rows.items()):
        found[item] = manifest.sound(row[0].real) if row[0].real else free[number % len(free)]
    return found


def _of_folders(folders: Mapping[str, Path], real: Path, of: Of, loops: bool) -> Source:
    rows, notes = _aligned({name: _files(folder) for name, folder in folders.items()}, of)
    takes = {
        (name, item): _take(path, loops) for item, row in rows.items() for name, path in zip(folders, row, strict=True)
    }
    every = _files(real)
    shared = [item for item in rows if item in every]
    if len(shared) >= 2:
        return Source(tuple(folders), tuple(shared), takes, {item: _take(every[item], loops) for item in shared}, notes)
    if of == "reconstructed":
        raise UserError(
            f"{real} does not have the names of the other sounds; each needs the sound that it was made of."
        )
    beside = list(every.values())
    known = {item: _take(beside[number % len(beside)], loops) for number, item in enumerate(rows)}
    return Source(tuple(folders), tuple(rows), takes, known, notes)


def _take(path: Path, loops: bool) -> Take:
    return Take(path, loops or read_loop_chunks(path).end is not None)


def _aligned(sounds: Mapping[str, Mapping[str, _T]], of: Of) -> tuple[dict[str, list[_T]], tuple[str, ...]]:
    """Rows of one sound a system: of the same name, or, for new sound without names in common, by their order."""
    every = list(sounds.values())
    shared = [item for item in every[0] if all(item in other for other in every[1:])]
    if len(shared) >= 2 or len(every) == 1:
        return {item: [other[item] for other in every] for item in shared}, ()
    if of == "reconstructed":
        raise UserError(
            f"{', '.join(sounds)} do not have two sounds of the same name; reconstructions are compared sound by sound."
        )
    rows = zip(*(other.values() for other in every), strict=False)
    note = "The systems have no sounds of the same name; their sounds are set beside each other in the order of names."
    return {f"{number:03d}": list(row) for number, row in enumerate(rows, 1)}, (note,)


def _files(folder: Path) -> dict[str, Path]:
    """Sound files below a folder by their names without ending, in the order of names."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder of sound; check its name.")
    found, _ = scan([folder], folder.absolute().parent / ".none")
    if not found:
        raise UserError(f"There is no sound in {folder}; name a folder of audio files.")
    named: dict[str, Path] = {}
    for source in found:
        item = source.name.removesuffix(source.path.suffix)
        if item in named:
            raise UserError(f"{folder} holds two files called {item}; keep one of them.")
        named[item] = source.path
    return named


def _named(sources: Sequence[str]) -> dict[str, Path]:
    """Folders by the names of their systems."""
    named: dict[str, Path] = {}
    for source in sources:
        name, sign, folder = source.partition("=")
        path = Path(folder if sign and name else source)
        name = name if sign and name else path.resolve().name
        if name in named:
            raise UserError(f"Two systems are called {name}; name them apart, as in gan={path}.")
        if name in _TAKEN:
            raise UserError(f"A system cannot be called {name}, which every test has; name it, as in gan={path}.")
        named[name] = path
    return named
