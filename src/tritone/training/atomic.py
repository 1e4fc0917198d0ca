"""Files and folders that are whole or not there, whenever the process dies."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tritone.errors import FULL, UserError


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary folder to fill beside `path`; it takes the place of `path` once everything in it is on disk.

    Where filling it fails, the temporary folder goes and `path` stays as it was.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    discard(temporary)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _sync(file)
    except BaseException:
        discard(temporary)
        raise
    _sync(temporary)
    discard(path)
    os.rename(temporary, path)
    _sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace the text file `path`."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    os.replace(temporary, path)
    _sync(path.parent)


def discard(folder: Path) -> None:
    """Remove a folder, if it is there, so that it is never seen half removed under its own name."""
    if not folder.exists():
        return
    trash = folder if folder.name.startswith(".") else folder.with_name(f".{folder.name}.old")
    if trash != folder:
        shutil.rmtree(trash, ignore_errors=True)
        os.rename(folder, trash)
    shutil.rmtree(trash, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a killed process left half written or half removed in `folder`."""
    for left in (*folder.glob(".*.tmp"), *folder.glob(".*.old")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


KEPT = "training continues from the last checkpoint, which is whole"


@contextmanager
def disk_full_is_for_the_user(folder: Path, kept: str = KEPT) -> Iterator[None]:
    """Turns "no space left" and "over quota" into a UserError that names the folder and what is `kept`."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise UserError(
            f"The disk that holds {folder} is full; make room and run the same command again: {kept}."
        ) from error


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder to flush it
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
