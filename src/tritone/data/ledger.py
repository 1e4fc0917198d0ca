"""sources.jsonl in a DATA folder: which files are done, so that prepare goes on where it stopped."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tritone.errors import UserError

NAME = "sources.jsonl"


@dataclass(frozen=True)
class Record:
    """A file that is done: what it was, where its samples lie as (shard, offset, frames), and what was measured."""

    name: str
    path: str
    size: int
    mtime_ns: int
    file_hash: str
    content: str
    fingerprint: str
    rate: int
    channels: int
    frames: int
    extents: tuple[tuple[int, int, int], ...]
    peak: float
    rms_db: float
    dc: float
    clips: int
    overs: int


class Ledger:
    """The first line holds the options of prepare, every other line a `Record`; one cut off by a crash is ignored."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.path = folder / NAME
        self.records: list[Record] = []
        if self.path.exists():
            self._load(options)
        elif folder.is_dir() and any(folder.iterdir()):
            raise UserError(f"{folder} is not empty and not a DATA folder; choose a new folder for --out.")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(options) + "\n", "utf-8")
        self._file = self.path.open("a", encoding="utf-8")

    def append(self, record: Record) -> None:
        """Notes a file as done; call it after its samples are written."""
        self.records.append(record)
        self._file.write(json.dumps(asdict(record)) + "\n")
        self._file.flush()

    def finish(self, options: dict[str, Any], records: list[Record]) -> None:
        """Leaves only these records, in one atomic step."""
        self._file.close()
        write_atomically(self.path, "".join(json.dumps(line) + "\n" for line in [options, *map(asdict, records)]))

    def close(self) -> None:
        """Closes the file; everything noted so far stays."""
        self._file.close()

    def _load(self, options: dict[str, Any]) -> None:
        text = self.path.read_text("utf-8", errors="replace")
        lines = text.split("\n")[:-1]
        try:
            before = json.loads(lines[0])
        except (IndexError, ValueError, RecursionError):
            before = {}
        _compare(self.path.parent, before if isinstance(before, dict) else {}, options)
        for line in lines[1:]:
            try:
                fields = json.loads(line)
                extents = tuple((int(shard), int(offset), int(frames)) for shard, offset, frames in fields["extents"])
                self.records.append(Record(**fields | {"extents": extents}))
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
        if text and not text.endswith("\n"):
            write_atomically(self.path, "".join(line + "\n" for line in lines) or json.dumps(options) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Writes a text file so that at any moment either the old or the new one is there, whole."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _compare(folder: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    differing = [
        f"{name} was {before[name]}, now {value}"
        for name, value in now.items()
        if name in before and before[name] != value
    ]
    if differing:
        raise UserError(
            f"{folder} was prepared with other options ({'; '.join(differing)}); give the same ones, or another --out."
        )
