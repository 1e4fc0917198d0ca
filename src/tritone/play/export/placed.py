"""Files that get their names only when all is well."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tritone.errors import UserError, unwritten


@contextmanager
def placed(path: Path, *endings: str) -> Iterator[tuple[Path, ...]]:
    """Temporary files to fill, one for each ending; the first gets the name `path`, the others its name so ending.

    Where filling them fails they go, and what was at `path` stays. UserError for a path without the first ending, and
    for a folder that is missing or full.
    """
    if path.suffix != endings[0]:
        raise UserError(f"--out must end in {endings[0]} for this format, not be {path}.")
    folder = None
    try:
        folder = Path(mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        parts = tuple(folder / f"{path.stem}{ending}" for ending in endings)
        yield parts
        for part in reversed(parts):
            os.replace(part, path.with_suffix(part.suffix))
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
