"""One process at a time on a folder."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tritone.errors import UserError

WAIT_SECONDS = 0.2


@contextmanager
def run_lock(run: Path) -> Iterator[None]:
    """Holds the run folder `run`; the lock goes with the process, however it ends. UserError where another holds it."""
    handle = os.open(run / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _take(handle)
        except OSError as error:
            raise UserError(
                f"Another process is training in {run}; wait for it, stop it, or choose another --out."
            ) from error
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Holds `folder`, once no other process does; the lock goes with the process, however it ends."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while True:
            try:
                _take(handle)
                break
            except (BlockingIOError, PermissionError):
                time.sleep(WAIT_SECONDS)
        yield
    finally:
        os.close(handle)
